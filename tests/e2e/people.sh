#!/usr/bin/env bash
# People who are known by their e-mail address: see people_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/people_test.py" "$@"
