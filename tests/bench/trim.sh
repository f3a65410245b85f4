#!/usr/bin/env bash
# How fast old events go, and what deliveries notice of it: trim.sh [EVENTS] [SECONDS]
# A journal of EVENTS old ones (each with a run, a call and an attempt) is opened twice: everything is
# kept, then nothing old is. Each time deliveries come one by one, 100 in a second.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${CW_BUILD:-$root/build}
exec env PYTHONPATH="$root/tests/support" CW_ROOT="$root" CW_BUILD="$build" \
    python3 "$root/tests/bench/trim.py" "${1:-200000}" "${2:-15}"
