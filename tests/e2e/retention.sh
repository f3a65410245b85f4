#!/usr/bin/env bash
# What the journal keeps, and for how long: see retention_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/retention_test.py" "$@"
