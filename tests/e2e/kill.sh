#!/usr/bin/env bash
# kill -9 at random moments: tests/fault/kill.py says what is promised. First it must see what is
# planted: a call that is lost, one that is made twice, two in the wrong order. CW_KILL_CYCLES,
# CW_KILL_SEED.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [[ -n ${CW_SANITIZE:-} ]]; then
    export CW_KILL_CYCLES=${CW_KILL_CYCLES:-10}
fi
for fault in lost double reordered; do
    python3 -B "$root/tests/fault/kill.py" --plant "$fault" --cycles 4 "$@"
done
exec python3 -B "$root/tests/fault/kill.py" "$@"
