#!/usr/bin/env bash
# clockwire test: what it says about tests that pass, that fail, and that are not well written.
# `test_command.sh --write` puts what it says now in place of what is expected.
set -euo pipefail
cd "${CW_ROOT:-.}/tests/e2e/test_command"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
write=${1-}
bad=0

# said NAME EXIT_CODE WORDS...: the output is that of NAME.txt
said()
{
    local name=$1 code=$2 rc=0
    "$CW_BUILD/bin/clockwire" test "${@:3}" >"$out/$name.txt" 2>&1 || rc=$?
    [[ $write != --write ]] || cp "$out/$name.txt" "$name.txt"
    if [[ $rc != "$code" ]] || ! diff -u "$name.txt" "$out/$name.txt"; then
        echo "FAILED  $name: exit code $rc, expected $code"
        bad=1
    else
        echo "ok      $name"
    fi
}

said plays 1 --coverage plays.yaml
said bad 1 bad.yaml
said by_hand 0 --coverage by_hand.yaml
said human 0 --coverage human.yaml
said triggers 0 --coverage triggers.yaml
said facts 1 --coverage facts.yaml
said outside 1 outside.yaml
said several 1 by_hand.yaml bad.yaml plays.yaml
said missing 1 nowhere.yaml
said junit 1 --format junit by_hand.yaml plays.yaml bad.yaml
said included 0 --format junit included.yaml
said json 1 --format json --coverage plays.yaml bad.yaml
said format 64 --format html plays.yaml
said demo 0 --coverage ../../../examples/demo/clockwire.yaml
python3 - junit.txt <<'PY' || bad=1
import sys
import xml.etree.ElementTree as tree
suites = tree.parse(sys.argv[1]).getroot().findall("testsuite")
got = [(s.get("name"), int(s.get("tests")), int(s.get("failures"))) for s in suites]
assert got == [("by_hand.yaml", 11, 0), ("plays.yaml", 8, 6), ("bad.yaml", 1, 0)], got
assert [int(s.get("errors")) for s in suites] == [0, 0, 1]
for s in suites:
    assert {"name", "tests", "failures", "errors", "skipped"} == set(s.keys()), s.keys()
    assert len(s.findall("testcase")) == int(s.get("tests"))
    assert len(s.findall("testcase/failure")) == int(s.get("failures"))
    assert len(s.findall("testcase/error")) == int(s.get("errors"))
    for c in s.findall("testcase"):
        assert c.get("classname") and c.get("name") and int(c.get("line")) > 0
        assert all(x.get("message") and x.text for x in c)
PY
python3 -c 'import json, sys
lines = [json.loads(x) for x in open("json.txt")]
assert [x["passed"] for x in lines if "test" in x].count(False) == 6, lines
assert lines[-1] == {"sum": {"passed": 2, "failed": 6, "faulty_files": 1}}, lines[-1]' || bad=1
exit "$bad"
