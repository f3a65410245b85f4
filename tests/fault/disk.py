#!/usr/bin/env python3
"""The daemon over a disk that fails: the nth call on the journal's files, once or from then on, with
EIO or ENOSPC. It answers 2xx only for what is on disk, ends with 74 when it has to end, and with a
disk that is well again everything arrives, once and in order."""

import argparse
import errno
import os
import sys
import time

from bench import (Daemon, Failure, PATIENCE, Room, Sim, binary, config_file, free_port, post,
                   secrets_folder, seed_file)
from kill_judge import verify

EVENTS = 4
JOURNAL_FAILED = 74


class Life:
    def __init__(self, args, room, sim):
        self.args, self.room, self.sim = args, room, sim
        self.folder = room.file(f"journal-{args.n}")
        os.mkdir(self.folder, 0o700)
        self.port = free_port()
        config_file(room.file("clockwire.yaml"), 2, sim.url, self.port, self.folder + "/j.db")
        self.daemon = Daemon(args.clockwire, room.file("clockwire.yaml"), room.file("secrets"),
                             room.file("daemon.log"))
        self.acknowledged, self.refused, self.ends = [], 0, 0

    def start_faulty(self, at, error, ever):
        more = {"CW_DISK_EVER": "1"} if ever else {}
        self.daemon.start(LD_PRELOAD=self.args.preload, CW_DISK_FOLDER=self.folder,
                          CW_DISK_AT=str(at), CW_DISK_ERROR=str(error), **more)

    def is_up(self):
        """Whether it listens; when it ends instead, the journal must be why."""
        try:
            self.daemon.wait_ready(self.port)
            return True
        except Failure:
            self.need_good_end()
            return False

    def need_good_end(self):
        code = self.daemon.process.wait(10 * PATIENCE)
        if code != JOURNAL_FAILED:
            raise Failure(f"it ended with {code}\n" + self.daemon.tail())
        self.ends += 1

    def deliver(self, n, until):
        """The status of the delivery; None: the daemon is gone."""
        event = {"type": "work", "person": "p0@example.org", "n": n, "task": 1 + n % 2}
        while time.monotonic() < until:
            try:
                status = post(self.port, f"d-{n}", event)
            except Exception:  # whatever way the connection breaks
                if self.daemon.ended() is None:
                    time.sleep(0.02)
                    continue
                self.need_good_end()
                return None
            if status == 503:
                self.refused += 1
                time.sleep(0.1)
                continue
            if not 200 <= status < 300:
                raise Failure(f"delivery {n} was answered with {status}")
            self.acknowledged.append(n)
            return status
        return 503

    def deliver_all(self, seconds):
        """Until one is not taken. Returns whether all were."""
        until = time.monotonic() + seconds * PATIENCE
        for n in range(len(self.acknowledged) + 1, EVENTS + 1):
            status = self.deliver(n, until)
            if status is None or status == 503:
                return False
        return True

    def run(self, at, error, ever):
        first = len(self.sim.log())
        self.start_faulty(at, error, ever)
        done = self.is_up() and self.deliver_all(1.5 if ever else 8)
        if not done:
            if self.daemon.ended() is None:
                self.daemon.kill()
            self.daemon.start()
            self.daemon.wait_ready(self.port)
            if not self.deliver_all(20):
                raise Failure("it does not take deliveries again\n" + self.daemon.tail())
        wrong = self.wait_for_all(first)
        if self.daemon.ended() is None and self.daemon.stop()[0] not in (0, JOURNAL_FAILED):
            wrong.append("after SIGTERM it ended in another way")
        if wrong:
            raise Failure("; ".join(wrong) + "\n" + self.daemon.tail())

    def wait_for_all(self, first):
        """A fault may come after the last 2xx too: then it is started once more."""
        until = time.monotonic() + 15 * PATIENCE
        while True:
            wrong = verify({"p0": self.acknowledged}, self.sim.log()[first:])
            if not wrong or time.monotonic() > until:
                return wrong
            if self.daemon.ended() is not None:
                self.need_good_end()
                self.daemon.start()
                self.daemon.wait_ready(self.port)
            time.sleep(0.05)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    p.add_argument("--step", type=int, default=int(os.environ.get("CW_DISK_STEP", 29)),
                   help="every nth call fails in a life of its own")
    p.add_argument("--at", type=int, default=0, help="this call alone")
    p.add_argument("--most", type=int, default=150, help="no life has more calls")
    p.add_argument("--clockwire", help="the binary; default: of the build")
    p.add_argument("--sim", help="awork-sim; default: of the build")
    args = p.parse_args()
    args.clockwire = binary("clockwire", args.clockwire)
    args.sim = binary("awork-sim", args.sim)
    args.preload = os.path.join(os.environ.get("CW_BUILD", "build"), "lib", "libcw_disk.so")
    args.preload = os.path.abspath(args.preload)
    if not os.path.exists(args.preload):
        print(f"skipped: {args.preload} is not built")
        sys.exit(77)
    args.n = 0
    return args


def lives(args, room):
    sim = Sim(args.sim, room.file("seed.json"), room.file("sim.log"))
    ends = refused = 0
    try:
        for kind, (error, ever) in enumerate((e, x) for e in (errno.EIO, errno.ENOSPC)
                                             for x in (False, True)):
            for at in [args.at] if args.at else range(1 + 3 * kind, args.most, args.step):
                args.n += 1
                sim.ask("POST", "/_sim/reset")
                sim.seen, sim.lines = 0, []
                life = Life(args, room, sim)
                try:
                    life.run(at, error, ever)
                except Failure as e:
                    raise Failure(f"--at {at} {os.strerror(error)}{' for ever' * ever}: {e}") from e
                finally:
                    if life.daemon.process and life.daemon.ended() is None:
                        life.daemon.kill()
                ends += life.ends
                refused += life.refused
    finally:
        sim.close()
    print(f"{args.n} lives with a fault, {ends} ends with {JOURNAL_FAILED}, {refused} answers of 503")
    if not args.at and not (ends and refused):
        raise Failure("no fault had a consequence")


def main():
    args = arguments()
    room = Room("clockwire-disk-")
    good = False
    try:
        seed_file(room.file("seed.json"), 2)
        secrets_folder(room.file("secrets"))
        lives(args, room)
        good = True
    except Failure as e:
        print(f"FAILED: {e}")
    finally:
        room.leave(good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
