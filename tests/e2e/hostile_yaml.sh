#!/usr/bin/env bash
# Hostile configurations of our own making against `clockwire check`: see hostile_yaml_test.py.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/hostile_yaml_test.py" "$@"
