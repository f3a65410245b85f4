#!/usr/bin/env bash
# Whatever a table has, the manual pages explain: metrics, diagnostics, commands, settings.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

man=deploy/man
# documented PAGE WHAT < "file:line:word" lines
documented()
{
    local line word plain
    plain=$(sed 's/\\-/-/g; s/\\&//g; s/\\f[BIRP]//g' "$man/$1")
    while IFS= read -r line; do
        word=${line##*:}
        if ! grep -qE -- "(^|[^A-Za-z0-9_.-])${word//./\\.}([^A-Za-z0-9_-]|\$)" <<<"$plain"; then
            echo "${line%:*}: the $2 $word is not in $man/$1"
            bad=1
        fi
    done
}
# rows FILE NUMBER: file:line:text of the NUMBERth "quoted" word of each row of a table.
rows()
{
    [[ ! -f $1 ]] || awk -v file="$1" -v which="$2" '
        /^[A-Z][A-Z_]*\(/ && split($0, word, "\"") > 2 * which { print file ":" FNR ":" word[2 * which] }' "$1"
}

documented clockwire.1 metric < <(rows bridge/metrics.def 1)
documented clockwire.yaml.5 diagnostic < <(rows rules/diag.def 1)
documented clockwire.yaml.5 setting < <(rows bridge/config.def 1)
documented clockwire.1 command < <(sed -nE 's/^    \{"([a-z-]+)", ".*/\1/p' bridge/main.c |
    sed 's!^!bridge/main.c:1:!')
python3 -B deploy/man/tables.py --check || bad=1
exit "$bad"
