"""Starts awork-sim and the bridge in a folder of their own, for the end-to-end tests.

Python's standard library only. Everything binds 127.0.0.1 and ends with the `with` block."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(os.environ.get("CW_ROOT", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("CW_BUILD", ROOT / "build"))
CLOCKWIRE = str(BUILD / "bin" / "clockwire")
SIM = str(BUILD / "bin" / "awork-sim")
ADA = "6a2c1d3e-0000-4000-8000-000000000001"
GRACE = "6a2c1d3e-0000-4000-8000-000000000002"
# Sanitizers make everything slower; waits stretch, limits of time do not shrink.
SLOW = 4 if os.environ.get("CW_SANITIZE") else 1

CONFIG = """
version: 1
timezone: Europe/Berlin
sources:
  github: { path: /hooks/github, preset: github, verify: { secret: "${secret.github}" } }
  calendar: { path: /hooks/calendar, preset: calcom, verify: { secret: "${secret.calendar}" } }
  desktop: { path: /hooks/desktop, preset: generic, verify: { bearer: "${secret.desktop}" } }
users:
  ada:
    awork: 6a2c1d3e-0000-4000-8000-000000000001
    aliases: [ada@example.org, "github:ada-l", "desktop:ada"]
    token: ${secret.awork_ada}
    type_of_work: Development
  grace:
    awork: 6a2c1d3e-0000-4000-8000-000000000002
    aliases: [grace@example.org, "github:ghopper", "desktop:grace"]
    type_of_work: Development
target:
  awork:
    url: @AWORK@
    token: ${secret.awork_key}
    rate_limit: [100000 per second]
    retry: { base: 100 milliseconds, cap: 1 second, doubt_wait: 300 milliseconds }
server: { listen: "127.0.0.1:@PORT@", limits: { body: 64 KiB } }
journal: { store: "sqlite:journal.db" }
log: { format: json, level: debug }
rules:
"""

RULES = """
  - id: track-branch
    when: github.push
    if: { event.ref: { matches: '^refs/heads/feat/(?<task>[A-Z]{2,}-\\d+)' } }
    then:
      - start: { task: "${match.task}", note: "${event.head_commit.message | first_line}" }
      - log: ${user.name} on ${match.task}
  - id: stop-after-meeting
    when: calendar.meeting_ended
    user: ${event.attendees}
    if: { timer: running }
    wait: 1 second
    unless: calendar.meeting_started
    then: stop
  - id: pause-when-idle
    when: desktop.idle
    if: { timer: running }
    then: pause
  - id: resume-on-return
    when: desktop.active
    if: { timer: paused, paused_by: pause-when-idle }
    then: resume
"""

SECRETS = {
    "github": "github-secret-0123456789",
    "calendar": "calendar-secret-0123456789",
    "desktop": "desktop-secret-0123456789",
    "awork_key": "sim-api-key",
    "awork_ada": "sim-token-ada",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(what, seconds=10.0, every=0.02):
    """Calls `what` until it is true; returns its value, or the last one when time is over."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


class Sim:
    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [SIM, "--listen", "127.0.0.1:0", "--seed", str(ROOT / "tests/sim/seed.json"),
             "--rate-second", "0", "--rate-minute", "0", *options],
            stdout=subprocess.PIPE, stderr=open(folder / "sim.log", "wb"), text=True)
        line = self.process.stdout.readline()
        assert "listens on " in line, line
        self.url = line.split("listens on ")[1].strip()
        self.port = int(self.url.split(":")[2].split("/")[0])

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, path, json.dumps(body) if body is not None else None)
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, text

    def log(self, **match):
        lines = [json.loads(x) for x in self.ask("GET", "/_sim/log")[1].splitlines()]
        return [x for x in lines if all(x.get(k) == v for k, v in match.items())]

    def acts(self, user=None):
        """What changed, in order: started, stopped, paused, resumed."""
        return [x["effect"] for x in self.log()
                if x["effect"] in ("started", "stopped", "paused", "resumed")
                and user in (None, x["user"])]

    def fault(self, **fault):
        status, text = self.ask("POST", "/_sim/faults", fault)
        assert status < 300, text

    def end(self):
        self.process.terminate()
        code = self.process.wait(10)
        self.process.stdout.close()
        assert code == 0, f"awork-sim ended with {code}"


class Bridge:
    def __init__(self, folder, awork, rules=RULES, config=CONFIG, secrets=SECRETS):
        self.folder = folder
        self.port = free_port()
        self.secrets = folder / "secrets"
        self.secrets.mkdir(exist_ok=True)
        for name, value in secrets.items():
            (self.secrets / name).write_text(value + "\n")
        self.file = folder / "clockwire.yaml"
        self.awork = awork
        self.config = config
        self.write(rules)
        self.process = None

    def write(self, rules):
        text = self.config.replace("@AWORK@", self.awork).replace("@PORT@", str(self.port))
        self.file.write_text(text + rules)

    def start(self, wait=True):
        self.out = open(self.folder / "bridge.log", "ab")
        self.process = subprocess.Popen(
            [CLOCKWIRE, "run", "-c", str(self.file), "--secrets", str(self.secrets)],
            stderr=self.out, stdout=self.out)
        if wait:
            ok = until(lambda: self.command("health").returncode == 0 or self.process.poll() is not None)
            assert ok and self.process.poll() is None, self.log_text()

    def stop(self, how=signal.SIGTERM, seconds=15):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(seconds * SLOW) if self.process else None
        self.out.close()
        return code

    def log_text(self):
        return (self.folder / "bridge.log").read_text(errors="replace")

    def log(self, msg=None):
        lines = []
        for line in self.log_text().splitlines():
            with contextlib.suppress(ValueError):
                o = json.loads(line)
                if msg in (None, o.get("msg")):
                    lines.append(o)
        return lines

    def command(self, *words, **more):
        return subprocess.run([CLOCKWIRE, *words, "-c", str(self.file), "--secrets", str(self.secrets)],
                              capture_output=True, text=True, timeout=30 * SLOW, **more)

    def events(self):
        return [json.loads(x) for x in self.command("events", "--json", "--after", "0").stdout.splitlines()]

    def pending(self, kind="run", *words):
        """What waits, of one kind (or "all"), by time."""
        lines = [json.loads(x) for x in self.command("pending", "--json", *words).stdout.splitlines()]
        return [x for x in lines if kind == "all" or x.get("kind") == kind]

    def metrics(self):
        c = Unix(str(self.folder / "clockwire.sock"))
        c.request("GET", "/metrics", headers={"Host": "localhost"})
        text = c.getresponse().read().decode()
        c.close()
        return {k: float(v) for k, v in (x.rsplit(" ", 1) for x in text.splitlines() if x[0] != "#")}

    def post(self, path, body=b"", headers=None, method="POST"):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, dict(r.getheaders()), r.read()
        finally:
            c.close()

    def push(self, body, delivery="d-1", secret=SECRETS["github"], event="push",
             path="/hooks/github"):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.post(path, body, {
            "Content-Type": "application/json", "X-GitHub-Event": event,
            "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": "sha256=" + sign})[0]

    def branch(self, task, login="ada-l", note="first", delivery=None, n=0):
        return self.push({"ref": f"refs/heads/feat/{task}-x", "sender": {"login": login}, "n": n,
                          "head_commit": {"message": note}}, delivery or f"{login}-{task}-{note[:8]}-{n}")

    def desktop(self, event, user="ada", ident=None):
        body = json.dumps({"id": ident or f"{event}-{user}-{time.monotonic_ns()}", "event": event,
                           "user": user, "at": "2026-03-02T12:00:00Z"}).encode()
        return self.post("/hooks/desktop", body, {"Content-Type": "application/json",
                         "Authorization": "Bearer " + SECRETS["desktop"]})[0]

    def calendar(self, trigger, uid, email="ada@example.org"):
        body = json.dumps({"triggerEvent": trigger, "uid": uid, "title": "Stand-up",
                           "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:15:00Z",
                           "userPrimaryEmail": email, "user": {"email": email},
                           "attendees": []}).encode()
        sign = hmac.new(SECRETS["calendar"].encode(), body, hashlib.sha256).hexdigest()
        return self.post("/hooks/calendar", body, {"Content-Type": "application/json",
                         "X-Cal-Signature-256": sign})[0]


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


@contextlib.contextmanager
def world(start=True, sim=(), **how):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clockwire-test."))
    sim = Sim(folder, *sim)
    bridge = Bridge(folder, sim.url, **how)
    try:
        if start:
            bridge.start()
        yield sim, bridge
    except BaseException:
        print(bridge.log_text()[-6000:] if (folder / "bridge.log").exists() else "no log")
        raise
    finally:
        if bridge.process:
            bridge.stop()
        sim.end()
        shutil.rmtree(folder, ignore_errors=True)


TESTS = []


def test(fn):
    TESTS.append(fn)
    return fn


def main():
    import sys
    failed = 0
    for fn in TESTS:
        if len(sys.argv) > 1 and fn.__name__ not in sys.argv[1:]:
            continue
        begun = time.monotonic()
        try:
            fn()
            print(f"ok      {fn.__name__}  {time.monotonic() - begun:.1f} s", flush=True)
        except Exception as e:  # every test runs, whatever became of the one before
            import traceback
            traceback.print_exc()
            print(f"FAILED  {fn.__name__}: {e}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)
