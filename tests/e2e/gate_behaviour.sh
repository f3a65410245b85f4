#!/usr/bin/env bash
# How the front door behaves towards good, slow and rude clients: see gate_behaviour.py.
root=${CW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
export CW_BUILD=${CW_BUILD:-$root/build} PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tests/support
exec python3 "$root/tests/e2e/gate_behaviour.py"
