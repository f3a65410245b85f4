#!/usr/bin/env bash
# The main job on real input: a local awork, the bridge, signed events, and what came of each.
# Usage: examples/demo.sh [--keep]      --keep leaves everything running
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
keep=no
if [ "${1:-}" = --keep ]; then keep=yes; fi

bash deploy/install-deps.sh
build=${CW_BUILD_DIR:-$root/build}
echo "Building (the log is $build/build.log) ..."
mkdir -p "$build"
if ! { cmake -S . -B "$build" -G Ninja && cmake --build "$build" --target clockwire awork-sim; } \
    > "$build/build.log" 2>&1; then
    tail -n 40 "$build/build.log"
    exit 1
fi
clockwire=$build/bin/clockwire

work=$(mktemp -d /tmp/clockwire-demo.XXXXXX)
pids=()
finish() {
    code=$?
    if [ $code -ne 0 ] && [ -f "$work/bridge.log" ]; then
        echo "--- the bridge's last lines"
        tail -n 20 "$work/bridge.log"
    fi
    if [ $keep = yes ] && [ $code -eq 0 ]; then
        echo "Still running: awork-sim at $awork (pid ${pids[0]}), the bridge at $bridge (pid ${pids[1]})."
        echo "Look:  $clockwire events -c $work/clockwire.yaml --secrets $work/secrets"
        echo "End:   kill ${pids[*]}; rm -r $work"
        exit 0
    fi
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
    rm -rf "$work"
    exit $code
}
trap finish EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}
# Waits up to 10 s until a command succeeds.
until_ok() {
    for _ in $(seq 100); do
        if "$@" > /dev/null 2>&1; then return 0; fi
        sleep 0.1
    done
    return 1
}

# --- A local awork
"$build/bin/awork-sim" --listen 127.0.0.1:0 --seed tests/sim/seed.json > "$work/awork.log" 2>&1 &
pids+=($!)
until_ok grep -q 'listens on' "$work/awork.log" || fail "awork-sim did not start: $(cat "$work/awork.log")"
awork=$(sed -n 's|.*listens on \(http://[0-9.:]*\)/.*|\1|p' "$work/awork.log")

# --- Secrets, configuration, the bridge
mkdir "$work/secrets"
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
for name in calendar github desktop mattermost; do random > "$work/secrets/$name"; done
printf sim-api-key > "$work/secrets/awork_key"
printf sim-token-ada > "$work/secrets/awork_ada"
chmod -R go= "$work/secrets"
port=$((20000 + RANDOM % 20000))
sed -e "s/:8080/:$port/; s/:8099/:${awork##*:}/" examples/demo/clockwire.yaml > "$work/clockwire.yaml"
bridge=http://127.0.0.1:$port
"$clockwire" check "$work/clockwire.yaml" --secrets "$work/secrets"
"$clockwire" run -c "$work/clockwire.yaml" --secrets "$work/secrets" 2> "$work/bridge.log" &
pids+=($!)
until_ok "$clockwire" health -c "$work/clockwire.yaml" --secrets "$work/secrets" || fail "the bridge did not start"

# --- Words for the story
events() { "$clockwire" events -c "$work/clockwire.yaml" --secrets "$work/secrets" "$@"; }
shown=0
# Prints the events since the last call of this.
story() {
    events --after "$shown" | sed 's/^/  /'
    shown=$(events --json | tail -n 1 | sed 's/^{"event":\([0-9]*\).*/\1/')
}
send() {
    local answer
    answer=$("$clockwire" send "$1" "examples/demo/$2" -c "$work/clockwire.yaml" --secrets "$work/secrets" || true)
    echo "  sent $2 to $1: $answer"
    [ "${answer%% *}" = "${3:-202}" ] || fail "expected ${3:-202}"
    [[ $answer == *"${4:-}"* ]] || fail "expected $4"
}
log() { curl -sS "$awork/_sim/log"; }
ada=6a2c1d3e-0000-4000-8000-000000000001
grace=6a2c1d3e-0000-4000-8000-000000000002
# How often a person's timer was: effects USER EFFECT
effects() { log | grep "\"user\":\"$1\"" | grep -c "\"effect\":\"$2\"" || true; }
expect() {
    local who=$1 effect=$2 times=$3 what=$4 got
    for _ in $(seq 60); do
        got=$(effects "$who" "$effect")
        [ "$got" = "$times" ] && break
        sleep 0.1
    done
    [ "$got" = "$times" ] || { story; fail "$what: \"$effect\" $got times, not $times"; }
    sleep 0.2 # let the answer reach the journal
    echo "  ok: $what"
}

echo
echo "1. A push to a branch that names a task starts that task"
send github push_ada.json
send github push_grace.json
expect $ada started 1 "ada is on KEY-123"
expect $grace started 1 "grace is on KEY-7"
story

echo
echo "2. The same delivery again does nothing (same signed bytes: GitHub's delivery id is not signed)"
send github push_ada.json
sleep 0.5
expect $ada started 1 "still one start"

echo
echo "3. A forged signature is refused"
code=$(curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' \
    -H 'X-GitHub-Event: push' -H 'X-GitHub-Delivery: 00000000-0000-4000-8000-000000000000' \
    -H "X-Hub-Signature-256: sha256=$(printf '0%.0s' $(seq 64))" \
    --data-binary @examples/demo/push_grace.json "$bridge/hooks/github")
[ "$code" = 401 ] || fail "a forged push got $code"
echo "  ok: 401, and nothing of it is kept"

echo
echo "4. A meeting ends: the wait begins, then ada's timer stops, and nobody else's"
send calendar meeting_ended_1.json
story
expect $ada stopped 1 "ada's timer is stopped after the wait"
expect $grace stopped 0 "grace's timer runs on"
events --after $((shown - 1)) | sed 's/^/  /'

echo
echo "5. A meeting ends and the next one starts meanwhile: nothing stops"
sed 's/"after":"6f1b/"after":"aaaa/; s/KEY-123/AW-117/' examples/demo/push_ada.json > "$work/push_again.json"
"$clockwire" send github "$work/push_again.json" -c "$work/clockwire.yaml" --secrets "$work/secrets" > /dev/null || fail "push"
expect $ada started 2 "ada is on AW-117"
send calendar meeting_ended_2.json
sleep 0.5
send calendar meeting_started_3.json
sleep 3
expect $ada stopped 1 "no second stop"
story

echo
echo "6. Idle pauses, return resumes: ada with her own token, grace emulated with stop and start"
send desktop idle_ada.json
send desktop idle_grace.json
expect $ada paused 1 "ada's timer is paused"
expect $grace stopped 1 "grace's timer is stopped in place of a pause"
send desktop active_ada.json
send desktop active_grace.json
expect $ada resumed 1 "ada's timer is resumed"
expect $grace started 2 "grace's task is started again"
story

echo
echo "7. A slash command in the chat is answered when the timer runs, honestly when it does not"
send mattermost track_ada.form 200 "Tracking KEY-7 for you."
send mattermost track_unknown.form 200 "not started: awork knows no task KEY-999"
expect $ada started 3 "ada is on KEY-7, and nothing else was started"
story

echo
echo "What awork saw:"
log | sed -n 's/.*"method":"\([A-Z]*\)","path":"\([^"]*\)".*"status":\([0-9]*\).*"effect":"\([a-z]*\)".*/  \1 \2 -> \3 \4/p'
echo
echo "demo passed"
