#!/usr/bin/env python3
"""The kill test: kill -9 at random moments under load, also while it recovers, and then: every
acknowledged event's call has arrived, each person's in order, and nothing was started twice.

Each person has one poster that numbers its events 1, 2, 3 and goes on only after a 2xx; after a
broken connection it sends the same delivery again. Starts alternate between two tasks, since a
start of what already runs does nothing and would hide a double."""

import argparse
import os
import random
import sqlite3
import sys
import threading
import time

from bench import (Daemon, Failure, PATIENCE, Room, SANITIZED, Sim, binary, config_file, free_port,
                   post, secrets_folder, seed_file)


class Poster(threading.Thread):
    def __init__(self, name, port, rate, seed, kind):
        super().__init__(daemon=True)
        self.person, self.port, self.rate, self.kind = name, port, rate, kind
        self.random = random.Random(f"{seed}/{name}")
        self.acknowledged = []
        self.again = 0
        self.statuses = {}
        self.stopping = threading.Event()
        self.trouble = None

    def deliver(self, n):
        """Until it is acknowledged: a broken connection and a 503 mean the same delivery again."""
        event = {"type": self.kind, "person": f"{self.person}@example.org", "n": n,
                 "task": 1 + n % (2 if self.kind == "work" else 97)}
        while True:
            try:
                status = post(self.port, f"{self.person}-{n}", event)
            except (OSError, ValueError, EOFError) as e:
                status = type(e).__name__
            except Exception as e:  # http.client's own: an answer cut off in the middle
                status = type(e).__name__
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if isinstance(status, int) and 200 <= status < 300:
                return
            if isinstance(status, int) and status != 503:
                raise Failure(f"{self.person}-{n} was answered with {status}")
            self.again += 1
            time.sleep(self.random.uniform(0.01, 0.05))

    def run(self):
        n = 0
        try:
            while not self.stopping.is_set():
                n += 1
                self.deliver(n)
                self.acknowledged.append(n)
                time.sleep(self.random.uniform(0, 2 / self.rate))
        except Failure as e:
            self.trouble = str(e)


def verify(acknowledged, log):
    """What is wrong, as lines. acknowledged: person → numbers in order of their 2xx."""
    started = {}
    wrong = []
    for line in log:
        if line.get("effect") == "started" and " later " not in line["body"]["note"]:
            person, n = line["body"]["note"].split()
            started.setdefault(person.split("@")[0], []).append((int(n), line["n"]))
    for person, numbers in acknowledged.items():
        seen, last = {}, 0
        for n, at in started.get(person, []):
            if n in seen:
                wrong.append(f"{person} {n}: started twice (requests {seen[n]} and {at})")
            elif n < last:
                wrong.append(f"{person} {n}: started after {last} (request {at})")
            seen.setdefault(n, at)
            last = max(last, n)
        wrong += [f"{person} {n}: acknowledged and never started"
                  for n in numbers if n not in seen]
        wrong += [f"{person} {n}: started and never acknowledged"
                  for n in sorted(set(seen) - set(numbers))]
    return wrong


def verify_later(person, numbers, log):
    """A waiting rule: each newer event replaces the one that waits; the last one must act. Its
    events take many tasks in turn, since those that act are not every second one."""
    notes = [int(line["body"]["note"].split()[2]) for line in log
             if line.get("effect") == "started" and f"{person}@" in line["body"]["note"]]
    wrong = [f"{person} later {n}: started twice" for n in set(notes) if notes.count(n) > 1]
    if numbers and numbers[-1] not in notes:
        wrong.append(f"{person} later {numbers[-1]}: its wait did not survive")
    return wrong


def self_test():
    """The judge itself: it must see each kind of fault."""
    def log(*numbers):
        return [{"n": i + 1, "effect": "started", "body": {"note": f"p0@example.org {n}"}}
                for i, n in enumerate(numbers)]
    cases = [((1, 2, 3), ""), ((1, 3), "never started"), ((1, 2, 2, 3), "twice"),
             ((1, 3, 2), "started after 3"), ((1, 2, 3, 4), "never acknowledged"),
             ((1, 2, 3, 1), "twice")]
    for numbers, expected in cases:
        wrong = verify({"p0": [1, 2, 3]}, log(*numbers))
        if (expected == "") != (wrong == []) or expected not in " ".join(wrong):
            raise Failure(f"the judge says {wrong} of {numbers}")


class Test:
    def __init__(self, args, room):
        self.args, self.room = args, room
        self.random = random.Random(args.seed)
        self.port = free_port()
        seed_file(room.file("seed.json"), args.people + 1)
        secrets_folder(room.file("secrets"))
        self.sim = Sim(args.sim, room.file("seed.json"), room.file("sim.log"))
        self.journal = room.file("clockwire.db")
        config_file(room.file("clockwire.yaml"), args.people + 1, self.sim.url, self.port,
                    self.journal)
        self.daemon = Daemon(args.clockwire, room.file("clockwire.yaml"), room.file("secrets"),
                             room.file("daemon.log"))
        self.posters = [Poster(f"p{i}", self.port, args.rate, args.seed, "work")
                        for i in range(args.people)]
        self.later = Poster(f"p{args.people}", self.port, args.rate / 4, args.seed, "later")
        self.ready_ms = []
        self.early = 0

    def all_posters(self):
        return [*self.posters, self.later]

    def cycle(self):
        self.daemon.start()
        if self.random.random() < 0.25:  # at any moment of start and recovery
            self.early += 1
            time.sleep(self.random.uniform(0, 0.12 * PATIENCE))
        else:
            self.ready_ms.append(self.daemon.wait_ready(self.port))
            if self.random.random() < self.args.faults:
                self.sim.fault("POST */timetracking/start", self.random.choice(
                    ["drop_after", "drop_before", "500", "truncate"]), self.random.randint(1, 2))
            time.sleep(self.random.uniform(0.02, self.args.cycle))
        if self.daemon.ended() is not None:
            raise Failure(f"the daemon ended by itself with {self.daemon.ended()}\n"
                          + self.daemon.tail())
        self.daemon.kill()
        for poster in self.all_posters():
            if poster.trouble:
                raise Failure(poster.trouble)

    def drain(self):
        """The last start: until everything acknowledged has arrived or nothing moves for long."""
        self.daemon.start()
        self.ready_ms.append(self.daemon.wait_ready(self.port))
        for poster in self.all_posters():
            poster.stopping.set()
        for poster in self.all_posters():
            poster.join(30 * PATIENCE)
            if poster.is_alive() or poster.trouble:
                raise Failure(f"{poster.person} does not end: {poster.trouble or poster.statuses}")
        seen, moved = 0, time.monotonic()
        while self.wrong() and time.monotonic() - moved < 20 * PATIENCE:
            if self.daemon.ended() is not None:
                raise Failure("the daemon ended by itself\n" + self.daemon.tail())
            if len(self.sim.lines) > seen:
                seen, moved = len(self.sim.lines), time.monotonic()
            time.sleep(0.2)
        time.sleep(1.5)  # what would come twice may come now

    def wrong(self):
        log = self.sim.log()
        return (verify({p.person: p.acknowledged for p in self.posters}, log)
                + verify_later(self.later.person, self.later.acknowledged, log))

    def stop(self):
        code, seconds = self.daemon.stop()
        if code != 0:
            raise Failure(f"after SIGTERM it ended with {code}\n" + self.daemon.tail())
        db = sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        db.close()
        if verdict != "ok":
            raise Failure(f"integrity_check: {verdict}")
        return seconds

    def figures(self, seconds, stop_s):
        posters = self.all_posters()
        ready = sorted(self.ready_ms)
        starts = sum(line.get("effect") == "started" for line in self.sim.lines)
        print(f"{self.args.cycles} kills, {self.early} of them while it started; "
              f"{sum(len(p.acknowledged) for p in posters)} events acknowledged, "
              f"{sum(p.again for p in posters)} deliveries sent again, {starts} starts in "
              f"{len(self.sim.lines)} requests; listening after {ready[len(ready) // 2]:.0f} ms "
              f"(median), {ready[-1]:.0f} ms (worst); SIGTERM took {stop_s:.2f} s; "
              f"{seconds:.0f} s in all")

    def run(self):
        began = time.monotonic()
        for poster in self.all_posters():
            poster.start()
        for _ in range(self.args.cycles):
            self.cycle()
        self.drain()
        wrong = self.wrong()
        stop_s = self.stop()
        self.figures(time.monotonic() - began, stop_s)
        for line in wrong[:20]:
            print(line)
        if wrong:
            raise Failure(f"{len(wrong)} faults, seed {self.args.seed}")

    def end(self):
        for poster in self.all_posters():
            poster.stopping.set()
        if self.daemon.process and self.daemon.ended() is None:
            self.daemon.kill()
        self.sim.close()


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--cycles", type=int, default=int(os.environ.get("CW_KILL_CYCLES", 30)))
    p.add_argument("--seed", type=int, default=int(os.environ.get(
        "CW_KILL_SEED", random.SystemRandom().randrange(1 << 32))))
    p.add_argument("--people", type=int, default=8)
    p.add_argument("--rate", type=float, default=5 if SANITIZED else 15,
                   help="events per second and person")
    p.add_argument("--cycle", type=float, default=1.0 * PATIENCE, help="longest life in seconds")
    p.add_argument("--faults", type=float, default=0.3,
                   help="in which part of the lives the simulator misbehaves too")
    p.add_argument("--clockwire", help="the binary; default: of the build")
    p.add_argument("--sim", help="awork-sim; default: of the build")
    args = p.parse_args()
    args.clockwire = binary("clockwire", args.clockwire)
    args.sim = binary("awork-sim", args.sim)
    return args


def main():
    args = arguments()
    print(f"seed {args.seed} (--seed), {args.cycles} cycles (--cycles)", flush=True)
    room = Room("clockwire-kill-")
    test, good = None, False
    try:
        self_test()
        test = Test(args, room)
        test.run()
        good = True
    except Failure as e:
        print(f"FAILED: {e}")
    finally:
        if test:
            test.end()
        room.leave(good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
