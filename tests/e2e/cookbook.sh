#!/usr/bin/env bash
# Each file of examples/cookbook is checked and its events are replayed: see cookbook_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/cookbook_test.py" "$@"
