#!/usr/bin/env bash
# Time that survives: upgrades, clocks set back, kill -9 around due times; see durable_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/durable_test.py" "$@"
