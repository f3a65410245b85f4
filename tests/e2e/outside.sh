#!/usr/bin/env bash
# Messages and calls to other hosts, real sockets: see outside_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 -B "$CW_ROOT/tests/e2e/outside_test.py" "$@"
