#!/usr/bin/env bash
# A file includes only headers of lower floors or of its own family (floors.txt has the floors);
# bridge/ sees of rules/ only <clockwire/...>.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

# shellcheck disable=SC2016
find include rules bridge -name '*.[ch]' | sort | xargs grep -HnE '^ *# *include *["<]' |
    awk '
function family(path) { # of a path below its tree
    sub(/^[^\/]*\//, "", path)
    sub(/^clockwire\//, "", path)
    return match(path, /[\/_.]/) ? substr(path, 1, RSTART - 1) : path
}
function clean(path) {
    while (match(path, /[^\/.][^\/]*\/\.\.\//))
        path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
    return path
}
function complain(text) { print place ": " text; bad++ }
FNR == NR {
    if ($1 !~ /^#/)
        for (i = 3; i <= NF; i++) {
            n = split($i, joined, ",")
            for (j = 1; j <= n; j++) { floor[$1, joined[j]] = $2; house[$1, joined[j]] = joined[1] }
        }
    next
}
{
    split($0, part, ":")
    file = part[1]; place = file ":" part[2]
    tree = file; sub(/\/.*/, "", tree)
    mine = family(file)
    below = file; sub(/^[^\/]*\//, "", below)
    mine_floor = (tree, below) in floor ? floor[tree, below] : floor[tree, mine]
    if (!((tree, mine) in floor)) {
        if (!told[file]++) complain("no floor is known for this file; add it to tests/lint/floors.txt")
        next
    }
    name = $0; sub(/^[^"<]*["<]/, "", name); angle = $0 ~ /include *</; sub(/[">].*/, "", name)
    if (angle && name !~ /^clockwire\//) next # of the system
    if (name ~ /^clockwire\//) {
        if (tree == "include" && floor["include", family("x/" name)] > mine_floor)
            complain("includes <" name "> of a higher floor")
        next
    }
    folder = file; sub(/[^\/]*$/, "", folder)
    path = clean(folder name)
    if ((getline line < path) < 0) path = tree "/" name
    close(path)
    if (path !~ "^" tree "/") { complain("includes " path " of another tree"); next }
    theirs = family(path)
    if (theirs == mine || ((tree, theirs) in house && house[tree, theirs] == house[tree, mine])) next
    if (!((tree, theirs) in floor)) complain("includes " name ", which no floor of " tree "/ has")
    else if (floor[tree, theirs] >= mine_floor)
        complain("floor " mine_floor " includes " name " of floor " floor[tree, theirs])
}
END { exit bad > 0 }' tests/lint/floors.txt -
