#!/usr/bin/env bash
# People's own tokens: `clockwire login`, renewal, what awork takes back, against awork-sim.
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 -B "$CW_ROOT/tests/e2e/login_test.py" "$@"
