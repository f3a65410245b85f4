# What every lint script begins with: the root of the project, and the trees that hold our C.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
cd "${CW_ROOT:-$(dirname "${BASH_SOURCE[0]}")/../..}"

bad=0
all_trees=()
for tree in include rules bridge tests examples; do
    [[ ! -d $tree ]] || all_trees+=("$tree")
done
# What ships.
our_trees=(include rules bridge tests/sim)
