#!/usr/bin/env bash
# The image is built and started as it ships: not root, journal on its volume, healthy, a signed
# webhook is accepted and answered by a call, the root file system is left as it was.
#
# Slow, so it runs only with CW_CONTAINER=1. Needs podman and buildah, and root. Without a
# container engine's privileges it works in a chroot; the base is made with debootstrap unless
# CW_CONTAINER_BASE names a tar file or the image is in the store already.
set -euo pipefail
root=${CW_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
base=docker.io/library/debian:bookworm-slim
cache=${XDG_CACHE_HOME:-$HOME/.cache}/clockwire

skip()
{
    echo "skipped: $1"
    exit 77
}
[[ ${CW_CONTAINER:-0} == 1 ]] || skip "the container test is slow; CW_CONTAINER=1 runs it"
[[ -z ${CW_SANITIZE:-} ]] || skip "the image is the same under sanitizers"
((EUID == 0)) || skip "the container test needs root"
for tool in podman buildah; do
    command -v $tool >/dev/null || skip "$tool is not here"
done

room=$(mktemp -d -t clockwire-container.XXXXXX)
daemon=() container='' passed=0
finish()
{
    local rc=$?
    set +e
    [[ -z ${daemon[*]} ]] || kill "${daemon[@]}" 2>/dev/null
    wait
    [[ -z $container ]] || buildah rm "$container" >/dev/null 2>&1
    if ((rc == 0)); then rm -rf "$room"; else echo "what was left behind is in $room"; fi
}
trap finish EXIT

ok()
{
    passed=$((passed + 1))
    echo "ok: $1"
}
die()
{
    echo "not ok: $1"
    tail -n 20 "$room"/*.log 2>/dev/null || true
    echo "$passed passed, 1 failed"
    exit 1
}

# --- the base
if ! podman image exists $base; then
    tar=${CW_CONTAINER_BASE:-$cache/bookworm.tar}
    if [[ ! -f $tar ]]; then
        command -v debootstrap >/dev/null || skip "$base is not here, debootstrap neither"
        echo "making the base with debootstrap"
        # From where this machine has its own packages. apt fills the names in, not the shell.
        # shellcheck disable=SC2016
        apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
            grep -E ' bookworm(-updates|-security)? main$' | sort -u >"$room/sources.list" ||
            skip "apt does not say from where packages come"
        mirror=$(awk '$3 == "bookworm" { print $2; exit }' "$room/sources.list")
        debootstrap --variant=minbase bookworm "$room/base" "$mirror" \
            >"$room/debootstrap.log" 2>&1 || die "debootstrap"
        cp "$room/sources.list" "$room/base/etc/apt/sources.list"
        rm -rf "$room"/base/var/cache/apt/archives/*.deb "$room"/base/var/lib/apt/lists/*
        mkdir -p "$(dirname "$tar")"
        tar -C "$room/base" --one-file-system -cf "$tar.new" .
        mv "$tar.new" "$tar"
        rm -rf "$room/base"
    fi
    podman import "$tar" $base >"$room/import.log" 2>&1 || die "podman import"
fi
ok "the base image is here"

# --- build
began=$SECONDS
podman build --isolation=chroot --format docker --layers=false -f "$root/deploy/Containerfile" \
    -t localhost/clockwire:test "$root" >"$room/build.log" 2>&1 || die "podman build"
size=$(podman image inspect --format '{{.Size}}' localhost/clockwire:test)
ok "the image is built ($((SECONDS - began)) s, $((size / 1000000)) MB)"

image()
{
    podman image inspect --format "$1" localhost/clockwire:test
}
[[ $(image '{{.Config.User}}') == 10001:10001 ]] || die "its user is $(image '{{.Config.User}}')"
[[ $(image '{{json .Config.Entrypoint}}') == '["/usr/bin/clockwire"]' ]] || die "its entry point"
[[ $(image '{{json .Config.Volumes}}') == '{"/data":{}}' ]] || die "its volumes"
[[ $(image '{{json .HealthCheck}}{{json .Config.Healthcheck}}') == *'"CMD"'*health* ]] ||
    die "its health check"
ok "a numeric user, an exec entry point, one volume, a health check"

# --- run, with a configuration of its own and the journal outside
python3 -B - "$root" "$room" >"$room/setup.log" 2>&1 <<'PY' || die "set-up"
import os, sys
root, room = sys.argv[1:]
sys.path.insert(0, root + "/tests/fault")
import bench
bench.seed_file(room + "/seed.json", 1)
bench.secrets_folder(room + "/secrets")
open(room + "/port", "w").write(str(bench.free_port()))
PY
port=$(<"$room/port")
"${CW_SIM:-${CW_BUILD:-$root/build}/bin/awork-sim}" --listen 127.0.0.1:0 --seed "$room/seed.json" \
    >"$room/sim.log" 2>&1 &
daemon+=($!)
for _ in {1..100}; do
    grep -q 'listens on' "$room/sim.log" && break
    sleep 0.05
done
sim=$(sed -n 's/.*listens on //p' "$room/sim.log")
[[ -n $sim ]] || die "awork-sim did not start"
mkdir -p "$room/etc" "$room/data"
python3 -B - "$root" "$room" "$sim" "$port" <<'PY' || die "configuration"
import sys
root, room, sim, port = sys.argv[1:]
sys.path.insert(0, root + "/tests/fault")
import bench
path = room + "/etc/clockwire.yaml"
bench.config_file(path, 1, sim, int(port), "/data/clockwire.db")
text = open(path).read().replace('listen: "127.0.0.1:', 'listen: "0.0.0.0:')
open(path, "w").write(text)
PY
chown -R 10001:10001 "$room/data" "$room/secrets"
chmod 0700 "$room/data"
chmod 0711 "$room"

container=$(buildah from --isolation chroot localhost/clockwire:test)
# buildah 1.28 mounts a volume of the image over ours, or ours over it, by chance.
buildah config --volume /data- "$container"
inside()
{
    buildah run --isolation chroot --user 10001:10001 -v "$room/etc:/etc/clockwire:ro" \
        -v "$room/secrets:/run/secrets:ro" -v "$room/data:/data" "$container" -- "$@"
}
mounted=$(buildah mount "$container")
touch "$room/before"
inside /usr/bin/clockwire version >"$room/version.log" 2>&1 || die "clockwire version"
inside /usr/bin/clockwire check /etc/clockwire/clockwire.yaml >"$room/check.log" 2>&1 ||
    die "clockwire check"
ok "it runs inside: $(<"$room/version.log")"

inside /usr/bin/clockwire run -c /etc/clockwire/clockwire.yaml >"$room/daemon.log" 2>&1 &
runner=$!
daemon+=("$runner")
inside_pid()
{
    local pid
    for pid in $(pgrep -f '^/usr/bin/clockwire run' || true); do
        [[ $(readlink "/proc/$pid/root" 2>/dev/null) == "$mounted" ]] && echo "$pid" && return
        # Where the chroot is hidden by a mount namespace, the ancestry tells.
        local up=$pid
        while ((up > 1)); do
            [[ $up == "$runner" ]] && echo "$pid" && return
            up=$(awk '{ print $4 }' "/proc/$up/stat" 2>/dev/null || echo 0)
        done
    done
}
for _ in {1..200}; do
    inside /usr/bin/clockwire health --ready -c /etc/clockwire/clockwire.yaml \
        >"$room/health.log" 2>&1 && break
    kill -0 "$runner" 2>/dev/null || die "the daemon ended"
    sleep 0.1
done
inside /usr/bin/clockwire health -c /etc/clockwire/clockwire.yaml >"$room/health.log" 2>&1 ||
    die "it is not healthy"
ok "healthy through the admin socket"

pid=$(inside_pid)
[[ -n $pid ]] || die "its process is not found"
[[ $(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$pid/status") == '10001 10001 10001 10001' ]] ||
    die "it runs as $(grep ^Uid "/proc/$pid/status")"
[[ $(awk '/^CapEff:/ { print $2 }' "/proc/$pid/status") =~ ^0+$ ]] || die "it has capabilities"
ok "runs as uid 10001 without capabilities"

python3 -B - "$root" "$port" <<'PY' >"$room/post.log" 2>&1 || die "webhooks"
import sys
root, port = sys.argv[1:]
sys.path.insert(0, root + "/tests/fault")
import bench
event = {"type": "work", "person": "p0@example.org", "n": 1, "task": 2}
status = bench.post(int(port), "d-1", event)
assert 200 <= status < 300, status
status = bench.post(int(port), "d-2", event, secret="forged" * 6)
assert status == 401, status
PY
ok "a signed webhook is accepted, a forged one is refused"
for _ in {1..100}; do
    curl -s "${sim%/api/v1}/_sim/log" | grep -q '"effect":"started"' && break
    sleep 0.1
done
curl -s "${sim%/api/v1}/_sim/log" | grep -q '"effect":"started"' || die "no call arrived"
ok "its call arrived"

[[ $(stat -c '%u %a' "$room/data/clockwire.db") == '10001 600' ]] || die "the journal's file"
ok "the journal is on the volume, 0600"
written=$(find "$mounted" -xdev -newer "$room/before" -not -type d \
    -not -path "$mounted/dev/*" -not -path "$mounted/proc/*" -not -path "$mounted/run/*" \
    -not -path "$mounted/etc/resolv.conf" -not -path "$mounted/etc/hosts" -print -quit)
[[ -z $written ]] || die "it wrote to its root: $written"
[[ -z $(find "$mounted/usr/bin" "$mounted/etc" -xdev -uid 10001 -print -quit) ]] ||
    die "its user owns files of the root"
ok "nothing of its root was written"

kill -TERM "$pid"
for _ in {1..110}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$pid" 2>/dev/null && die "SIGTERM is not obeyed"
wait "$runner" || die "it ended with $?"
ok "SIGTERM ends it with 0"
echo "$passed passed, 0 failed"
