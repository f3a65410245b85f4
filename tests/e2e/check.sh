#!/usr/bin/env bash
# clockwire check --format text|json|sarif|github: the same rows in four forms. See check_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/check_test.py" "$@"
