#!/usr/bin/env python3
"""The reload storm: SIGHUP and POST /reload again and again under load, with good configurations
that differ and faulty ones, and faults of awork in between. Then: every acknowledged event's call
has arrived, in order and once; the process never ended; SIGHUP while it drains does no harm."""

import os
import signal
import subprocess
import sys
import time

from bench import Failure, PATIENCE, Room
from kill import Test, arguments

RELOADS = int(os.environ.get("CW_RELOADS", 200))
REPORTS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "ThreadSanitizer", "Assertion")


class Storm(Test):
    def __init__(self, args, room):
        super().__init__(args, room)
        with open(room.file("clockwire.yaml")) as f:
            self.good = f.read()
        self.faulty = 0

    def replace(self, text):
        """As an editor does: the daemon sees the old file or the new one, never a part."""
        with open(self.room.file("new.yaml"), "w") as f:
            f.write(text)
        os.rename(self.room.file("new.yaml"), self.room.file("clockwire.yaml"))

    def variant(self):
        """Another configuration with the same meaning for the load."""
        text = self.good.replace("10000 per second", f"{self.random.randint(500, 9999)} per second")
        n = self.random.randint(0, 40)
        more = "".join(f"  x{i}: {{ awork: 6a2c1d3e-0000-4000-8000-0000000f{i:04d} }}\n"
                       for i in range(n))
        text = text.replace("users:\n", "users:\n" + more)
        text = text.replace("sources:\n", "".join(
            f"sources:\n  s{i}: {{ path: /hooks/s{i}, preset: github, "
            f"verify: {{ secret: '${{secret.load}}' }} }}\n" if i == 0 else
            f"  s{i}: {{ path: /hooks/s{i}, preset: github, verify: {{ secret: '${{secret.load}}' }} }}\n"
            for i in range(self.random.randint(1, 5))))
        return text.replace("level: info", self.random.choice(["level: info", "level: debug"]))

    def change(self):
        kind = self.random.random()
        if kind < 0.25:
            self.faulty += 1
            self.replace(self.random.choice([
                self.good.replace("when: load.later", "whenn: load.later"),
                self.good + "\n  - [", "", self.good.replace("secret.load", "secret.gone")]))
        else:
            self.replace(self.variant())

    def reload(self):
        if self.random.random() < 0.1:
            subprocess.run([self.args.clockwire, "reload", "-c", self.room.file("admin.yaml")],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=30 * PATIENCE,
                           check=False)
        else:
            self.daemon.process.send_signal(signal.SIGHUP)

    def cycle(self, n):
        self.change()
        self.reload()
        if n % 10 == 0:
            self.weather(n)
        time.sleep(self.random.uniform(0, 0.03 * PATIENCE))
        if self.daemon.ended() is not None:
            raise Failure(f"a reload ended the daemon: {self.daemon.ended()}\n" + self.daemon.tail())

    def drain(self):
        self.replace(self.good)
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.start = lambda: None  # it lives: only the waiting is the same
        return super().drain()

    def stop(self):
        for _ in range(3):
            self.daemon.process.send_signal(signal.SIGHUP)
        os.kill(self.daemon.process.pid, signal.SIGTERM)
        try:
            for _ in range(20):
                self.daemon.process.send_signal(signal.SIGHUP)
            code = self.daemon.process.wait(10 * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure("SIGTERM among reloads was not obeyed\n" + self.daemon.tail()) from None
        if code != 0:
            raise Failure(f"SIGTERM among reloads: exit code {code}\n" + self.daemon.tail())
        return self.reports()

    def reports(self):
        with open(self.daemon.log, errors="replace") as f:
            text = f.read()
        for line in text.splitlines():
            if any(report in line for report in REPORTS):
                raise Failure(f"the daemon says: {line}\n" + self.daemon.tail(60))
        good, bad = text.count("configuration reloaded"), text.count("the old one goes on")
        if good < 20 or bad < 5:
            raise Failure(f"only {good} good and {bad} faulty reloads happened")
        print(f"{good} reloads, {bad} refused ones; "
              f"{sum(len(p.acknowledged) for p in self.all_posters())} events acknowledged, "
              f"{len(self.sim.lines)} requests to awork")

    def figures(self, seconds, stop_s):
        print(f"{seconds:.0f} s in all")

    def run(self):
        with open(self.room.file("admin.yaml"), "w") as f:
            f.write(self.good)
        self.daemon.start()
        self.daemon.wait_ready(self.port)
        super().run()


def main():
    args = arguments()
    args.cycles = RELOADS
    print(f"seed {args.seed} (--seed), {RELOADS} reloads (CW_RELOADS)", flush=True)
    room = Room("clockwire-reload-")
    storm, good = None, False
    try:
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
