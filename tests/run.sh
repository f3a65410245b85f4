#!/usr/bin/env bash
# Builds clockwire and runs all its tests: tests/run.sh [arguments of ctest]
#
# CW_BUILD_DIR (build)   where it is built          CC              the compiler
# CW_SANITIZE  ()        address | thread           CW_WERROR (0)   1: warnings are errors
# CW_JOBS      (2)       tests at a time            CW_CMAKE  ()    more arguments of cmake
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ ${CW_NO_INSTALL:-} == 1 ]] || deploy/install-deps.sh

build=${CW_BUILD_DIR:-build}
options=(-DCW_WERROR="${CW_WERROR:-0}" -DCW_SANITIZE="${CW_SANITIZE:-}")
# A build folder keeps the compiler that it was made with; another one begins anew.
if [[ -n ${CC:-} && -f $build/CMakeCache.txt ]] &&
    ! grep -qx "CMAKE_C_COMPILER:[A-Z]*=$(command -v "$CC")" "$build/CMakeCache.txt"; then
    options+=(--fresh)
fi
[[ -f $build/CMakeCache.txt ]] || options+=(-G Ninja)
if command -v ccache >/dev/null; then
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
read -ra more <<<"${CW_CMAKE:-}"
cmake -S . -B "$build" "${options[@]}" "${more[@]}" >"$build.configure.log" 2>&1 || {
    cat "$build.configure.log"
    exit 1
}
rm -f "$build.configure.log"
cmake --build "$build" --parallel

shared=${CW_SHARED:-../shared}
if [[ ! -d $shared ]]; then
    n=$(grep -rl --include='*.c' --include='*.sh' --include='*.py' \
        -e 'check_shared *(' -e 'CW_SHARED' tests/unit tests/contract tests/replay tests/fuzz \
        tests/e2e tests/cases 2>/dev/null | wc -l)
    echo "../shared is not here: its $n tests are skipped"
fi
ctest --test-dir "$build" --output-on-failure -j"${CW_JOBS:-2}" "$@"
