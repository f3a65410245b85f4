#!/usr/bin/env bash
# Idle time that is taken back, and backlogs: see backlog_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/backlog_test.py" "$@"
