#!/usr/bin/env bash
# What `clockwire hold` and `clockwire release` do: see hold_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/hold_test.py" "$@"
