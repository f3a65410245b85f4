#!/usr/bin/env python3
"""The storm: events of several people, random faults at awork, kill -9, SIGTERM and SIGHUP of the
bridge at random moments. Then the weather clears, the journal drains, and a model says what each
call must have done: exactly that happened, in that order, each request has its attempt, and
nobody hammered an awork that asked for peace."""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from bench import (API_KEY, PROJECT, SECRET, TYPE, Daemon, Failure, PATIENCE, Room, SANITIZED, Sim,
                   binary, free_port, person_id, post)

PEOPLE = 6
OWN = 3  # so many have a token of their own
RATE = 40  # requests per second that the bridge may make
TIMEOUT_MS = 400 * PATIENCE
DOUBT_MS = 1000 * PATIENCE
# A request that lands later than timeout and doubt together could not be told from a lost one.
LATEST_MS = 600
EFFECTS = ("started", "stopped", "paused", "resumed")
OVER = ("done", "failed", "cancelled", "replaced", "refused")
NOTE = 'note: "${event.person} ${event.n}"'

# Rule: (event, facts, steps). `start N` starts task N with the number of the event as its note.
RULES = {
    "start-1": ("x_start_1", {}, ["start 1"]),
    "start-2": ("x_start_2", {}, ["start 2"]),
    "stop": ("x_stop", {}, ["stop"]),
    "stop-if": ("x_stop_if", {"timer": "running"}, ["stop"]),
    "pause": ("x_pause", {}, ["pause"]),
    "pause-if": ("x_pause_if", {"timer": "running", "started_by": "start-1"}, ["pause", "log"]),
    "resume": ("x_resume", {}, ["resume"]),
    "resume-if": ("x_resume_if", {"timer": "paused", "paused_by": "pause-if"}, ["resume"]),
    "two": ("x_two", {}, ["stop", "start 3"]),
    "poison": ("x_poison", {}, ["start 404", "stop"]),
    "later": ("x_later", {}, ["start 4"]),
    "later-stop": ("x_later_stop", {"timer": "running"}, ["stop"]),
}
WAITS = {"later": "x_start_1", "later-stop": "x_start_2"}  # a wait, unless this event comes
# The preset knows words such as "resume" and makes its own of them; ours are other ones.
RULE_OF = {event: rule for rule, (event, _, _) in RULES.items()}


# ---- What the world is made of

def seed_file(path):
    users = [{"id": person_id(i + 1), "firstName": f"P{i}", "email": f"p{i}@example.org"}
             for i in range(PEOPLE)]
    users.append({"id": person_id(0xffff), "firstName": "clockwire", "apiUser": True})
    tokens = [{"token": API_KEY, "userId": person_id(0xffff), "kind": "apikey"}]
    tokens += [{"token": f"own-token-of-p{i}", "userId": person_id(i + 1), "kind": "oauth"}
               for i in range(OWN)]
    seed = {"workspace": {"id": person_id(0xfffe), "name": "Storm", "url": "storm"},
            "users": users, "tokens": tokens,
            "typesOfWork": [{"id": TYPE, "name": "Development"}],
            "projects": [{"id": PROJECT, "name": "Storm", "key": "STORM"}],
            "tasks": [{"id": f"9d000000-0000-4000-8000-{n:012x}", "identifier": f"STORM-{n}",
                       "name": f"Task {n}", "projectId": PROJECT, "typeOfWorkId": TYPE}
                      for n in range(1, 5)]}
    with open(path, "w") as f:
        json.dump(seed, f)


def secrets_folder(path):
    os.mkdir(path, 0o700)
    secrets = {"load": SECRET, "awork_key": API_KEY}
    secrets.update({f"own_{i}": f"own-token-of-p{i}" for i in range(OWN)})
    for name, value in secrets.items():
        fd = os.open(os.path.join(path, name), os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, value.encode() + b"\n")
        os.close(fd)


def rule_text(rule):
    event, facts, steps = RULES[rule]
    lines = [f"  - id: {rule}", f"    when: load.{event}", "    user: ${event.person}"]
    if facts:
        lines.append("    if: { %s }" % ", ".join(f"{k}: {v}" for k, v in facts.items()))
    if rule in WAITS:
        lines += ["    wait: 400 milliseconds", f"    unless: load.{WAITS[rule]}"]
    lines.append("    then:")
    for step in steps:
        verb, _, task = step.partition(" ")
        lines.append("      - log: said ${event.n}" if verb == "log" else f"      - {verb}"
                     if not task else f"      - start: {{ task: STORM-{task}, {NOTE} }}")
    return "\n".join(lines) + "\n"


def config_file(path, sim_url, port, journal, rate=RATE):
    users = "".join(
        f"  p{i}: {{ awork: {person_id(i + 1)}, aliases: [p{i}@example.org], "
        f"timezone: Europe/Berlin, type_of_work: Development"
        + (f', token: "${{secret.own_{i}}}"' if i < OWN else "") + " }\n" for i in range(PEOPLE))
    text = f"""version: 1
server: {{ listen: "127.0.0.1:{port}" }}
journal: {{ store: "sqlite:{journal}" }}
log: {{ level: debug, format: json }}
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
users:
{users}target:
  awork:
    url: {sim_url}
    token: ${{secret.awork_key}}
    rate_limit: [{rate} per second, 1000000 per minute]
    timeout: {TIMEOUT_MS} milliseconds
    retry: {{ base: 50 milliseconds, cap: 500 milliseconds, doubt_wait: {DOUBT_MS} milliseconds }}
rules:
"""
    with open(path + ".new", "w") as f:
        f.write(text + "".join(rule_text(rule) for rule in RULES))
    os.rename(path + ".new", path)


class Poster(threading.Thread):
    """One person's events, numbered, each sent until it is acknowledged; sometimes once more."""

    def __init__(self, i, port, seed, rate):
        super().__init__(daemon=True)
        self.i, self.name, self.port, self.rate = i, f"p{i}", port, rate
        self.random = random.Random(f"{seed}/{i}")
        self.acknowledged = []  # types, in order
        self.again = 0
        self.stopping = threading.Event()
        self.trouble = None

    def deliver(self, n, kind):
        event = {"type": kind, "person": f"{self.name}@example.org", "n": n}
        while True:
            try:
                status = post(self.port, f"{self.name}-{n}", event)
            except Exception as e:  # refused, cut off, half an answer: the bridge was killed
                status = type(e).__name__
            if isinstance(status, int) and 200 <= status < 300:
                return
            if isinstance(status, int) and status != 503:
                raise Failure(f"{self.name}-{n} was answered with {status}")
            self.again += 1
            time.sleep(self.random.uniform(0.01, 0.1))

    def choose(self, n):
        if self.random.random() < 0.4:
            return f"x_start_{1 + n % 2}"
        return "x_" + self.random.choice(["stop", "stop_if", "pause", "pause", "pause_if", "pause_if",
                                   "resume", "resume", "resume_if", "resume_if", "two", "poison",
                                   "later", "later", "later_stop"])

    def run(self):
        try:
            while not self.stopping.is_set():
                n = len(self.acknowledged) + 1
                kind = self.choose(n)
                self.deliver(n, kind)
                self.acknowledged.append(kind)
                if self.random.random() < 0.1:
                    old = self.random.randint(1, n)
                    self.deliver(old, self.acknowledged[old - 1])
                self.stopping.wait(self.random.uniform(0, 2 / self.rate))
        except Failure as e:
            self.trouble = str(e)


# ---- The model: what a call must do, given what all earlier ones of its person did

class Person:
    def __init__(self, has_token):
        self.has_token = has_token
        self.entry = None  # {task, note, state}
        self.ours = None  # what the bridge knows of it: {by, paused_by, memo}
        self.effects = []

    def is_active(self):
        return self.entry is not None and self.entry["state"] != "stopped"

    def has_pause(self):
        return self.entry is not None and self.entry["state"] == "stopped" and self.ours["memo"]

    def facts(self):
        timer = "paused" if self.has_pause() else self.entry["state"] if self.entry else "stopped"
        return {"timer": timer, "started_by": self.ours["by"] if timer != "stopped" else "",
                "paused_by": self.ours["paused_by"] if timer == "paused" else ""}

    def know(self, by, paused_by="", memo=False):
        self.ours = {"by": by, "paused_by": paused_by, "memo": memo}

    def begin(self, task, note, by):
        self.entry = {"task": task, "note": note, "state": "running"}
        self.effects.append(("started", note))
        self.know(by)
        return "done"

    def become(self, state, effect, **known):
        self.entry["state"] = state
        self.effects.append((effect, None))
        self.know(self.ours["by"], **known)
        return "done"

    def start(self, rule, task, note):
        if task == "404":
            return "dead"
        if self.entry and self.entry["state"] == "running" and self.entry["task"] == task:
            return "done"
        return self.begin(task, note, rule)

    def stop(self, rule, task, note):
        if self.is_active():
            return self.become("stopped", "stopped")
        if not self.has_pause():
            return "skipped"
        self.know(self.ours["by"])
        return "done"

    def pause(self, rule, task, note):
        if not self.entry or self.entry["state"] != "running":
            return "skipped"
        if self.has_token:
            return self.become("paused", "paused", paused_by=rule)
        return self.become("stopped", "stopped", paused_by=rule, memo=True)

    def resume(self, rule, task, note):
        if self.has_pause():
            return self.begin(self.entry["task"], self.entry["note"], self.ours["by"])
        if not self.entry or self.entry["state"] != "paused":
            return "skipped"
        return self.become("running", "resumed")

    def log(self, rule, task, note):
        return "done"

    def do(self, rule, step, note):
        """Returns: the state in which the call must end, and whether its run ends with it."""
        wanted = RULES[rule][1] if step == 0 else {}
        if any(self.facts().get(k) != v for k, v in wanted.items()):
            return "skipped", True
        verb, _, task = RULES[rule][2][step].partition(" ")
        state = getattr(self, verb)(rule, task, note)
        return state, state == "dead"


def expected(calls, has_token):
    """calls: of one person, in the order of the lane. Returns (effects, states)."""
    person, ended, steps, states = Person(has_token), set(), {}, []
    for call in calls:
        run = call["run"]
        step = steps[run] = steps.get(run, -1) + 1
        if run in ended or call["state"] == "cancelled":
            states.append("skipped" if run in ended else "cancelled")
            continue
        state, ends = person.do(call["rule"], step, call["note"])
        states.append(state)
        if ends:
            ended.add(run)
    return person.effects, states


# ---- The judge

def number_of(event):
    person, _, n = event["id"].rpartition("-")
    return person, int(n)


def judge_journal(posters, events):
    """Every acknowledged event once, in order, with its run."""
    wrong = []
    for p in posters:
        mine = [e for e in events if number_of(e)[0] == p.name]
        numbers = [number_of(e)[1] for e in mine]
        if numbers != list(range(1, len(p.acknowledged) + 1)):
            wrong.append(f"{p.name}: {len(p.acknowledged)} acknowledged, the journal has {numbers}")
            continue
        for e, kind in zip(mine, p.acknowledged):
            rules = [r["rule"] for r in e["runs"]]
            if e["type"] != kind or rules != [RULE_OF[kind]]:
                wrong.append(f"{e['id']}: {e['type']} {rules} instead of {kind}")
    return wrong


def judge_ends(events):
    wrong = []
    for e in events:
        wrong += [f"{e['id']}: its run is {r['state']}" for r in e["runs"]
                  if r["state"] not in OVER]
        for c in e["calls"]:
            if c["state"] == "cancelled" and c["rule"] in WAITS and not c["attempts"]:
                continue  # `unless` came before it had begun
            if c["state"] not in ("done", "skipped", "dead"):
                wrong.append(f"{e['id']}: its {c['action']} is {c['state']}")
            elif c["state"] != "done" and not c.get("reason"):
                wrong.append(f"{e['id']}: its {c['action']} is {c['state']} without a reason")
            wrong += [f"{e['id']}: an attempt without an end" for a in c["attempts"]
                      if "ended" not in a or not a.get("verdict")]
    return wrong


def calls_of(person, events):
    calls = []
    for e in events:
        name, n = number_of(e)
        if name == person:
            calls += [{**c, "n": n, "note": f"{name}@example.org {n}"} for c in e["calls"]]
    return sorted(calls, key=lambda c: c["call"])


def judge_effects(p, calls, log):
    wrong = []
    at_once = [c["n"] for c in calls if c["rule"] not in WAITS]
    if at_once != sorted(at_once):
        wrong.append(f"{p.name}: the lane is not in the order of the events: {at_once}")
    effects, states = expected(calls, p.i < OWN)
    for c, state in zip(calls, states):
        if c["state"] != state:
            wrong.append(f"{p.name} {c['n']}: {c['rule']}/{c['action']} is {c['state']} "
                         f"({c.get('reason', '')}), must be {state}")
    seen = [(x["effect"], x["body"]["note"] if x["effect"] == "started" else None)
            for x in log if x["user"] == person_id(p.i + 1) and x["effect"] in EFFECTS]
    for i in range(max(len(seen), len(effects))):
        if seen[i:i + 1] != effects[i:i + 1]:
            wrong.append(f"{p.name}: effect {i + 1} is {seen[i:i + 3]}, must be {effects[i:i + 3]}")
            break
    return wrong


def attempts_of(calls):
    return [(a, c) for c in calls for a in c["attempts"]]


def follow(attempts, log, person):
    """Reads the requests of a person along the attempts. An attempt may have been written and never
    sent, unless it acts and has an answer. Several readings are possible while attempts look alike.
    Returns: what is wrong, or ""."""
    def must(a):
        return a["status"] and a["request"].startswith("POST")

    places = {0}
    for x in log:
        request = f"{x['method']} {x['path'].removeprefix('/api/v1')}"
        if person not in request:
            continue
        after = set()
        for at in places:
            for i in range(at, len(attempts)):
                if attempts[i]["request"] == request and attempts[i].get("body") == x["body"]:
                    after.add(i + 1)
                if must(attempts[i]):
                    break
        if not after:
            return f"request {x['n']} {request} has no attempt of its own"
        places = after
    if all(any(must(a) for a in attempts[at:]) for at in places):
        return "an attempt has an answer, and its request was never heard"
    return ""


def judge_requests(p, calls, log):
    """One at a time, and each one that acts has the attempt that was written before it."""
    attempts = attempts_of(calls)
    wrong = [f"{p.name} {c['n']}: {b['request']} begins at {b['begun']}, the one before ends at "
             f"{a['ended']}" for (a, _), (b, c) in zip(attempts, attempts[1:])
             if b["begun"] < a["ended"]]
    person = person_id(p.i + 1)
    fault = follow([a for a, _ in attempts if person in a["request"]], log, person)
    return wrong + ([f"{p.name}: {fault}"] if fault else [])


def judge_rate(log, starts_ms):
    """Never more in any second than configured; a bridge that was started anew knows nothing of
    what its predecessor had sent."""
    times = sorted(x["at_ms"] for x in log if x["path"].startswith("/api/"))
    worst, first = 0, 0
    for i, t in enumerate(times):
        while times[first] <= t - 1000:
            first += 1
        lives = 1 + sum(t - 1500 <= s <= t for s in starts_ms)
        n = i - first + 1
        worst = max(worst, n)
        if n > RATE * 1.25 * lives:
            return worst, [f"{n} requests within a second, {lives} lives"]
    return worst, []


def judge_reigns(log, reigns):
    """While every answer is a refusal: few requests."""
    wrong, counts = [], []
    for fault, begin_ms, end_ms in reigns:
        n = sum(begin_ms <= x["at_ms"] <= end_ms and x["path"].startswith("/api/") for x in log)
        seconds = (end_ms - begin_ms) / 1000
        # What was in flight and, of a 503, what opens the breaker; then one probe at a time.
        most = PEOPLE + 6 + seconds
        counts.append(f"{n} in {seconds:.1f} s of {fault}")
        if n > most:
            wrong.append(f"{n} requests in {seconds:.1f} s of {fault}, at most {most:.0f} expected")
    return counts, wrong


def judge(posters, events, log, starts_ms, reigns):
    wrong = judge_journal(posters, events) + judge_ends(events)
    for p in posters:
        calls = calls_of(p.name, events)
        wrong += judge_effects(p, calls, log) + judge_requests(p, calls, log)
    worst, rate = judge_rate(log, starts_ms)
    counts, storm = judge_reigns(log, reigns)
    return wrong + rate + storm, worst, counts


# ---- The weather

FAULTS = [
    {"fault": "drop_before"}, {"fault": "drop_after"}, {"fault": "reset_before", "reused": True},
    {"fault": "reset_after", "reused": True}, {"fault": "truncate"}, {"fault": "garbage"},
    {"fault": 500}, {"fault": 502}, {"fault": 503}, {"fault": 504}, {"fault": 409},
    {"fault": 429, "arg": 1}, {"fault": "delay"}, {"fault": "delay_before"},
]
MATCHES = ["*", "GET *", "POST *", "POST *", "POST */start", "POST */stop", "POST */pause",
           "POST */resume", "*/last", "*/tasks/*"]


class Storm:
    def __init__(self, args, room):
        self.args, self.room = args, room
        self.random = random.Random(args.seed)
        self.port = free_port()
        seed_file(room.file("seed.json"))
        secrets_folder(room.file("secrets"))
        self.sim = Sim(args.sim, room.file("seed.json"), room.file("sim.log"))
        self.write_config()
        self.daemon = Daemon(args.clockwire, room.file("clockwire.yaml"), room.file("secrets"),
                             room.file("daemon.log"))
        self.posters = [Poster(i, self.port, args.seed, args.rate) for i in range(PEOPLE)]
        self.starts_ms, self.reigns = [], []
        self.did = {"kill": 0, "term": 0, "hup": 0, "faults": 0}

    def write_config(self, rate=RATE):
        config_file(self.room.file("clockwire.yaml"), self.sim.url, self.port,
                    self.room.file("storm.db"), rate)

    def start(self):
        self.starts_ms.append(time.time() * 1000)
        self.daemon.start()

    def fault(self):
        fault = dict(self.random.choice(FAULTS))
        count = self.random.randint(1, 3)
        if fault["fault"] in (503, 429) and self.random.random() < 0.3:
            count = self.random.randint(5, 10)
        if fault["fault"] == "delay":
            fault["arg"] = self.random.randint(10, 2 * TIMEOUT_MS)
        if fault["fault"] == "delay_before":
            fault["arg"] = self.random.randint(10, LATEST_MS)
        self.sim.fault(self.random.choice(MATCHES), count=count, **fault)
        self.did["faults"] += 1

    def clear(self):
        self.sim.ask("DELETE", "/_sim/faults")

    def reign(self, fault):
        """For a while nothing but this answer, and nobody ends the bridge."""
        self.clear()
        self.daemon.wait_ready(self.port)
        begin_ms = time.time() * 1000
        self.sim.fault("*", fault, 0, **({"arg": 1} if fault == 429 else {}))
        time.sleep(self.random.uniform(1.5, 2.5))
        self.reigns.append((fault, begin_ms, time.time() * 1000))
        self.clear()

    def disturb(self):
        what = self.random.choice(["kill", "kill", "kill", "term", "term", "hup", "hup"])
        self.did[what] += 1
        if self.daemon.ended() is not None:
            raise Failure(f"the bridge ended by itself with {self.daemon.ended()}\n"
                          + self.daemon.tail())
        if what == "hup":
            self.daemon.wait_ready(self.port)  # before main() begins, SIGHUP is the kernel's
            self.write_config(self.random.choice([RATE, RATE // 2]))
            self.daemon.process.send_signal(signal.SIGHUP)
            return
        if what == "kill":
            self.daemon.kill()
        else:
            code, _ = self.daemon.stop()
            if code != 0:
                raise Failure(f"after SIGTERM it ended with {code}\n" + self.daemon.tail())
        time.sleep(self.random.choice([0, 0, self.random.uniform(0, 0.5)]))
        self.start()
        if self.random.random() < 0.7:
            self.daemon.wait_ready(self.port)

    def cycle(self):
        for _ in range(self.random.randint(2, 9)):
            self.fault()
        time.sleep(self.random.uniform(0.05, 1.2 * PATIENCE))
        self.disturb()
        for p in self.posters:
            if p.trouble:
                raise Failure(p.trouble)

    def events(self):
        done = subprocess.run(
            [self.args.clockwire, "events", "--json", "--after", "0", "-c", self.daemon.config, "--secrets",
             self.daemon.secrets],
            capture_output=True, text=True, timeout=60 * PATIENCE, check=False)
        if done.returncode != 0:
            raise Failure(f"events: {done.stderr}\n" + self.daemon.tail(5))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def drain(self):
        self.clear()
        self.daemon.wait_ready(self.port)
        self.write_config()  # a reload may have halved the rate
        self.daemon.process.send_signal(signal.SIGHUP)
        for p in self.posters:
            p.stopping.set()
        for p in self.posters:
            p.join(30 * PATIENCE)
            if p.is_alive() or p.trouble:
                raise Failure(f"{p.name} does not end: {p.trouble}")
        seen, moved = -1, time.monotonic()
        while time.monotonic() - moved < 15 * PATIENCE:
            events = self.events()
            if not [r for e in events for r in e["runs"] if r["state"] in ("waiting", "acting")]:
                break
            if len(self.sim.log()) > seen:
                seen, moved = len(self.sim.lines), time.monotonic()
            time.sleep(0.3)
        time.sleep(1)  # what would come twice may come now
        self.sim.seen, self.sim.lines = 0, []  # a line is not final while its request is delayed
        return self.events()

    def figures(self, events, worst, counts, seconds):
        attempts = [a for e in events for c in e["calls"] for a in c["attempts"]]
        doubts = sum(a["verdict"] == "lost" for a in attempts)
        print(f"{len(events)} events acknowledged, {sum(p.again for p in self.posters)} sent again, "
              f"{sum(len(e['calls']) for e in events)} calls, {len(attempts)} attempts ({doubts} "
              f"lost), {self.did['faults']} faults ordered, {self.did['kill']} kills, "
              f"{self.did['term']} SIGTERM, {self.did['hup']} SIGHUP; at most {worst} requests "
              f"within a second; {', '.join(counts)}; {seconds:.0f} s in all")

    def run(self):
        began = time.monotonic()
        self.start()
        for p in self.posters:
            p.start()
        reigns, n = [429, 503], 0
        while (n < self.args.cycles if self.args.cycles else
               time.monotonic() - began < self.args.seconds):
            self.cycle()
            n += 1
            if n % 4 == 0 and (self.args.cycles or reigns):
                self.reign(reigns[0])
                reigns = reigns[1:] or ([] if not self.args.cycles else [429, 503])
        events, log = self.drain(), self.sim.log()
        with open(self.room.file("events.json"), "w") as f:
            f.writelines(json.dumps(e) + "\n" for e in events)
        with open(self.room.file("requests.json"), "w") as f:
            f.writelines(json.dumps(x) + "\n" for x in log)
        wrong, worst, counts = judge(self.posters, events, log, self.starts_ms, self.reigns)
        self.figures(events, worst, counts, time.monotonic() - began)
        code, _ = self.daemon.stop()
        with open(self.daemon.log, errors="replace") as f:
            text = f.read()
        wrong += [f"the log shows {s}" for s in (SECRET, API_KEY, "own-token-of") if s in text]
        if code != 0:
            wrong.append(f"after SIGTERM it ended with {code}")
        for line in wrong[:20]:
            print(line)
        if wrong:
            raise Failure(f"{len(wrong)} faults, seed {self.args.seed}")

    def end(self):
        for p in self.posters:
            p.stopping.set()
        if self.daemon.process and self.daemon.ended() is None:
            self.daemon.kill()
        self.sim.close()


def self_test():
    """The judge itself must see what is wrong."""
    def call(n, rule, action, state="done", reason=""):
        return {"call": n, "run": n, "n": n, "note": f"p0@example.org {n}", "rule": rule,
                "action": action, "state": state, "reason": reason, "attempts": []}

    def act(effect, n=None):
        return {"user": person_id(1), "effect": effect, "body": {"note": f"p0@example.org {n}"}}
    poster = Poster(0, 0, 0, 1)
    calls = [call(1, "start-1", "start"), call(2, "stop", "stop"), call(3, "start-2", "start")]
    good = [act("started", 1), act("stopped"), act("started", 3)]
    cases = [(good, ""), (good[:2], "effect 3"), (good + good[2:], "effect 4"),
             ([good[0], good[2], good[1]], "effect 2"), (good + [act("stopped")], "effect 4")]
    for log, want in cases:
        wrong = judge_effects(poster, calls, log)
        if (want == "") != (not wrong) or want not in " ".join(wrong):
            raise Failure(f"the judge says {wrong}, {want!r} expected")
    a = {"request": f"POST /users/{person_id(1)}/timetracking/stop", "body": {}, "status": 200,
         "begun": "1", "ended": "2", "verdict": "done"}
    x = {"n": 1, "method": "POST", "path": f"/api/v1/users/{person_id(1)}/timetracking/stop",
         "body": {}}
    for attempts, log, want in (([a], [x], ""), ([a], [x, x], "no attempt"), ([], [x], "no attempt"),
                                ([a], [], "never heard"), ([a, a], [x, x], "begins at"),
                                ([{**a, "status": 0, "ended": "1"}, a], [x], "")):
        wrong = judge_requests(poster, [{**calls[1], "attempts": attempts}], log)
        if (want == "") != (not wrong) or want not in " ".join(wrong):
            raise Failure(f"the judge says {wrong}, {want!r} expected")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--seed", type=int, default=int(os.environ.get("CW_STORM_SEED", 7)))
    p.add_argument("--seconds", type=float, default=float(os.environ.get("CW_STORM_SECONDS", 12)),
                   help="of bad weather; the drain comes after it")
    p.add_argument("--cycles", type=int, default=0, help="instead of --seconds")
    p.add_argument("--rate", type=float, default=1.5 if SANITIZED else 3,
                   help="events per second and person")
    p.add_argument("--clockwire", help="the binary; default: of the build")
    p.add_argument("--sim", help="awork-sim; default: of the build")
    args = p.parse_args()
    args.clockwire = binary("clockwire", args.clockwire)
    args.sim = binary("awork-sim", args.sim)
    return args


def main():
    args = arguments()
    print(f"seed {args.seed} (--seed)", flush=True)
    room = Room("clockwire-storm-")
    storm, good = None, False
    try:
        self_test()
        storm = Storm(args, room)
        storm.run()
        good = True
    except Failure as e:
        print(f"FAILED: {e}")
    finally:
        if storm:
            storm.end()
        room.leave(good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
