#!/usr/bin/env bash
# Faults, kills and reloads by chance: tests/fault/storm.py says what is promised. CW_STORM_SEED,
# CW_STORM_SECONDS.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
exec python3 -B "$root/tests/fault/storm.py" "$@"
