#!/usr/bin/env bash
# Hostile requests against the gate: our own corpus, and the shared one where it is. The deadlines
# are short so that requests which never end are judged in seconds.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${CW_BUILD:-$root/build}
shared=${CW_SHARED:-$root/../shared}/hostile/http

out=$(mktemp)
export GATE_SECRET=not-a-secret
"$build/tests/gate_server" 127.0.0.1:0 head_ms=1500 request_ms=2000 idle_ms=1500 answer_ms=2000 >"$out" &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -f "$out"' EXIT
for _ in {1..100}; do grep -q listening "$out" || sleep 0.05; done
address=$(sed -n 's/^listening //p' "$out")

measure=(--pid "$server")
[[ -z ${CW_SANITIZE:-} ]] || measure=() # a sanitizer keeps freed memory for a while
run()
{
    python3 "$root/tests/support/hostile_http.py" "$address" /hook "$1" --secret "$GATE_SECRET" \
        --patience 8 "${measure[@]}"
}

run "$root/tests/hostile/http"
if [[ -r $shared/manifest.json ]]; then
    run "$shared"
else
    echo "skipped: ../shared/hostile/http is not there"
fi
kill "$server"
wait "$server" # a leak or a fault seen by a sanitizer is an exit code
