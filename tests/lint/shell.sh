#!/usr/bin/env bash
# Every shell script passes shellcheck, and Python files compile.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

find "${all_trees[@]}" deploy -name '*.py' -print0 | xargs -0 -r python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name).read(), name)'
if ! command -v shellcheck >/dev/null; then
    echo "skipped: shellcheck is not here"
    exit 77
fi
find .ci/run deploy "${all_trees[@]}" \( -name '*.sh' -o -name '*.bash' -o -name run \) -type f -print0 | sort -z |
    xargs -0 shellcheck -x -P SCRIPTDIR -P . -f gcc
