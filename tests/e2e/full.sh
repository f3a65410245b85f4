#!/usr/bin/env bash
# A small volume is filled and freed under the daemon: tests/fault/full.py says what is promised.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
exec python3 -B "$root/tests/fault/full.py" "$@"
