#!/usr/bin/env python3
"""The kill test: kill -9 at random moments under load, also while it recovers, with an awork that
fails meanwhile in all ways it can; and then: every acknowledged event's call has arrived, each
person's in order, and nothing was started twice.

Each person has one poster that numbers its events 1, 2, 3 and goes on only after a 2xx; after a
broken connection it sends the same delivery again. Starts alternate between two tasks, since a
start of what already runs does nothing and would hide a double.

awork tells the bridge of every change by webhooks, some of them twice, late, in another order or not
at all. Nobody acts by hand, so no change may be taken for one.

With --collapse DURATION the backlog of a person is reduced to its net effect: what the journal says
a later call stood in for counts as arrived. With --plant a fault is put into the journal of a dead
bridge, and the test succeeds when the judge has seen it."""

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time

import kill_judge as judge
from bench import (HOOK_KEY, Daemon, Failure, PATIENCE, Room, SANITIZED, Sim, binary, config_file, free_port,
                   post, secrets_folder, seed_file)

# A request that lands later than the bridge waits in doubt could not be told from a lost one.
LATEST_MS, DOUBT_MS = 150, 400 * PATIENCE
# Fault, its argument, of how many requests out of 1,000 of each kind.
WEATHER = (("500", 0, 15), ("503", 0, 15), ("504", 0, 5), ("408", 0, 5), ("429", 1, 2),
           ("reset_before", 0, 15), ("reset_after", 0, 15), ("drop_before", 0, 10),
           ("drop_after", 0, 10), ("delay", 400, 20), ("delay_before", LATEST_MS, 15),
           ("drip", 400, 10), ("garbage", 0, 15), ("truncate", 0, 15), ("cut", 0, 15))
KINDS = ("POST */timetracking/start", "GET */timeentries/last*")


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


class Test:
    def __init__(self, args, room):
        self.args, self.room = args, room
        self.random = random.Random(args.seed)
        self.port = free_port()
        seed_file(room.file("seed.json"), args.people + 1)
        secrets_folder(room.file("secrets"))
        self.sim = Sim(args.sim, room.file("seed.json"), room.file("sim.log"))
        self.sim.ask("POST", "/_sim/dice", {"seed": args.seed % (1 << 31)})
        self.journal = room.file("clockwire.db")
        config_file(room.file("clockwire.yaml"), args.people + 1, self.sim.url, self.port,
                    self.journal, doubt_ms=DOUBT_MS,
                    more=f"    collapse: {args.collapse}\n" if args.collapse else "")
        self.daemon = Daemon(args.clockwire, room.file("clockwire.yaml"), room.file("secrets"),
                             room.file("daemon.log"))
        self.posters = [Poster(f"p{i}", self.port, args.rate, args.seed, "work")
                        for i in range(args.people)]
        self.later = Poster(f"p{args.people}", self.port, args.rate / 4, args.seed, "later")
        self.ready_ms = []
        self.early = self.struck = self.dropped = self.heard = 0
        self.planted = False
        self.hook = self.tell_by_webhooks() if args.webhooks else None

    def tell_by_webhooks(self):
        self.sim.ask("POST", "/_sim/webhooks", {"duplicate": 0.1, "reorder": 0.1, "lose": 0.05,
                                                "lateUpdate": 0.05, "delay": 100})
        hook = {"name": "bridge", "uri": f"http://127.0.0.1:{self.port}/hooks/awork",
                "events": "timetracking_added,timetracking_updated,timetracking_deleted",
                "isActive": True, "authenticationType": "header",
                "authentication": "X-Awork-Key=" + HOOK_KEY}
        return self.sim.api("POST", "/webhooks", hook)["id"], hook

    def all_posters(self):
        return [*self.posters, self.later]

    def is_time_to_plant(self, n):
        return self.args.plant and n >= self.args.cycles // 2 and not self.planted

    def weather(self, n):
        """Another one for each life; now and then none. What is planted may need calls that wait."""
        self.count_hits()
        self.sim.ask("DELETE", "/_sim/faults")
        if self.is_time_to_plant(n) and judge.PLANTS[self.args.plant][2]:
            self.sim.fault(KINDS[0], "503", 0)
        elif self.random.random() < self.args.faults:
            self.sim.ask("POST", "/_sim/faults", [
                {"match": kind, "fault": fault, "arg": arg, "count": 0, "vary": arg > 1,
                 "chance": self.random.uniform(0, 2) * thousandth / 1000}
                for kind in KINDS for fault, arg, thousandth in WEATHER])

    def count_hits(self):
        self.struck += sum(f["hits"] for f in json.loads(self.sim.ask("GET", "/_sim/faults")))

    def live(self):
        """One life: until any moment of its start and recovery, or of its work."""
        self.daemon.start()
        if self.random.random() < 0.25:
            self.early += 1
            ready = sorted(self.ready_ms)[len(self.ready_ms) // 2] if self.ready_ms else 100
            time.sleep(self.random.uniform(0, 2 * ready / 1000))
        else:
            self.ready_ms.append(self.daemon.wait_ready(self.port))
            time.sleep(self.random.uniform(0.02, self.args.cycle))

    def cycle(self, n):
        self.weather(n)
        if self.hook and n % 5 == 0:  # awork gives up on whom it cannot reach
            self.sim.api("PUT", f"/webhooks/{self.hook[0]}", self.hook[1])
        self.live()
        if self.daemon.ended() is not None:
            raise Failure(f"the daemon ended by itself with {self.daemon.ended()}\n"
                          + self.daemon.tail())
        self.daemon.kill()
        if self.is_time_to_plant(n):
            self.planted = judge.plant(self.journal, self.args.plant)
        for poster in self.all_posters():
            if poster.trouble:
                raise Failure(poster.trouble)

    def drain(self):
        """The last start: until everything acknowledged has arrived or nothing moves for long.
        Returns: what is wrong."""
        self.count_hits()
        self.sim.ask("DELETE", "/_sim/faults")
        self.daemon.start()
        self.ready_ms.append(self.daemon.wait_ready(self.port))
        for poster in self.all_posters():
            poster.stopping.set()
        for poster in self.all_posters():
            poster.join(30 * PATIENCE)
            if poster.is_alive() or poster.trouble:
                raise Failure(f"{poster.person} does not end: {poster.trouble or poster.statuses}")
        seen, moved, wrong = 0, time.monotonic(), []
        while time.monotonic() - moved < (3 if self.args.plant else 20) * PATIENCE:
            if self.daemon.ended() is not None:
                raise Failure("the daemon ended by itself\n" + self.daemon.tail())
            if len(self.sim.log()) > seen:
                seen, moved = len(self.sim.lines), time.monotonic()
                time.sleep(0.2)
                continue
            wrong = self.wrong()
            if not wrong:
                break
            time.sleep(1)
        time.sleep(1.5)  # what would come twice may come now
        self.sim.seen, self.sim.lines = 0, []  # a line is not final while its request is delayed
        events = self.events()
        self.heard = sum(e["source"] == "awork" for e in events)
        wrong = self.wrong() + judge.by_hand(events)
        return wrong + (["no webhook has come"] if self.hook and not self.heard else [])

    def wrong(self):
        log = self.sim.log()
        collapsed, wrong = judge.collapsed_of(self.events()) if self.args.collapse else (set(), [])
        self.dropped = len(collapsed)
        return (wrong + judge.verify({p.person: p.acknowledged for p in self.posters}, log,
                                     collapsed)
                + judge.verify_later(self.later.person, self.later.acknowledged, log))

    def events(self):
        done = subprocess.run(
            [self.args.clockwire, "events", "--json", "--after", "0", "-c", self.daemon.config,
             "--secrets", self.daemon.secrets], capture_output=True, text=True,
            timeout=120 * PATIENCE, check=False)
        if done.returncode != 0:
            raise Failure(f"events: {done.stderr}\n" + self.daemon.tail(5))
        return [json.loads(line) for line in done.stdout.splitlines()]

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
              f"{len(self.sim.lines)} requests, {self.struck} of them struck by a fault"
              + (f"; {self.heard} webhooks of awork" if self.hook else "")
              + (f"; {self.dropped} calls collapsed" if self.args.collapse else "")
              + f"; listening after {ready[len(ready) // 2]:.0f} ms "
              f"(median), {ready[-1]:.0f} ms (worst); SIGTERM took {stop_s:.2f} s; "
              f"{seconds:.0f} s in all", flush=True)

    def run(self):
        began = time.monotonic()
        for poster in self.all_posters():
            poster.start()
        for n in range(self.args.cycles):
            self.cycle(n)
        for n in range(20):  # until there was a place for what is planted
            if self.args.plant and not self.planted:
                self.cycle(self.args.cycles + n)
        wrong = self.drain()
        stop_s = self.stop()
        self.figures(time.monotonic() - began, stop_s)
        for line in wrong[:20]:
            print(line)
        self.conclude(wrong)

    def conclude(self, wrong):
        if not self.args.plant:
            if wrong:
                raise Failure(f"{len(wrong)} faults, seed {self.args.seed}")
            return
        if not self.planted:
            raise Failure(f"there was no place to plant `{self.args.plant}`, seed {self.args.seed}")
        if not any(judge.PLANTS[self.args.plant][1] in line for line in wrong):
            raise Failure(f"`{self.args.plant}` was planted and not seen, seed {self.args.seed}")

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
    p.add_argument("--faults", type=float, default=0.8,
                   help="in which part of the lives the simulator misbehaves too")
    p.add_argument("--webhooks", action=argparse.BooleanOptionalAction, default=True,
                   help="awork tells the bridge of what happens")
    p.add_argument("--collapse", default="", help="target.awork.collapse of the bridge")
    p.add_argument("--plant", choices=list(judge.PLANTS), help="a fault that must be seen")
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
        judge.self_test()
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
