#!/usr/bin/env bash
# What `clockwire dead` lists, retries and drops: see dead_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/dead_test.py" "$@"
