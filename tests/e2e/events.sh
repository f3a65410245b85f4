#!/usr/bin/env bash
# What `clockwire events` tells, picks and follows: see events_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/events_test.py" "$@"
