#!/usr/bin/env bash
# Somebody sets the clock under the daemon: see clock_test.py.
set -euo pipefail
if [[ -n ${CW_SANITIZE:-} ]]; then
    echo "skipped: a sanitizer wants to be the first library"
    exit 77
fi
exec env PYTHONPATH="$CW_ROOT/tests/support" python3 "$CW_ROOT/tests/e2e/clock_test.py" "$@"
