#!/usr/bin/env bash
# What `clockwire pending` answers and ends: see pending_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/pending_test.py" "$@"
