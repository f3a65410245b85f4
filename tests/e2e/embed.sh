#!/usr/bin/env bash
# The library alone: built without the daemon's libraries, installed into an empty prefix, static
# and shared, and examples/embed built against it by pkg-config and by CMake's find_package.
set -euo pipefail
cd "${CW_ROOT:-$(dirname "${BASH_SOURCE[0]}")/../..}"

root=$PWD cc=${CC:-cc} bad=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
launcher=()
! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
generator=(-G "Unix Makefiles")
! command -v ninja >/dev/null || generator=(-G Ninja)

# A pkg-config that has never heard of what only the daemon needs.
mkdir "$work/bin"
cat >"$work/bin/pkg-config" <<END
#!/bin/sh
case "\$*" in *libevent*|*libcurl*|*sqlite*|*libcrypto*|*jansson*) exit 1 ;; esac
exec $(command -v pkg-config) "\$@"
END
chmod +x "$work/bin/pkg-config"

fail()
{
    echo "FAILED: $*"
    bad=1
}

# quietly LOG COMMAND...: shows what it said only when it failed.
quietly()
{
    "${@:2}" >"$work/$1.log" 2>&1 || {
        tail -n 30 "$work/$1.log"
        echo "FAILED: ${*:2}"
        exit 1
    }
}

runs() # PROGRAM WHAT
{
    if ! (cd "$root/examples/embed" && "$1" rules.yaml event.json) >"$work/got" 2>&1; then
        fail "$2 does not run"
    fi
    diff -u "$root/examples/embed/expected.txt" "$work/got" || fail "$2 prints something else"
}

try() # static|shared ON|OFF
{
    local build=$work/$1 prefix=$work/prefix-$1 flags
    quietly configure env PATH="$work/bin:$PATH" cmake -S . -B "$build" "${generator[@]}" \
        -DCMAKE_C_COMPILER="$cc" -DCW_DAEMON=OFF -DCW_SHARED="$2" -DCW_WERROR=ON \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib "${launcher[@]}"
    quietly build cmake --build "$build" --parallel 2
    quietly install cmake --install "$build"

    # By hand, with pkg-config.
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
    [[ $(pkg-config --modversion clockwire-rules) == "$(sed -nE \
        's/^project\(clockwire VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)" ]] || fail "version"
    read -ra flags < <(pkg-config --cflags --libs clockwire-rules)
    quietly by-hand "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror examples/embed/embed.c \
        -o "$work/embed-$1" "${flags[@]}"
    runs "$work/embed-$1" "embed by pkg-config, $1"

    # By CMake; the example's own CMakeLists.txt, copied so that nothing of ours is near.
    cp -r examples/embed "$work/embed-source-$1"
    quietly find cmake -S "$work/embed-source-$1" -B "$work/embed-build-$1" "${generator[@]}" \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix"
    quietly embed cmake --build "$work/embed-build-$1"
    runs "$work/embed-build-$1/embed" "embed by find_package, $1"
    unset PKG_CONFIG_PATH LD_LIBRARY_PATH
}

try static OFF
try shared ON

# The headers that are installed are the three public ones and the version.
installed=$(cd "$work/prefix-static/include" && find . -type f | sort | paste -sd' ')
[[ $installed == "./clockwire/doc.h ./clockwire/error.h ./clockwire/rules.h ./clockwire/version.h" ]] ||
    fail "installed headers: $installed"

# From outside nothing is seen but cw_*, and nothing of the daemon's is needed.
others=$(nm -D --defined-only "$work/prefix-shared/lib/libclockwire_rules.so" | awk '$3 !~ /^cw_/')
[[ -z $others ]] || fail "exported: $others"
needed=$(readelf -d "$work/embed-static" "$work/prefix-shared/lib/libclockwire_rules.so" |
    sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' | sort -u | paste -sd' ')
[[ $needed == "libc.so.6 libpcre2-8.so.0 libyaml-0.so.2" ]] || fail "needs $needed"

# A fault in the rules is told with its place, and the program says no.
sed 's/all_off/all_of/' examples/embed/rules.yaml >"$work/rules.yaml"
if "$work/embed-static" "$work/rules.yaml" examples/embed/event.json >"$work/got" 2>&1; then
    fail "faulty rules are taken"
fi
grep -q 'rules.yaml:20:11: error\[unknown-action\]' "$work/got" || {
    cat "$work/got"
    fail "the fault has no place"
}
exit "$bad"
