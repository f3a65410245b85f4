#!/usr/bin/env bash
# Durable ingest of a signed 7.7 KB GitHub push with 1,000 rules loaded, against a bare evhttp that
# answers 204 to the same request: interleaved rounds, server on core 0, wrk on core 1; medians.
# Also: memory when idle, and the time from the start to the first 2xx. Usage: ingest.sh [ROUNDS] [SECONDS]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${CW_BUILD:-$root/build}
exec env PYTHONPATH="$root/tests/support" CW_ROOT="$root" CW_BUILD="$build" \
    python3 "$root/tests/bench/ingest.py" "${1:-5}" "${2:-2}"
