#!/usr/bin/env bash
# The answers of awork-sim against awork's own OpenAPI document.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
document=${CW_SHARED:-$root/../shared}/awork/openapi-timetracking.json
if [[ ! -f $document ]]; then
  echo "skipped: no awork OpenAPI document ($document)"
  exit 77
fi
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/tests/support \
  exec python3 "$root/tests/e2e/awork_openapi.py" "$document"
