#!/usr/bin/env bash
# What `clockwire plan` answers: see plan_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/plan_test.py" "$@"
