#!/usr/bin/env bash
# The human wins: changes by hand in awork, heard by webhook or seen by a look; see human_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 -B "$CW_ROOT/tests/e2e/human_test.py" "$@"
