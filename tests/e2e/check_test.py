"""clockwire check: text, json, sarif and github tell the same diagnostics, each in its own form."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

import plain_test
from plain_test import equal

ROOT = pathlib.Path(os.environ.get("CW_ROOT", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CW_BUILD", ROOT / "build"))
CLOCKWIRE = BUILD / "bin/clockwire"

GOOD = """version: 1
timezone: UTC
rules: []
"""
BAD = """version: 1
timezone: UTC
target: { awork: { token: "${secret.none}" } }
sources: { desk: { path: /d, preset: generic, verify: none } }
users: { ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 } }
rules:
  - { id: a, when: desk.idle, name: "é", thn: stop, then: stop }
  - { id: b, when: desk.idle, user: "100%:\\n,", then: stop }
"""
# What stands at the places, in the order of the file.
SEEN = [(3, "\"${secret.none}\"", "warning", "bad-secret", None),
        (7, "thn", "error", "unknown-key", "did you mean `then`?"),
        (8, "\"100%:\\n,\"", "error", "unknown-user", None)]
NAME = "odd, name: 100% é.yaml"


class Folder:
    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(os.path.realpath(self.temporary.name))
        (self.path / NAME).write_text(BAD)
        (self.path / "good.yaml").write_text(GOOD)
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def check(self, *args, code=0):
        r = subprocess.run([CLOCKWIRE, "check", *map(str, args)], cwd=self.path,
                           capture_output=True, text=True, timeout=60)
        equal(r.returncode, code, f"exit code of {args}\n{r.stdout}{r.stderr}\n")
        return r.stdout


def at(line, column, end):
    return BAD.splitlines()[line - 1][column - 1:end - 1]


def test_text_is_the_default():
    with Folder() as f:
        text = f.check(NAME, code=1)
        equal(text, f.check("--format", "text", NAME, code=1))
        assert text.endswith(f"{NAME}: 2 errors, 1 warning\n"), text
        equal(re.findall(r"(?:error|warning)\[([a-z-]+)\]", text), [x[3] for x in SEEN])
        equal(f.check("good.yaml"), "good.yaml: good: 0 rules, 0 sources, 0 people, 0 warnings\n")


def test_exit_codes():
    with Folder() as f:
        for form in ("text", "json", "sarif", "github"):
            f.check("--format", form, "good.yaml")
            f.check("--format", form, "good.yaml", NAME, code=1)
            f.check("--format", form, NAME, "good.yaml", code=1)
            f.check("--format", form, "nowhere.yaml", code=1)
        equal(f.check("--format", "xml", "good.yaml", code=64), "")


def test_json():
    with Folder() as f:
        got = json.loads(f.check("--format", "json", "good.yaml", NAME, code=1))
        equal(sorted(got), ["diagnostics", "files", "version"])
        equal(got["version"], 1)
        equal(got["files"], [
            {"file": "good.yaml", "good": True, "errors": 0, "warnings": 0, "left_out": 0,
             "rules": 0, "sources": 0, "people": 0},
            {"file": NAME, "good": False, "errors": 2, "warnings": 1, "left_out": 0}])
        equal([(d["line"], at(d["line"], d["column"], d["end_column"]), d["severity"], d["code"],
                d.get("hint")) for d in got["diagnostics"]], SEEN)
        assert all(d["file"] == NAME and d["text"] for d in got["diagnostics"])
        got = json.loads(f.check("--format", "json", "nowhere.yaml", code=1))
        equal([d["code"] for d in got["diagnostics"]], ["cannot-read"])


def test_json_counts_what_it_leaves_out():
    with Folder() as f:
        (f.path / "many.yaml").write_text(GOOD.replace("[]", "") + "  - {}\n" * 201)
        got = json.loads(f.check("--format", "json", "many.yaml", code=1))
        equal(len(got["diagnostics"]), 200)
        equal(got["files"][0]["left_out"], got["files"][0]["errors"] - 200)
        assert got["files"][0]["left_out"] > 0


def test_faults_behind_faults_of_yaml():
    """A fault of YAML hides the rule that has it, and nobody is blamed for naming that."""
    with Folder() as f:
        (f.path / "yaml.yaml").write_text(
            "version: 1\nsources: { desk: { path: /d, preset: generic, verify: none } }\nrules:\n"
            "  - { id: a, when: desk.idle, then: pause\n"
            "  - { id: b, when: desk.idle, wen: 1, if: { paused_by: a }, then: stop }\n"
            "  - id: c\n    name: it's: not\n    then: stop\n"
            "  - { id: d, when: desk.idle, then: stopp }\n")
        got = json.loads(f.check("--format", "json", "yaml.yaml", code=1))
        equal([(d["line"], d["code"]) for d in got["diagnostics"]],
              [(4, "syntax"), (5, "unknown-key"), (7, "syntax"), (9, "unknown-action")])
        f.check("yaml.yaml", "good.yaml", code=1)
        r = subprocess.run([CLOCKWIRE, "run", "-c", "yaml.yaml"], cwd=f.path, capture_output=True,
                           text=True, timeout=60)
        equal(r.returncode, 78, r.stderr)


def test_names_that_are_not_utf8():
    with Folder() as f:
        name = os.fsencode(f.path) + b"/\xff.yaml"
        with open(name, "w", encoding="utf-8") as out:
            out.write(BAD)
        r = subprocess.run([CLOCKWIRE, "check", "--format", "json", b"\xff.yaml"], cwd=f.path,
                           capture_output=True, timeout=60)
        equal(json.loads(r.stdout)["files"][0]["file"], "%FF.yaml")
        r = subprocess.run([CLOCKWIRE, "check", "--format", "sarif", b"\xff.yaml"], cwd=f.path,
                           capture_output=True, timeout=60)
        equal(json.loads(r.stdout)["runs"][0]["artifacts"][0]["location"]["uri"], "%FF.yaml")


# The keys of SARIF 2.1.0 that are used here: what must be there, and what else may.
SARIF = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool"}, {"results", "artifacts", "columnKind"}),
    "tool": ({"driver"}, set()),
    "driver": ({"name"}, {"version", "rules"}),
    "rule": ({"id"}, {"shortDescription", "help", "defaultConfiguration"}),
    "configuration": (set(), {"level"}),
    "message": ({"text"}, set()),
    "result": ({"message"}, {"ruleId", "ruleIndex", "level", "locations"}),
    "artifact": ({"location"}, set()),
    "location": ({"physicalLocation"}, set()),
    "physical": ({"artifactLocation"}, {"region"}),
    "place": ({"uri"}, {"uriBaseId"}),
    "region": ({"startLine", "startColumn", "endColumn"}, set()),
}
LEVELS = {"none", "note", "warning", "error"}


def closed(value, kind):
    must, may = SARIF[kind]
    assert isinstance(value, dict) and must <= set(value) <= must | may, (kind, value)
    return value


def message(value):
    text = closed(value, "message")["text"]
    assert isinstance(text, str) and text, value


def place(value):
    uri = closed(value, "place")["uri"]
    assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2}|file:///)*", uri), uri
    equal("uriBaseId" in value, not uri.startswith("file:"))
    return uri


def valid(log):
    """The run of a SARIF log, every part of it looked at."""
    closed(log, "log")
    equal(log["version"], "2.1.0")
    (run,) = log["runs"]
    closed(run, "run")
    equal(run["columnKind"], "unicodeCodePoints")
    rules = closed(closed(run["tool"], "tool")["driver"], "driver")["rules"]
    for rule in rules:
        message(closed(rule, "rule")["shortDescription"])
        message(rule["help"])
        assert closed(rule["defaultConfiguration"], "configuration")["level"] in LEVELS
    ids = [r["id"] for r in rules]
    equal(len(set(ids)), len(ids), "two rules of one id")
    known = {place(closed(a, "artifact")["location"]) for a in run["artifacts"]}
    for result in run["results"]:
        message(closed(result, "result")["message"])
        equal(ids[result["ruleIndex"]], result["ruleId"])
        assert result["level"] in LEVELS
        (where,) = result["locations"]
        physical = closed(closed(where, "location")["physicalLocation"], "physical")
        assert place(physical["artifactLocation"]) in known
        region = physical.get("region")
        if region:
            closed(region, "region")
            assert 1 <= region["startLine"] and 1 <= region["startColumn"] < region["endColumn"]
    return run


def test_sarif():
    with Folder() as f:
        run = valid(json.loads(f.check("--format", "sarif", "good.yaml", NAME, code=1)))
        rows = []
        for result in run["results"]:
            physical = result["locations"][0]["physicalLocation"]
            equal(urllib.parse.unquote(physical["artifactLocation"]["uri"]), NAME)
            region = physical["region"]
            rows.append((region["startLine"],
                         at(region["startLine"], region["startColumn"], region["endColumn"]),
                         result["level"], result["ruleId"]))
        equal(rows, [x[:4] for x in SEEN])
        codes = re.findall(r'^CODE\("([a-z-]+)"', (ROOT / "rules/diag.def").read_text(), re.M)
        equal([r["id"] for r in run["tool"]["driver"]["rules"]], codes)
        assert "did you mean" in run["results"][1]["message"]["text"]
        valid(json.loads(f.check("--format", "sarif", "nowhere.yaml", code=1)))


def test_sarif_names_files_from_here():
    with Folder() as f:
        for name, uri in ((f.path / "good.yaml", "good.yaml"), ("./good.yaml", "good.yaml"),
                          ("/nowhere/a b.yaml", "file:///nowhere/a%20b.yaml")):
            code = 1 if "nowhere" in str(name) else 0
            run = valid(json.loads(f.check("--format", "sarif", name, code=code)))
            equal(run["artifacts"][0]["location"]["uri"], uri)


COMMAND = re.compile(r"::(error|warning|notice) file=([^,]*),line=(\d+),col=(\d+),endColumn=(\d+),"
                     r"title=clockwire ([a-z-]+)::(.*)")


def test_github():
    with Folder() as f:
        out = f.check("--format", "github", "good.yaml", f.path / NAME, code=1).splitlines()
        rows = []
        for line in out:
            level, file, row, column, end, code, text = COMMAND.fullmatch(line).groups()
            equal(urllib.parse.unquote(file), NAME)
            assert not re.search("[:, ]$|[:,]", file), file
            rows.append((int(row), at(int(row), int(column), int(end) + 1), level, code))
            assert not re.search(r"%(?!25|0D|0A)", text), text
        equal(rows, [x[:4] for x in SEEN])
        assert out[1].endswith("; did you mean `then`?"), out[1]
        assert "`100%25:" in out[2], out[2]
        equal(f.check("--format", "github", "good.yaml"), "")
        command = f.check("--format", "github", "nowhere.yaml", code=1)
        assert re.match(r"::error file=nowhere\.yaml,line=1,", command), command


if __name__ == "__main__":
    sys.exit(1 if plain_test.run(sys.modules[__name__]) else 0)
