#!/usr/bin/env bash
# Each header compiles alone; the public ones in C++ too.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

read -ra flags < <(pkg-config --cflags libevent libcurl sqlite3 jansson libcrypto yaml-0.1 libpcre2-8 || true)
flags+=(-D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude)
[[ ! -d ${CW_BUILD:-build}/include ]] || flags+=("-I${CW_BUILD:-build}/include")
cc=${CC:-cc}
cxx=$(command -v g++ || command -v clang++ || true)
[[ -n $cxx ]] || echo "no C++ compiler is here: the public headers are tried in C only"

alone() # LANGUAGE COMPILER FLAGS... HEADER
{
    local header=${*: -1}
    if ! printf '#include "%s"\n' "$PWD/$header" |
        "$2" "-x" "$1" "${@:3:$#-3}" - >/dev/null 2>"$out"; then
        echo "$header:1: does not compile alone ($1)"
        sed -n '1,6p' "$out"
        bad=1
    fi
}

out=$(mktemp)
trap 'rm -f "$out"' EXIT
for header in $(find include rules bridge tests/sim tests/support -name '*.h' | sort); do
    tree=${header%%/*}
    also="-I$tree"
    [[ $tree != tests ]] || also=-Ibridge
    alone c "$cc" -std=c11 "${flags[@]}" "$also" "-I$(dirname "$header")" "$header"
    if [[ $tree == include && -n $cxx ]]; then
        alone c++ "$cxx" -std=c++17 "${flags[@]}" "$header"
    fi
done
exit "$bad"
