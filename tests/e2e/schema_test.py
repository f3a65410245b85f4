"""The JSON Schema and `check` agree: see schema.sh.

What `check` takes the schema takes, and what the schema refuses `check` refuses: shown over every
example there is, over deliberate mistakes, and over examples that were changed at random."""

import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import manual_test
import plain_test
from plain_test import equal

ROOT = pathlib.Path(os.environ.get("CW_ROOT", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CW_BUILD", ROOT / "build"))
CLOCKWIRE = BUILD / "bin/clockwire"
LANGUAGE = ROOT / "tests/schema/language"
# Worked examples with words that this build has not got: both must say so.
NOT_YET = {"8-settings"}


def run(*args, **more):
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=300,
                          check=False, **more)


def schema_text(*words):
    r = run(CLOCKWIRE, "schema", *words)
    equal(r.returncode, 0, r.stderr)
    return r.stdout


SCHEMA = json.loads(schema_text())


def validated(docs, by=SCHEMA):
    """What ajv says of each text; "" when it takes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as schema:
        json.dump(by, schema)
        schema.flush()
        r = run("node", BUILD / "schema/validate.mjs", schema.name, input=json.dumps(docs))
    assert r.returncode == 0 and not r.stderr, r.stderr
    return json.loads(r.stdout)


def checked(docs):
    """What clockwire check says of each text; "" when it takes it."""
    names = {f"{i}.yaml": name for i, name in enumerate(docs)}
    with tempfile.TemporaryDirectory() as folder:
        for file, name in names.items():
            (pathlib.Path(folder) / file).write_text(docs[name])
            for more in re.findall(r"^include:.*?([a-z]+\.yaml)", docs[name], re.M):
                (pathlib.Path(folder) / more).write_text("rules: []\n")
            for more in re.findall(r"^  .*except: \[.*?([a-z]+\.ics)", docs[name], re.M):
                shutil.copy(ROOT / "examples/cookbook/holidays.ics", pathlib.Path(folder) / more)
        r = run(CLOCKWIRE, "check", "--format", "json", *names, cwd=folder)
    assert r.returncode in (0, 1), r.stderr
    got = json.loads(r.stdout)
    said = {names[f["file"]]: "" if f["good"] else "refused" for f in got["files"]}
    for d in got["diagnostics"]:
        if d["severity"] == "error":
            said[names[d["file"]]] += f"; {d['line']}:{d['column']} {d['code']}: {d['text']}"
    return said


# ---- Documents ----

def language(name):
    """A worked example in its frame."""
    frame = (LANGUAGE / "0-frame.yaml").read_text()
    text = (LANGUAGE / f"{name}.yaml").read_text()
    if name.startswith("0"):
        return frame
    if name == "8-settings":
        return frame + text
    before = (LANGUAGE / "1-meeting-ended.yaml").read_text() if name == "7-tests" else ""
    return frame.replace("rules: []\n", "rules:\n" + before) + text


def example_files(part):
    """The files of the examples, or those that they include."""
    for file in sorted((ROOT / "examples").rglob("*.yaml")):
        text = file.read_text()
        if file.parent.name == "embed":
            continue  # rules of another program, with its own sources and actions
        if part != bool(re.search("^version:", text, re.M)):
            yield str(file.relative_to(ROOT)), text


def examples():
    docs = dict(example_files(part=False))
    lines = (ROOT / manual_test.PAGE).read_text().splitlines()
    man = list(manual_test.examples(lines))
    frame = next(text for _, text, _ in man if text.startswith("version:"))
    for number, text, refused in man:
        if not refused:
            docs[f"{manual_test.PAGE}:{number}"] = manual_test.whole(text, frame)
    page = (ROOT / "deploy/man/clockwire.yaml.5").read_text()
    for i, text in enumerate(re.findall(r"^\.nf\n(version: 1\n.*?)^\.fi$", page, re.M | re.S)):
        docs[f"clockwire.yaml.5, example {i}"] = manual_test.plain(text)
    for file in sorted(LANGUAGE.glob("*.yaml")):
        if file.stem not in NOT_YET:
            docs[f"language/{file.stem}"] = language(file.stem)
    return docs


def test_it_is_always_the_same():
    equal(schema_text(), schema_text())
    equal(SCHEMA["$schema"], "http://json-schema.org/draft-07/schema#")


def objects(value, path=""):
    """Every schema that lists properties, with its path."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from objects(item, f"{path}/{i}")
    if not isinstance(value, dict):
        return
    if isinstance(value.get("properties"), dict) and "type" in value:
        yield path, value
    for key, item in value.items():
        yield from objects(item, f"{path}/{key}")


def test_every_key_is_explained():
    silent = []
    for path, schema in objects(SCHEMA):
        if "expected" in path or "item_condition" in path:
            continue  # what stands here is explained elsewhere
        for name, value in schema["properties"].items():
            if "." in name:
                continue  # a path
            if not value.get("description") and value.get("type") != "object":
                silent.append(f"{path}/{name}")
    equal(silent, [], "keys without a description")


def test_every_mapping_is_closed():
    opened = [path for path, schema in objects(SCHEMA)
              if schema.get("additionalProperties") is not False]
    equal(opened, [], "mappings that take any key")


def test_examples():
    docs = examples()
    assert len(docs) > 45, len(docs)
    for who, said in (("check", checked(docs)), ("ajv", validated(docs))):
        equal({name: text for name, text in said.items() if text}, {}, f"{who} refuses examples")


def test_parts():
    """A file that is included needs no version and no rules, and is no configuration."""
    part = json.loads(schema_text("--part"))
    docs = dict(example_files(part=True)) | {"hours": "hours: { work: mon 09:00-10:00 }\n"}
    assert len(docs) > 2
    equal([name for name, text in validated(docs, part).items() if text], [], "parts are refused")
    equal([name for name, text in validated(docs).items() if not text], [], "parts are whole")
    wrong = {"kind": "rules: {}\n", "key": "ruels: []\n", "rule": "rules: [{ id: a }]\n"}
    equal([name for name, text in validated(wrong, part).items() if not text], [], "not refused")
    different = {key for key in SCHEMA.keys() | part.keys() if SCHEMA.get(key) != part.get(key)}
    equal(different, {"title", "required", "anyOf"})


def test_what_is_not_in_this_build():
    docs = {name: language(name) for name in NOT_YET}
    for who, said in (("check", checked(docs)), ("ajv", validated(docs))):
        equal([name for name, text in said.items() if not text], [],
              f"{who} takes by now what the list NOT_YET holds")


# Tables of the code, and the definitions of the schema that are made of them.
TABLES = {"rules/grammar.c": {"sections": "", "hours": "hours_of", "event": "filtered_event",
                              "matcher": "operators"},
          "bridge/grammar.c": {"first": "extract_first", "all": "extract_all",
                               "list": "signature_list", "time": "signed_time",
                               "place": "place_of"}}


def later_keys():
    """(table, definition, key) of what the tables call later."""
    for file, names in TABLES.items():
        text = (ROOT / file).read_text()
        for table, rows in re.findall(r"struct (?:cwr_)?key (\w+)\[\] = \{\n(.*?)\n\};", text,
                                      re.S):
            table = table.removeprefix("grammar_")
            for key in re.findall(r'\{"(\w+)",(?:[^{}]*\.later|\s*NULL,\s*KEY_LATER)', rows):
                yield table, names.get(table, table), key


def test_later_keys_are_absent():
    found = list(later_keys())
    for table, definition, key in found:
        if (table, key) == ("sections", "tests"):
            continue  # the daemon reads it
        schema = SCHEMA["definitions"][definition] if definition else SCHEMA
        assert key not in schema["properties"], f"{table}: {key} is in the schema"
    settings = re.findall(r'^LATER\("([\w.]+)"\)', (ROOT / "bridge/config.def").read_text(), re.M)
    for path in settings:
        schema = SCHEMA
        for step in path.split("."):
            schema = schema.get("properties", {}).get(step)
            if schema is None:
                break
        assert schema is None, f"{path} is in the schema"
    actions = (ROOT / "bridge/action/action.c").read_text()
    for name in re.findall(r'\{\.name = "(\w+)"[^{}]*\.later = true', actions):
        for of in SCHEMA["definitions"]["action"]["anyOf"][1]["properties"].values():
            assert name not in json.dumps(of.get("anyOf")), f"{name} is in the schema"
    assert len(found) + len(settings) > 5, "the tables have moved"


# ---- Mistakes ----

GOOD = """version: 1
timezone: Europe/Berlin
sources:
  calendar:
    path: /hooks/calendar
    preset: calcom
    verify: { secret: "${secret.calendar}" }
    dedupe: { key: "${event.uid}", within: 24 hours }
  github: { path: /hooks/github, preset: github, verify: { secret: ["${secret.a}", "${secret.b}"] } }
  own:
    path: /hooks/own
    methods: [POST, PUT]
    verify:
      - hmac: sha256
        header: X-Signature
        encoding: base64
        secret: ${secret.own}
        list: { separator: ",", version: v1 }
        time: { from: "${header.X-Time}", unit: ms, tolerance: 5 minutes }
      - { token: "${secret.own}", from: "${header.X-Token}" }
      - { header: X-Key, equals: "${secret.own}" }
    type: { first: "${body.kind}", map: { A: created } }
    fields: { start: { take: "${body.at}", after: "T" }, people: { all: ["${body.a}", "${body.b}"] } }
    decode: [json, form]
    ack: { status: 202, type: text/plain, body: ok }
    challenge: [{ when: "${body.challenge}", is: "x", reply: { body: "${body.challenge}" } }]
users:
  ada:
    awork: 6a2c1d3e-0000-4000-8000-000000000001
    aliases: [ada@example.org]
    hours: { work: mon-thu 10:00-18:00 }
    chat: https://chat.example.org/hooks/${secret.chat}
teams: { backend: [ada] }
hours:
  work: mon-fri 09:00-17:30
  office: { windows: [mon-fri 08:00-18:00], timezone: Europe/Berlin, except: [2026-12-24] }
server: { listen: "127.0.0.1:8080", limits: { body: 1 MiB, connections: 4096 } }
journal: { store: "sqlite:clockwire.db", payloads: used }
log: { level: info, format: auto }
target:
  awork: { token: "${secret.awork}", rate_limit: [50 per second], without_user_token: emulate }
rules:
  - id: first
    name: The first
    when: [calendar.created, { event: github.push, event.ref: main }]
    user: ada
    if:
      timer: running
      timer.for: { at_least: 3 hours }
      state.lunch: { exists: true }
      during: [work, office]
      any: [{ event.n: { at_least: 5 minutes } }, { not: { event.title: { like: "x*" } } }]
      event.labels: { any_item: { item.name: tracked } }
    wait: 5 minutes
    unless: calendar.cancelled
    key: ${event.uid}
    mode: restart
    throttle: 10 minutes
    final: true
    then:
      - start: { task: KEY-1, if_running: switch, billable: true }
      - log: started
      - set: { lunch: true, where: { at: "${event.where}" }, for: 1 hour }
      - clear: lunch
  - id: third
    when:
      - { every: mon-fri 20:00 }
      - { absent: calendar.created, for: 15 minutes }
      - { count: 6, of: timer.started, within: 1 hour }
      - { all: [calendar.updated, { event: github.push, event.n: 1 }], within: 2 hours }
    user: [everyone, "team:backend"]
    if: { timer.note: x }
    then:
      - notify: { to: "${user.chat}", text: "${timer.task | default: none}" }
      - call: { url: "https://example.org/${user.name}", method: PUT, headers: { X-Key: "${secret.k}" }, json: { a: [1, "${event.x | default: 1}"] } }
      - resume
  - { id: second, when: calendar.updated, user: ada, at: "5 minutes before ${event.start}", then: stop }
tests:
  - name: it does
    user: ada
    timer: running
    steps:
      - { at: "2026-03-02 10:00", event: calendar.updated, with: { uid: 1 }, expect: nothing }
      - { after: 2 minutes, restart: true }
"""
# What is written in place of what: each makes the file wrong, and both must see it.
MISTAKES = [
    ("version: 1", "version: 2"),
    ("version: 1\n", ""),
    ("\nhours:", "\nhors:"),
    ("timezone: Europe/Berlin\nsources", "timezone: berlin\nsources"),
    ("path: /hooks/calendar", "path: hooks/calendar"),
    ("path: /hooks/calendar", "pth: /hooks/calendar"),
    ("preset: calcom", "preset: callcom"),
    ("verify: { secret: \"${secret.calendar}\" }\n", "veryfy: none\n"),
    ("verify: { secret: \"${secret.calendar}\" }", "verify: nobody"),
    ("hmac: sha256", "hmac: md5"),
    ("encoding: base64", "encoding: base32"),
    ("unit: ms", "unit: us"),
    ("tolerance: 5 minutes", "tolerance: 5 min"),
    ("methods: [POST, PUT]", "methods: [post]"),
    ("decode: [json, form]", "decode: [xml]"),
    ("status: 202", "status: 404"),
    ("within: 24 hours", "within: 24h"),
    ("awork: 6a2c1d3e-0000-4000-8000-000000000001", "awork: 6a2c1d3e"),
    ("aliases: [ada@example.org]", "aliases: ada@example.org"),
    ("aliases:", "alias:"),
    ("mon-thu 10:00-18:00", "mon-thu 9:00-18:00"),
    ("work: mon-fri 09:00-17:30", "work: monday 09:00-17:30"),
    ("except: [2026-12-24]", "except: [24.12.2026]"),
    ("except: [2026-12-24]", "except: [ics]"),
    ("windows: [", "window: ["),
    ("body: 1 MiB", "body: 1 MB"),
    ("connections: 4096", "connections: many"),
    ("connections: 4096", "conections: 4096"),
    ("payloads: used", "payloads: some"),
    ("level: info", "level: loud"),
    ("store: \"sqlite:clockwire.db\"", "store: postgres"),
    ("[50 per second]", "[50/s]"),
    ("without_user_token: emulate", "without_user_token: try"),
    ("token: \"${secret.awork}\", ", ""),
    ("id: first", "id: First"),
    ("  - id: first\n    name", "  - name"),
    ("when: [calendar.created,", "when: [created,"),
    ("event.ref: main", "ref: main"),
    ("during: [work, office]", "during: []"),
    ("any: [", "anyof: ["),
    ("at_least: 5 minutes", "at_least: 5 mins"),
    ("at_least: 3", "atleast: 3"),
    ("item.name: tracked", "items.name: tracked"),
    ("wait: 5 minutes", "wait: 5 mins"),
    ("wait: 5 minutes", "wait: 5 minutes\n    at: ${event.start}"),
    ("mode: restart", "mode: queued"),
    ("final: true", "final: yes"),
    ("then:\n      - start", "do:\n      - start"),
    ("- start:", "- begin:"),
    ("if_running: switch", "if_running: stop"),
    ("billable: true", "billable: often"),
    ("task: KEY-1", "tsk: KEY-1"),
    ("- log: started", "- log: started\n        stop: {}"),
    ("lunch: true, where: { at: \"${event.where}\" }, ", ""),
    ("set: { lunch: true", "set: { Lunch: true"),
    ("for: 1 hour", "for: a while"),
    ("clear: lunch", "clear: Lunch"),
    ("clear: lunch", "clear: for"),
    ("state.lunch:", "state.Lunch:"),
    ("timer.for:", "timer.four:"),
    ("timer: running\n      timer.for", "timer: runing\n      timer.for"),
    ("then: stop }", "then: stopp }"),
    ("then: stop }", "then: [] }"),
    ("5 minutes before ${event.start}", "soon"),
    ("steps:", "step:"),
    ("expect: nothing", "expect: noting"),
    ("after: 2 minutes", "after: soon"),
    ("restart: true", "restart: maybe"),
    ("timer: running\n    steps", "timer: on\n    steps"),
    ("with: { uid: 1 }", "with: 1"),
    ("teams: { backend: [ada] }", "teams: { backend: ada }"),
    ("teams: { backend: [ada] }", "teams: { backend: [] }"),
    ("every: mon-fri 20:00", "every: mon-fri 25:00"),
    ("every: mon-fri 20:00", "evry: mon-fri 20:00"),
    ("absent: calendar.created, for", "absent: calendar.created, within"),
    ("count: 6", "count: 0"),
    ("count: 6", "count: 1001"),
    ("count: 6, of", "count: 6, event"),
    ("all: [calendar.updated,", "all: [{ every: 1 hour },"),
    ("within: 2 hours", "within: two hours"),
    ("user: [everyone,", "user: [[everyone],"),
    ("timer.note:", "timer.notes:"),
    ("state.lunch:", "state.for:"),
    ("clear: lunch", "clear: []"),
    ("to: \"${user.chat}\"", "too: \"${user.chat}\""),
    ("method: PUT", "method: Put"),
    ("headers: { X-Key: \"${secret.k}\" }", "headers: [X-Key]"),
    ("url: \"https://example.org/${user.name}\", ", ""),
]


def test_mistakes():
    docs = {"good": GOOD}
    for old, new in MISTAKES:
        equal(GOOD.count(old), 1, f"{old!r} in the good file: ")
        docs[f"{old!r} -> {new!r}"] = GOOD.replace(old, new)
    assert len(docs) > 80
    for who, said in (("check", checked(docs)), ("ajv", validated(docs))):
        equal(said.pop("good"), "", f"{who}: ")
        equal([name for name, text in said.items() if not text], [], f"{who} takes mistakes")


# ---- Changes at random ----

WORDS = ["5", "-1", "1.5", "true", "null", "~", "''", "no", "x", "[]", "{}", "[x]", "{x: 1}",
         "'5'", "10 minutes", "github.push", "${event.x}", "'${event.x}'", "stop", "2026-03-02",
         "mon-fri 09:00-17:00", "ada", "everyone", "0x10", "1e3", "'true'", "[[x]]"]


def changed(text, dice):
    """The text with one value or key of a line changed."""
    lines = text.split("\n")
    for _ in range(50):
        i = dice.randrange(len(lines))
        found = list(re.finditer(r"([A-Za-z_.]+): *([^,{}\[\]#]*)", lines[i]))
        if not found:
            continue
        m = dice.choice(found)
        what = dice.randrange(4)
        if what == 0:
            new = m[1] + "x: " + m[2]
        elif what == 1:
            new = m[1] + ": "
        else:
            new = m[1] + ": " + dice.choice(WORDS)
        lines[i] = lines[i][:m.start()] + new + lines[i][m.end():]
        return "\n".join(lines)
    return text


def test_changes_at_random():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20261127
    dice, docs = random.Random(seed), {}
    bases = sorted((examples() | {"good": GOOD}).items())
    for i in range(1500):
        name, text = bases[dice.randrange(len(bases))] if i % 2 else ("good", GOOD)
        docs[f"seed {seed}, change {i} of {name}"] = changed(text, dice)
    said, taken = validated(docs), checked(docs)
    unfair = {name: (text, docs[name]) for name, text in said.items()
              if text and not text.startswith("yaml:") and not taken[name]}
    for name, (text, doc) in list(unfair.items())[:10]:
        base = dict(bases)[name.split(" of ", 1)[1]]
        print(name, *[x for x in doc.split("\n") if x not in base.split("\n")], text, sep="\n  ")
    equal(len(unfair), 0, "documents that only the schema refuses: ")
    both = sum(1 for name in said if said[name] and taken[name])
    assert both > 400, f"only {both} of the changes were mistakes to both"


if __name__ == "__main__":
    sys.exit(1 if plain_test.run(sys.modules[__name__]) else 0)
