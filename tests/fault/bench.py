"""What the fault tests stand on: the simulator, the daemon and a signed delivery, each in a few
lines. Everything listens on 127.0.0.1; a test kills only what it started, by its process id."""

import hashlib
import hmac
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECRET = "kill-test-secret-of-32-characters"
HOOK_KEY = "kill-test-hook-key-of-awork"
API_KEY = "kill-test-api-key"
TYPE = "7b000000-0000-4000-8000-000000000001"
PROJECT = "8c000000-0000-4000-8000-000000000001"
SANITIZED = bool(os.environ.get("CW_SANITIZE"))
PATIENCE = 4 if SANITIZED else 1  # sanitizers make everything slower


class Failure(Exception):
    pass


def binary(name, given=None):
    """The path of a program of the build, or the end of the test: 77, skipped."""
    path = given or os.path.join(os.environ.get("CW_BUILD", "build"), "bin", name)
    if not os.access(path, os.X_OK):
        print(f"skipped: {path} is not built")
        sys.exit(77)
    return os.path.abspath(path)


def free_port():
    """Below the ports that the kernel gives to clients: while the daemon is dead, a client that
    got its port by chance would connect to itself and keep it."""
    for _ in range(1000):
        with socket.socket() as s:
            port = random.randrange(20000, 32000)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port")


def person_id(n):
    return f"6a2c1d3e-0000-4000-8000-{n:012x}"


def seed_file(path, people):
    users = [{"id": person_id(i + 1), "firstName": f"P{i}", "lastName": "Kill",
              "email": f"p{i}@example.org"} for i in range(people)]
    users.append({"id": person_id(0xffff), "firstName": "clockwire", "apiUser": True})
    seed = {
        "workspace": {"id": person_id(0xfffe), "name": "Kill", "url": "kill"},
        "users": users,
        "tokens": [{"token": API_KEY, "userId": person_id(0xffff), "kind": "apikey"}],
        "typesOfWork": [{"id": TYPE, "name": "Development"}],
        "projects": [{"id": PROJECT, "name": "Kill", "key": "KILL"}],
        "tasks": [{"id": f"9d000000-0000-4000-8000-{n:012x}", "identifier": f"KILL-{n}",
                   "name": f"Task {n}", "projectId": PROJECT, "typeOfWorkId": TYPE}
                  for n in range(1, 101)],
    }
    with open(path, "w") as f:
        json.dump(seed, f)


def config_file(path, people, sim_url, port, journal, log_level="info", doubt_ms=1000, more=""):
    """Rules that start task 1 or 2 as the event says, with the event's number as the note. more:
    settings of target.awork."""
    users = "".join(
        f"  p{i}: {{ awork: {person_id(i + 1)}, aliases: [p{i}@example.org], "
        f"timezone: Europe/Berlin, type_of_work: Development }}\n" for i in range(people))
    rules = "".join(f"""
  - id: start-{n}
    when: {{ event: load.work, event.task: {n} }}
    user: ${{event.person}}
    expires: 1 day
    then: {{ start: {{ task: KILL-{n}, note: "${{event.person}} ${{event.n}}" }} }}
""" for n in (1, 2))
    text = f"""version: 1
server: {{ listen: "127.0.0.1:{port}" }}
journal: {{ store: "sqlite:{journal}" }}
log: {{ level: {log_level}, format: json }}
timezone: Europe/Berlin
sources:
  load:
    path: /hooks/load
    preset: generic
    verify:
      hmac: sha256
      header: X-Load-Signature
      prefix: "sha256="
      secret: ${{secret.load}}
    id: ${{header.X-Load-Id}}
    type: ${{body.type}}
    user: ${{body.person}}
  awork:
    path: /hooks/awork
    preset: awork
    verify: {{ header: X-Awork-Key, equals: "${{secret.awork_hook}}" }}
users:
{users}target:
  awork:
    url: {sim_url}
    token: ${{secret.awork_key}}
    rate_limit: [10000 per second, 1000000 per minute]
    retry: {{ base: 50 milliseconds, cap: 1 second, doubt_wait: {doubt_ms} milliseconds }}
{more}rules:{rules}
  - id: start-later
    when: load.later
    user: ${{event.person}}
    wait: 400 milliseconds
    expires: 1 day
    then: {{ start: {{ task: "KILL-${{event.task}}", note: "${{event.person}} later ${{event.n}}" }} }}
"""
    with open(path, "w") as f:
        f.write(text)


def secrets_folder(path):
    os.mkdir(path, 0o700)
    for name, value in (("load", SECRET), ("awork_key", API_KEY), ("awork_hook", HOOK_KEY)):
        fd = os.open(os.path.join(path, name), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, value.encode() + b"\n")
        os.close(fd)


class Sim:
    """awork-sim with its rate limits out of the way."""

    def __init__(self, program, seed, log):
        self.out = open(log, "w")
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--seed", seed, "--rate-second", "0",
             "--rate-minute", "0"], stdout=subprocess.PIPE, stderr=self.out, text=True)
        line = self.process.stdout.readline()
        if " listens on " not in line:
            raise Failure(f"awork-sim did not start: {line!r}, see {log}")
        self.url = line.split(" listens on ")[1].split()[0]
        self.port = int(self.url.split(":")[2].split("/")[0])
        self.seen = 0
        self.lines = []

    def ask(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request(method, path, json.dumps(body) if body is not None else None)
            answer = c.getresponse()
            data = answer.read()
            if answer.status != 200:
                raise Failure(f"{method} {path}: {answer.status} {data[:200]!r}")
            return data
        finally:
            c.close()

    def api(self, method, path, body):
        """As an admin of the workspace."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request(method, "/api/v1" + path, json.dumps(body),
                      {"Authorization": "Bearer " + API_KEY, "Content-Type": "application/json"})
            answer = c.getresponse()
            data = answer.read()
            if answer.status >= 300:
                raise Failure(f"{method} {path}: {answer.status} {data[:200]!r}")
            return json.loads(data) if data else None
        finally:
            c.close()

    def fault(self, match, fault, count, **more):
        self.ask("POST", "/_sim/faults", {"match": match, "fault": fault, "count": count, **more})

    def log(self):
        """All requests so far, in the order of their arrival."""
        for line in self.ask("GET", f"/_sim/log?after={self.seen}").splitlines():
            self.lines.append(json.loads(line))
            self.seen = self.lines[-1]["n"]
        return self.lines

    def close(self):
        """It ends with 70 when something did not hold that must hold at any time."""
        self.process.terminate()
        code = self.process.wait(20)
        self.process.stdout.close()
        self.out.close()
        if code != 0:
            sys.exit(f"awork-sim ended with {code}, see its log")


class Daemon:
    def __init__(self, program, config, secrets, log):
        self.program, self.config, self.secrets, self.log = program, config, secrets, log
        self.process = None

    def start(self, **environment):
        with open(self.log, "a") as out:
            self.process = subprocess.Popen(
                [self.program, "run", "-c", self.config, "--secrets", self.secrets],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, **environment})

    def ended(self):
        return self.process.poll()

    def wait_ready(self, port, seconds=10):
        """Until the listener accepts. Returns the milliseconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds * PATIENCE:
            if self.process.poll() is not None:
                raise Failure(f"the daemon ended by itself with {self.process.returncode}\n"
                              + self.tail())
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return (time.monotonic() - began) * 1000
            except OSError:
                time.sleep(0.005)
        raise Failure("the daemon does not listen\n" + self.tail())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=10):
        """SIGTERM. Returns (exit code, seconds)."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"SIGTERM was not obeyed within {seconds} s\n" + self.tail()) from None
        return self.process.returncode, time.monotonic() - began

    def tail(self, lines=30):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-lines:])


def post(port, delivery, event, timeout=5, path="/hooks/load", secret=SECRET):
    """One signed delivery on a connection of its own. Returns the status."""
    body = json.dumps(event).encode()
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request("POST", path, body, {"Content-Type": "application/json",
                                       "X-Load-Id": delivery, "X-Load-Signature": "sha256=" + mac})
        answer = c.getresponse()
        answer.read()
        return answer.status
    finally:
        c.close()


class Room:
    """A folder for one test, kept when it fails."""

    def __init__(self, prefix):
        self.path = tempfile.mkdtemp(prefix=prefix)

    def file(self, name):
        return os.path.join(self.path, name)

    def leave(self, good):
        if good:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"what was left behind is in {self.path}")
