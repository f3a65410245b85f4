#!/usr/bin/env bash
# 200 reloads under load: tests/fault/reload_storm.py says what is promised. CW_RELOADS, --seed.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
exec python3 -B "$root/tests/fault/reload_storm.py" "$@"
