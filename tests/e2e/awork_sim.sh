#!/usr/bin/env bash
# awork-sim against the facts about awork: routes, permissions, timers, faults, rate windows.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tests/support
for part in timers routes lists entries faults weather oauth hooks; do
    python3 "$root/tests/e2e/awork_sim_$part.py"
done
