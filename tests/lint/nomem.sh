#!/usr/bin/env bash
# Every public function of the library that can fail is tried with memory that fails: its name stands
# in tests/unit/test_nomem*.c. Those that take no memory are named here.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

takes_none=" cw_duration_parse cw_moment_parse "
while read -r name; do
    [[ $takes_none != *" $name "* ]] || continue
    grep -qw "$name" tests/unit/test_nomem*.c || {
        echo "$name: is not in tests/unit/test_nomem*.c"
        bad=1
    }
done < <(perl -0777 -ne 's!/\*.*?\*/!!gs; print "$1\n" while /\b(cw_\w+)\([^;{]*\)\s*CW_CHECKED;/g' \
    include/clockwire/*.h)
exit "$bad"
