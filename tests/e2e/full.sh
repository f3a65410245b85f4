#!/usr/bin/env bash
# A small volume is filled and freed under the daemon: tests/fault/full.py says what is promised.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# Under sanitizers a loop device beside other tests is too slow for the five seconds.
[[ -z ${CW_SANITIZE:-} ]] || set -- --kind tmpfs "$@"
exec python3 -B "$root/tests/fault/full.py" "$@"
