#!/usr/bin/env python3
"""A small volume that is filled, and freed again, under a daemon that goes on: deliveries are refused
with 503 and Retry-After within a second of its being full, health says so, what is in flight is
recorded, and soon after there is room again all goes on by itself. What was acknowledged is done
once and in order."""

import argparse
import errno
import http.client
import json
import os
import subprocess
import sys
import threading
import time

from bench import (Daemon, Failure, PATIENCE, Room, Sim, binary, config_file, free_port, post,
                   secrets_folder, seed_file)
from kill_judge import verify

MIB = 1 << 20
VOLUME = 32 * MIB
PAD = "x" * 30000
PEOPLE = 4


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def mount(kind, room):
    """A volume of 32 MiB of this kind, or the end of the test: 77, skipped."""
    path = room.file("volume-" + kind)
    os.mkdir(path, 0o700)
    try:
        if kind == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", f"size={VOLUME}", "tmpfs", path)
        else:
            image = room.file("image")
            with open(image, "wb") as f:
                f.truncate(VOLUME)
            run("mkfs.ext4", "-q", "-m", "0", image)
            run("mount", "-o", "loop", image, path)
    except (OSError, subprocess.CalledProcessError):
        print(f"skipped: no {kind} can be mounted here")
        room.leave(True)
        sys.exit(77)
    return path


class Poster(threading.Thread):
    """Sends one person's events in order, each until it is taken."""

    def __init__(self, test, person):
        super().__init__(daemon=True)
        self.test, self.person, self.n = test, person, 0
        self.acknowledged, self.refused = [], 0
        self.last_taken = self.first_refused = 0.0
        self.ends = False

    def run(self):
        while not self.ends:
            event = {"type": "work", "person": f"p{self.person}@example.org", "n": self.n + 1,
                     "task": 1 + (self.n + 1) % 2, "pad": PAD}
            try:
                status = post(self.test.port, f"p{self.person}-{self.n + 1}", event)
            except OSError:
                time.sleep(0.05)
                continue
            now = time.monotonic()
            if status == 503:
                self.refused += 1
                self.first_refused = self.first_refused or now
                time.sleep(0.1)
            elif 200 <= status < 300:
                self.n += 1
                self.acknowledged.append(self.n)
                self.last_taken = now
                time.sleep(self.test.pause)
            else:
                raise Failure(f"answered with {status}")


class Test:
    def __init__(self, args, kind, room):
        self.kind, self.room = kind, room
        self.volume = mount(kind, room)
        self.ballast = os.path.join(self.volume, "ballast")
        self.journal = os.path.join(self.volume, "j.db")
        self.sim = Sim(args.sim, room.file("seed.json"), room.file(f"sim-{kind}.log"))
        self.port = free_port()
        self.pause = 0.0
        self.config = room.file(f"{kind}.yaml")
        config_file(self.config, PEOPLE, self.sim.url, self.port, self.journal)
        with open(self.config) as f:
            text = f.read().replace('j.db" }', 'j.db", payloads: full }')
        with open(self.config, "w") as f:
            f.write(text + f"admin: {{ listen: \"unix:{room.file(kind + '.sock')}\" }}\n")
        self.program = args.clockwire
        self.daemon = Daemon(args.clockwire, self.config, room.file("secrets"),
                             room.file(f"{kind}.log"))
        self.posters = [Poster(self, i) for i in range(PEOPLE)]

    # ---- What it says of itself

    def ask(self, *words):
        return subprocess.run([self.program, *words, "-c", self.config, "--secrets",
                               self.room.file("secrets")], capture_output=True, text=True,
                              timeout=30 * PATIENCE)

    def lines(self, msg):
        with open(self.daemon.log) as f:
            return [x for x in f if f'"msg":"{msg}' in x]

    def free(self):
        v = os.statvfs(self.volume)
        return v.f_bavail * v.f_frsize

    def until(self, what, seconds, why):
        end = time.monotonic() + seconds * PATIENCE
        while not what():
            if self.daemon.ended() is not None:
                raise Failure(f"it ended with {self.daemon.ended()}\n" + self.daemon.tail())
            if time.monotonic() > end:
                raise Failure(f"{self.kind}: {why} ({self.free() // 1024} KiB free)\n"
                              + self.daemon.tail())
            time.sleep(0.02)

    # ---- The course of things

    def fill(self, bytes_left):
        """Others write to the volume too."""
        with open(self.ballast, "ab", buffering=0) as f:
            while self.free() > bytes_left:
                try:
                    f.write(b"b" * min(65536, max(4096, self.free() - bytes_left)))
                except OSError as e:
                    if e.errno != errno.ENOSPC:
                        raise
                    break
            os.fsync(f.fileno())

    def refuses(self):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        c.request("POST", "/hooks/load", b"{}")
        status = c.getresponse().status  # not genuine: it is told so all the same
        c.close()
        ready = self.ask("health", "--ready")
        if status != 401 or ready.returncode == 0 or "almost full" not in ready.stdout + ready.stderr:
            raise Failure(f"{status}, {ready}")

    def has_room_again(self):
        self.pause = 1.0
        begun = time.monotonic()
        os.unlink(self.ballast)
        taken = [p.n for p in self.posters]
        self.until(lambda: all(p.n > n for p, n in zip(self.posters, taken)), 5,
                   "it does not take deliveries within 5 s of room")
        took = time.monotonic() - begun
        self.until(lambda: self.ask("health", "--ready").returncode == 0, 5, "it is not ready again")
        self.until(lambda: os.path.exists(self.journal + "-reserve"), 5, "there is no reserve")
        return took

    def full_by_load(self):
        """Deliveries themselves fill it up to the mark."""
        self.fill(14 * MIB)
        self.until(lambda: all(p.refused for p in self.posters), 60, "nothing was refused")
        late = max(p.last_taken for p in self.posters) - min(p.first_refused for p in self.posters)
        if late > 1:
            raise Failure(f"deliveries were taken for {late:.1f} s after the first refusal")
        self.refuses()
        log = os.path.getsize(self.journal + "-wal")
        if log > VOLUME // 16:  # what waits there could never be moved to the file
            raise Failure(f"{log} bytes of the volume are the log's")
        return self.has_room_again()

    def full_by_others(self):
        """Calls are in flight when the last byte is taken; the reserve records their answers."""
        self.until(lambda: not verify(self.taken(), self.sim.log()), 60, "not all is done")
        before_lost = self.lost()
        self.sim.fault("*", "delay", 0, arg=400)
        self.until(lambda: self.in_flight() == PEOPLE, 20, "no call is in flight")
        self.fill(0)
        begun = time.monotonic()
        before = [p.refused for p in self.posters]
        self.until(lambda: all(p.refused > n for p, n in zip(self.posters, before)), 3,
                   "nothing was refused")
        took = time.monotonic() - begun
        self.until(lambda: not os.path.exists(self.journal + "-reserve"), 3, "the reserve is kept")
        self.until(lambda: self.in_flight() == 0, 5, "what was in flight has no end")
        self.fill(0)  # the rest, too
        sent = self.sent()
        time.sleep(2)
        self.refuses()
        if self.sent() != sent:
            raise Failure("a call left while nothing could be recorded")
        lost = self.lost()
        if lost != before_lost:
            raise Failure(f"answers were not recorded: {lost - before_lost}")
        self.sim.ask("DELETE", "/_sim/faults")
        return took, self.has_room_again()

    def lost(self):
        """Attempts whose answer was not recorded: in a burst a turn may be the one that fails."""
        return len([a for a in self.recorded() if a.get("verdict") == "lost"])

    def sent(self):
        return len(self.sim.log())

    def taken(self):
        return {f"p{p.person}": list(p.acknowledged) for p in self.posters}

    def in_flight(self):
        return len([a for a in self.recorded() if "ended" not in a])

    def recorded(self):
        out = self.ask("events", "--json", "--after", "0").stdout
        events = [json.loads(x) for x in out.splitlines() if '"event"' in x]
        return [a for e in events for c in e.get("calls", []) for a in c.get("attempts", [])]

    def ends_well(self):
        for p in self.posters:
            p.ends = True
        for p in self.posters:
            p.join(20)
        self.until(lambda: not verify(self.taken(), self.sim.log()), 60, "not all is done")
        wrong = []
        refusals, returns = len(self.lines("no room")), len(self.lines("there is room"))
        if refusals != 2 or returns != 2:
            wrong.append(f"{refusals} lines say that there is no room, {returns} that there is")
        code, _ = self.daemon.stop()
        if wrong or code:
            raise Failure(f"ended with {code}; " + "; ".join(wrong))
        return sum(p.n for p in self.posters), sum(p.refused for p in self.posters)

    def play(self):
        self.daemon.start()
        self.daemon.wait_ready(self.port)
        for p in self.posters:
            p.start()
        by_load = self.full_by_load()
        refused, by_others = self.full_by_others()
        n, n_refused = self.ends_well()
        print(f"{self.kind}: {n} deliveries taken, {n_refused} refused, the first {refused:.2f} s after "
              f"the volume was full; taken again {by_load:.2f} and {by_others:.2f} s after there was "
              "room; all done once, in order")

    def close(self):
        if self.daemon.process and self.daemon.ended() is None:
            self.daemon.kill()
        self.sim.process.kill()
        subprocess.run(["umount", self.volume], check=False)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--kind", choices=["tmpfs", "ext4"], help="this alone; default: both")
    p.add_argument("--clockwire", help="the binary; default: of the build")
    p.add_argument("--sim", help="awork-sim; default: of the build")
    args = p.parse_args()
    args.clockwire, args.sim = binary("clockwire", args.clockwire), binary("awork-sim", args.sim)
    room, good = Room("clockwire-full-"), True
    seed_file(room.file("seed.json"), PEOPLE)
    secrets_folder(room.file("secrets"))
    for kind in [args.kind] if args.kind else ["tmpfs", "ext4"]:
        test = Test(args, kind, room)
        try:
            test.play()
        except Failure as e:
            print(f"FAILED: {kind}: {e}")
            good = False
        finally:
            test.close()
    room.leave(good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
