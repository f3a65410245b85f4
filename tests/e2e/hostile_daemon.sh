#!/usr/bin/env bash
# Hostile requests, events and configurations against the real daemon: see hostile_daemon_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/hostile_daemon_test.py" "$@"
