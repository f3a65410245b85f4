#!/usr/bin/env bash
# The real binary, real sockets, SQLite and the simulator: see bridge_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/bridge_test.py" "$@"
