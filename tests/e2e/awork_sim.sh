#!/usr/bin/env bash
# awork-sim against the facts about awork: routes, permissions, timers, faults, rate windows.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tests/support
python3 "$root/tests/e2e/awork_sim_timers.py"
python3 "$root/tests/e2e/awork_sim_routes.py"
python3 "$root/tests/e2e/awork_sim_faults.py"
