#!/usr/bin/env bash
# µs of CPU for one event from its raw bytes to the plan (read the JSON, match, decide), at 10, 1,000,
# 10,000 and 100,000 rules of which one matches, in three workloads: a repository for each rule; all
# rules share one event type and have no exact condition; all rules share one repository. Two more have
# rules for pairs of repository and sender, and the first one's rules with pushes to 256 repositories
# in turn, which the processor's caches do not hold. Also: time to load and memory per rule.
#
# Rounds are interleaved over the sizes; the ratio comes first, then least and median. Read ratios:
# absolute figures hold for a quiet core only. Usage: rules.sh [ROUNDS] [PUSH.json]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${CW_BUILD:-$root/build}
cmake --build "$build" --target bench_rules >/dev/null
echo "load of this machine: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
exec "$build/tests/bench_rules" "${2:-$root/tests/payloads/github/push.json}" "${1:-20}"
