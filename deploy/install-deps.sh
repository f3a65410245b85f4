#!/usr/bin/env bash
# Installs what building clockwire needs on Debian 12, and the security updates of the libraries
# that it stands on. Quick and silent when everything is there.
#
#   deploy/install-deps.sh [--dev | --runtime]
#
# --dev adds what the whole of .ci/run needs; --runtime is only what the finished binary needs.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

runtime=(libevent-2.1-7 libcurl4 libjansson4 libyaml-0-2 libpcre2-8-0 libsqlite3-0 libssl3
    ca-certificates tzdata)
build=(gcc g++ cmake ninja-build pkg-config make python3 curl openssl sqlite3
    libevent-dev libcurl4-openssl-dev libjansson-dev libyaml-dev libpcre2-dev libsqlite3-dev
    libssl-dev)
dev=(clang clang-format-14 libclang-rt-14-dev ccache wrk shellcheck strace jq git)
# Node from elsewhere brings its own npm and cannot stand beside Debian's.
command -v npm >/dev/null || dev+=(nodejs npm)

case ${1:-} in
'') wanted=("${runtime[@]}" "${build[@]}") ;;
--dev) wanted=("${runtime[@]}" "${build[@]}" "${dev[@]}") ;;
--runtime) wanted=("${runtime[@]}") ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "install-deps: this is no Debian (no apt-get). Needed: ${wanted[*]}" >&2
    exit 1
fi

# One line for each package that is missing.
missing()
{
    comm -23 <(printf '%s\n' "$@" | sort) <(dpkg-query -W \
        -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p' | sort)
}

mapfile -t todo < <(missing "${wanted[@]}")
# The marker keeps repeated runs quick: the updates are looked for once a day.
marker=/var/cache/clockwire-deps
fresh=$(find "$marker" -mmin -1440 2>/dev/null || true)
if ((${#todo[@]} == 0)) && { [[ -n $fresh ]] || [[ ${CW_NO_UPGRADE:-} == 1 ]]; }; then
    exit 0
fi

as_root=()
if ((EUID != 0)); then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
        as_root=(sudo --preserve-env=DEBIAN_FRONTEND)
    elif ((${#todo[@]} == 0)); then
        exit 0 # nothing is missing; the updates are the administrator's
    else
        echo "install-deps: neither root nor sudo here, and these packages are missing:" \
            "${todo[*]}" >&2
        exit 1
    fi
fi
apt=("${as_root[@]}" apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)

if ! "${apt[@]}" update >/dev/null; then
    ((${#todo[@]} == 0)) && exit 0
    echo "install-deps: apt-get update failed; trying with the lists that are here" >&2
fi
if ((${#todo[@]})); then
    echo "install-deps: installing ${todo[*]}"
    "${apt[@]}" install -y --no-install-recommends "${todo[@]}" >/dev/null
fi
# Debian's plain 12 carries a libevent with eight published holes; the fix is in its updates.
installed=()
for package in "${runtime[@]}" "${build[@]}"; do
    [[ $package == lib* || $package == openssl || $package == curl ]] || continue
    [[ $(missing "$package") ]] || installed+=("$package")
done
"${apt[@]}" install -y --no-install-recommends --only-upgrade "${installed[@]}" >/dev/null ||
    echo "install-deps: the updates of the libraries failed; going on without" >&2
"${as_root[@]}" touch "$marker" 2>/dev/null || true
