#!/usr/bin/env bash
# The examples of clockwire-rules(5) are right, and what it calls "not yet" is refused as such.
exec python3 "$CW_ROOT/tests/e2e/manual_test.py" "$@"
