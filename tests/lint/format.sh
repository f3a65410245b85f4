#!/usr/bin/env bash
# Every C file stands as clang-format 14 puts it.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

format=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $format ]] || ! "$format" --version | grep -q 'version 14\.'; then
    echo "skipped: clang-format 14 is not here"
    exit 77
fi
out=$(mktemp)
trap 'rm -f "$out"' EXIT
rc=0
find "${all_trees[@]}" -name '*.[ch]' -print0 | sort -z |
    xargs -0 -n 16 -P 2 "$format" --dry-run -Werror >/dev/null 2>"$out" || rc=1
sed -nE 's/^([^ ]*:[0-9]+):[0-9]+: error: .*/\1: not as clang-format-14 -i puts it/p' "$out" | uniq
exit "$rc"
