#!/usr/bin/env bash
# clockwire schema: a foreign validator takes what `check` takes, and what it refuses `check` refuses.
# The validator comes from npm into the build folder, as tests/schema/package-lock.json pins it.
set -euo pipefail
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
    echo "skipped: npm and node are not here, so nothing independent can read the schema"
    exit 77
fi
home=$CW_BUILD/schema
mkdir -p "$home"
cp "$CW_ROOT"/tests/schema/{package.json,validate.mjs} "$home/"
if ! cmp -s "$CW_ROOT/tests/schema/package-lock.json" "$home/installed-lock.json"; then
    cp "$CW_ROOT/tests/schema/package-lock.json" "$home/"
    if ! (cd "$home" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
        >"$home/npm.log" 2>&1; then
        if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$home/npm.log"; then
            echo "skipped: npm reaches no registry, so nothing independent can read the schema"
            exit 77
        fi
        cat "$home/npm.log"
        exit 1
    fi
    cp "$home/package-lock.json" "$home/installed-lock.json"
fi
exec env PYTHONPATH="$CW_ROOT/tests/support:$CW_ROOT/tests/e2e" \
    python3 "$CW_ROOT/tests/e2e/schema_test.py" "$@"
