#!/usr/bin/env bash
# Where the parts of the daemon meet: see seams_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/seams_test.py" "$@"
