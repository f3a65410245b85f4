#!/usr/bin/env bash
# A configuration in several files, with the real binary: see include_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/include_test.py" "$@"
