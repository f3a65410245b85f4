#!/usr/bin/env bash
# What lies between a stored call and awork's answer, against the simulator: see calls_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 -B "$CW_ROOT/tests/e2e/calls_test.py" "$@"
