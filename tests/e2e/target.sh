#!/usr/bin/env bash
# What a start is about, and what awork refuses of it: see target_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/target_test.py" "$@"
