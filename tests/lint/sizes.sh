#!/usr/bin/env bash
# Nine of ten functions have at most 40 lines; a file has at most 400, and never more than 600.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

# A function begins with a brace alone in the first column and ends with the next one.
find "${our_trees[@]}" -name '*.[ch]' | sort | xargs awk '
function file_ends() {
    if (lines > 600) { print last ":" lines ": a file of " lines " lines (600 at most)"; bad++ }
    else if (lines > 400) print last ":" lines ": warning: a file of " lines " lines (better 400)"
}
FNR == 1 { if (last) file_ends() }
{ last = FILENAME; lines = FNR }
/^\{$/ { began = FNR }
/^\}$/ && began {
    length_ = FNR - began - 1; began = 0; functions++
    if (length_ > 40) long[++n] = FILENAME ":" FNR - length_ - 1 ": a function of " length_ " lines"
}
END {
    if (last) file_ends()
    printf "%d functions, %d longer than 40 lines (%.1f %%)\n", functions, n, functions ? 100 * n / functions : 0
    if (n * 10 > functions) { bad++; for (i = 1; i <= n; i++) print long[i] }
    exit bad > 0
}'
