"""Every file of the cookbook: no fault and no warning, and its events, if it has any, do what they
say.

The real daemon and awork-sim. A minute of a rule's `wait` is 0.4 seconds here (examples/cookbook/
README.md has the format of NAME.events). A file's own `tests:` are played, too."""

import contextlib
import datetime
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import zoneinfo

import bridge
from bridge import CLOCKWIRE, ROOT, SLOW, until, world
from chat_server import Chat

BOOK = ROOT / "examples/cookbook"
SEED = json.loads((ROOT / "tests/sim/seed.json").read_text())
PEOPLE = {"ada": bridge.ADA, "grace": bridge.GRACE}
KEYS = {x["identifier"]: x["id"] for x in SEED["tasks"] if "identifier" in x}
KEYS |= {x["key"]: x["id"] for x in SEED["projects"]}
OWN = """
server: { listen: "127.0.0.1:@PORT@" }
journal: { store: "sqlite:journal.db" }
log: { format: json, level: debug }
"""
EFFECTS = ("started", "stopped", "paused", "resumed")
ACTS = (*EFFECTS, "told")


def secrets_of(text, chat="https://chat.example.org"):
    def secret(name):
        if name.startswith("chat_"):
            return f"{chat}/{name[5:]}"
        return bridge.SECRETS.get(name, f"secret-of-{name}-0123456789")
    return {name: secret(name) for name in re.findall(r"\$\{secret\.(\w+)\}", text)}


def quick(text):
    """The same configuration with the test's addresses, and minutes that pass quickly."""
    text = re.sub(r"^(    wait: )(\d+) minutes?$",
                  lambda m: f"{m[1]}{int(m[2]) * 400 * SLOW} milliseconds", text, flags=re.M)
    assert not re.search(r"^ *wait: .*(minute|hour|day)", text, re.M), "a wait that is not quick"
    text = re.sub(r"(absent: .*, for: )(\d+) minutes?",
                  lambda m: f"{m[1]}{int(m[2]) * 100 * SLOW} milliseconds", text)
    text = re.sub(r"(timer\.for: \{ at_least: )\d+ hours", r"\g<1>1 millisecond", text)
    return text.replace("  awork: {", '  awork: { url: "@AWORK@",') + OWN


def check(file, secrets):
    with tempfile.TemporaryDirectory() as folder:
        for name, value in secrets.items():
            (pathlib.Path(folder) / name).write_text(value + "\n")
        r = subprocess.run([CLOCKWIRE, "check", str(file), "--secrets", folder],
                           capture_output=True, text=True, timeout=30 * SLOW)
    assert r.returncode == 0 and "0 warnings" in r.stdout, r.stdout + r.stderr


def play(file):
    """Plays the file's own tests, if it has any; returns whether it has."""
    if "\ntests:\n" not in file.read_text():
        return False
    r = subprocess.run([CLOCKWIRE, "test", "--coverage", str(file)],
                       capture_output=True, text=True, timeout=30 * SLOW)
    seen = re.search(r"(\d+) of (\d+) rules matched", r.stdout)
    assert r.returncode == 0 and seen and seen[1] == seen[2], r.stdout + r.stderr
    return True


def lines(file):
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield f"{file.name}:{number}", line.split(None, 2)


class Replay:
    def __init__(self, sim, b, chat):
        self.sim, self.b, self.config, self.seen = sim, b, b.config, len(sim.log())
        self.chat, self.heard = chat, 0

    def acts(self):
        """What was done since the last time, by person: (effect, body)."""
        log = self.sim.log()
        new, self.seen = log[self.seen:], len(log)
        done = {name: [] for name in PEOPLE}
        for x in new:
            if x["effect"] in EFFECTS:
                name = next(n for n, i in PEOPLE.items() if i == x["user"])
                done[name].append((x["effect"], x["body"]))
        heard, self.heard = self.chat.got[self.heard:], len(self.chat.got)
        for _, path, _, body in heard:
            done[path[1:]].append(("told", body))
        return done

    def by_hand(self, name, key):
        import http.client
        c = http.client.HTTPConnection("127.0.0.1", self.sim.port, timeout=20)
        c.request("POST", f"/api/v1/users/{PEOPLE[name]}/timetracking/start", json.dumps(
            {"taskId": KEYS[key], "typeOfWorkId": SEED["typesOfWork"][0]["id"], "timezone": "UTC"}),
            {"Content-Type": "application/json", "Authorization": "Bearer sim-api-key"})
        status = c.getresponse().status
        c.close()
        assert status == 200, status
        assert [x[0] for x in self.acts()[name]] == ["started"]

    def runs(self):
        return [r for e in self.b.events() for r in e["runs"]]

    def send(self, source, file):
        r = self.b.command("send", source, str(BOOK / "events" / file))
        assert r.returncode == 0 and r.stdout.startswith("20"), (r.stdout, r.stderr)

    def silence(self):
        """Nobody says anything until an `absent` is complete."""
        def told():
            return sum(e["source"] == "clock" and e["type"] == "absent" for e in self.b.events())
        before = told()
        assert until(lambda: told() > before, 20), self.b.pending("all")

    def tick(self, hhmm):
        """The schedules of that time come: their time is now, and the daemon has seen them before."""
        zone = zoneinfo.ZoneInfo(re.search(r"^timezone: (\S+)", self.config, re.M)[1])
        while datetime.datetime.now(zone).second > 55:
            time.sleep(1)
        now = datetime.datetime.now(zone).replace(second=0, microsecond=0)
        self.b.config, n = re.subn(r"every: \S+ " + hhmm, f"every: mon-sun {now:%H:%M}", self.config)
        assert n, f"no schedule has the time {hhmm}"
        self.b.write("")
        for handled in (None, int(now.timestamp() * 1000) - 1):
            self.b.stop()
            if handled:
                db = sqlite3.connect(self.b.folder / "journal.db")
                db.execute("UPDATE setting SET value = ? WHERE name = 'ticks_handled'", (handled,))
                db.commit()
                db.close()
            self.b.start()
        assert until(lambda: any(e["type"] == "tick" for e in self.b.events()))

    def settle(self):
        def over():
            return not any(r["state"] in ("waiting", "acting") for r in self.runs())
        assert until(over, 30), self.runs()

    def waits(self, people):
        def waiting():
            return sorted(r["person"] for r in self.runs() if r["state"] == "waiting")
        assert until(lambda: waiting() == people, 1), (waiting(), people)
        assert not any(self.acts().values()), "something was done before the wait was over"

    def expect(self, text):
        if text.startswith("waits:"):
            return self.waits(sorted(x.strip() for x in text[6:].split(",")))
        self.settle()
        acts = self.acts()
        if text == "nothing":
            text = "; ".join(f"{name}: nothing" for name in PEOPLE)
        for part in text.split(";"):
            name, what = part.strip().split(":")
            self.compare(acts[name], what.split())

    @staticmethod
    def compare(acts, words):
        got = [x[0] for x in acts]
        want = [w for w in words if w in ACTS]
        assert want or words == ["nothing"], words
        assert got == want, (acts, words)
        for i, word in enumerate(words):
            if word in KEYS:
                assert words[i - 1] == "started"
                body = acts[sum(w in ACTS for w in words[:i]) - 1][1]
                body = json.loads(body) if isinstance(body, str) else body
                assert KEYS[word] in (body.get("taskId"), body.get("projectId")), (word, body)
            else:
                assert word in ACTS or words == ["nothing"], f"what is {word}?"


@contextlib.contextmanager
def chatting():
    chat = Chat()
    try:
        yield chat
    finally:
        chat.end()


def replay(name):
    text = (BOOK / f"{name}.yaml").read_text()
    steps = list(lines(BOOK / f"{name}.events"))
    assert any("nothing" not in s[1][2] for s in steps), "no event of this file does anything"
    with chatting() as chat, \
            world(rules="", config=quick(text), secrets=secrets_of(text, chat.url)) as (sim, b):
        r = Replay(sim, b, chat)
        for place, (source, file, expected) in steps:
            try:
                if source == "timer":
                    r.by_hand(file, expected.strip())
                    continue
                if source != "clock":
                    r.send(source, file)
                elif file == "silence":
                    r.silence()
                else:
                    r.tick(file)
                r.expect(expected.strip())
            except AssertionError as e:
                raise AssertionError(f"{place}: {source} {file}: {expected}: {e}") from e


def main():
    failed, used, begun = 0, set(), sys.argv[1:]
    names = begun or sorted(f.stem for f in BOOK.glob("*.yaml"))
    readme = (BOOK / "README.md").read_text()
    for name in names:
        try:
            check(BOOK / f"{name}.yaml", secrets_of((BOOK / f"{name}.yaml").read_text()))
            played = play(BOOK / f"{name}.yaml")
            assert f"({name}.yaml)" in readme, "README.md does not list it"
            if (BOOK / f"{name}.events").exists():
                used |= {s[1] for _, s in lines(BOOK / f"{name}.events")}
                replay(name)
            else:
                assert played, "it has neither tests nor events"
            print(f"ok      {name}", flush=True)
        except Exception as e:  # the others run, whatever became of this one
            print(f"FAILED  {name}: {e}", flush=True)
            failed += 1
    used -= {"silence"}
    unused = {f.name for f in (BOOK / "events").iterdir()} - used
    if unused and not begun:
        print("FAILED  no file uses", *sorted(unused))
        failed += 1
    sys.exit(1 if failed else 0)


main()
