#!/usr/bin/env bash
# The daemon over a disk that fails: tests/fault/disk.py says what is promised. CW_DISK_STEP.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
if [[ -n ${CW_SANITIZE:-} ]]; then
    echo "skipped: a sanitizer wants to be the first library"
    exit 77
fi
exec python3 -B "$root/tests/fault/disk.py" "$@"
