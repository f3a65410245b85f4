#!/usr/bin/env bash
# Triggers that hear several events and what time brings, with a daemon that is killed and reloaded.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/triggers_test.py" "$@"
