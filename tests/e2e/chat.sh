#!/usr/bin/env bash
# The chat beside the bridge: commands that are answered, messages that are sent: see chat_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 -B "$CW_ROOT/tests/e2e/chat_test.py" "$@"
