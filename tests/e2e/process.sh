#!/usr/bin/env bash
# The daemon as a process: journal lock, file modes, reload, SIGTERM, faulty starts.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
exec python3 -B "$root/tests/fault/process.py"
