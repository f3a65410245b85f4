#!/usr/bin/env bash
# What `clockwire why` answers: see why_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/why_test.py" "$@"
