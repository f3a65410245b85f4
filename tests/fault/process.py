#!/usr/bin/env python3
"""The daemon as a process: who may use its journal, what its files look like, how it starts, how it
reloads, how it ends."""

import glob
import os
import signal
import stat
import subprocess
import sys
import time

from bench import (Daemon, Failure, PATIENCE, Room, Sim, binary, config_file, free_port, post,
                   secrets_folder, seed_file)

ADA = {"type": "work", "person": "p0@example.org"}


def need(good, what):
    if not good:
        raise Failure(what)


class House:
    def __init__(self, room):
        self.room, self.port = room, free_port()
        self.program = binary("clockwire")
        seed_file(room.file("seed.json"), 2)
        secrets_folder(room.file("secrets"))
        self.sim = Sim(binary("awork-sim"), room.file("seed.json"), room.file("sim.log"))
        self.config = room.file("clockwire.yaml")
        self.write_config(self.config, self.port)
        self.daemon = Daemon(self.program, self.config, room.file("secrets"),
                             room.file("daemon.log"))
        self.n = 0

    def write_config(self, path, port, journal=None):
        config_file(path, 2, self.sim.url, port, journal or self.room.file("clockwire.db"))

    def up(self):
        self.daemon.start()
        self.daemon.wait_ready(self.port)

    def send(self, expected=range(200, 300)):
        self.n += 1
        status = post(self.port, f"d-{self.n}", {**ADA, "n": self.n, "task": 1 + self.n % 2})
        need(status in expected, f"delivery {self.n} was answered with {status}")

    def arrived(self, n, seconds=10):
        until = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < until:
            if any(line.get("effect") == "started" and line["body"]["note"].split()[-1] == str(n)
                   for line in self.sim.log()):
                return True
            time.sleep(0.05)
        return False

    def ask(self, *args, secrets="secrets"):
        command = [self.program, *args]
        if args[0] in ("run", "check"):
            command += ["--secrets", self.room.file(secrets)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30 * PATIENCE, check=False)

    def close(self):
        if self.daemon.process and self.daemon.ended() is None:
            self.daemon.kill()
        self.sim.close()


def serves(house):
    house.up()
    house.send()
    need(house.arrived(house.n), "the start did not arrive")
    health = house.ask("health", "-c", house.config)
    need(health.returncode == 0, f"health of a running daemon: {health.returncode} {health.stderr}")
    ready = house.ask("health", "--ready", "-c", house.config)
    need(ready.returncode == 0, f"health --ready: {ready.returncode} {ready.stderr}")


def refuses_a_second_process(house):
    other = house.room.file("second.yaml")
    house.write_config(other, free_port())
    second = house.ask("run", "-c", other)
    need(second.returncode > 0, f"a second process on the journal: {second.returncode}")
    need(second.stderr + second.stdout, "the second process says nothing")
    house.send()
    need(house.arrived(house.n), "the first process has stopped working")


def keeps_its_files_private(house):
    files = glob.glob(house.room.file("clockwire.db*"))
    sockets = [f for f in glob.glob(house.room.file("*")) if stat.S_ISSOCK(os.stat(f).st_mode)]
    need(files, "no journal is where the configuration says")
    need(sockets, "no admin socket is beside the journal")
    for file in files + sockets:
        mode = stat.S_IMODE(os.stat(file).st_mode)
        need(mode == 0o600, f"{os.path.basename(file)} has mode {mode:o}, not 600")


def keeps_secrets_out_of_sight(house):
    with open(f"/proc/{house.daemon.process.pid}/cmdline", "rb") as f:
        seen = f.read().decode()
    with open(house.daemon.log) as f:
        seen += f.read()
    for name in os.listdir(house.room.file("secrets")):
        with open(house.room.file(f"secrets/{name}")) as f:
            need(f.read().strip() not in seen, f"the secret {name} is in argv or in the log")


def survives_a_faulty_reload(house):
    with open(house.config) as f:
        good = f.read()
    try:
        faulty_reload(house, good)
    finally:
        with open(house.config, "w") as f:
            f.write(good)
    house.daemon.process.send_signal(signal.SIGHUP)
    time.sleep(0.5 * PATIENCE)
    house.send()
    need(house.arrived(house.n), "after a good reload nothing works")


def faulty_reload(house, good):
    with open(house.config, "w") as f:
        f.write(good.replace("when: load.later", "whenn: load.later"))
    check = house.ask("check", house.config)
    need(check.returncode == 1, f"check of a faulty file: {check.returncode}")
    need("clockwire.yaml:" in check.stdout + check.stderr, "check names no place")
    house.daemon.process.send_signal(signal.SIGHUP)
    time.sleep(0.5 * PATIENCE)
    need(house.daemon.ended() is None, "a faulty reload ended the daemon")
    with open(house.daemon.log) as f:
        need('"code":"unknown-key"' in f.read(), "the log does not say what is wrong, as JSON")
    for command in ("health", "events", "pending"):
        asked = house.ask(command, "-c", house.config)
        need(asked.returncode == 0, f"{command} beside a faulty file: {asked.stderr}")
    reload = house.ask("reload", "-c", house.config)
    need(reload.returncode == 1 and "unknown-key" in reload.stderr, "reload shows no fault")
    house.send()
    need(house.arrived(house.n), "after a faulty reload nothing works")


def takes_no_stray_words(house):
    stray = house.ask("run", house.config)
    need(stray.returncode == 64 and "-c" in stray.stderr, f"run FILE: {stray.returncode}")
    told = house.ask("health", "--help")
    need(told.returncode == 0 and told.stdout.startswith("usage:"), "health --help")
    folder = house.ask("send", "load", house.room.file("."), "-c", house.config)
    need(folder.returncode == 1 and "directory" in folder.stderr, f"send: {folder.stderr}")


def ends_on_sigterm(house):
    house.send()
    code, seconds = house.daemon.stop(10)
    need(code == 0, f"SIGTERM: exit code {code}")
    need(seconds <= 10 * PATIENCE, f"SIGTERM: {seconds:.1f} s")
    health = house.ask("health", "-c", house.config)
    need(health.returncode == 1, f"health of a dead daemon: {health.returncode}")
    house.up()
    need(house.arrived(house.n), "what was acknowledged before SIGTERM was lost")


def starts_after_a_kill(house):
    house.daemon.kill()
    house.up()  # the admin socket of the dead one is still there
    house.send()
    need(house.arrived(house.n), "after a kill nothing works")
    need(house.ask("health", "-c", house.config).returncode == 0, "after a kill: not healthy")


def never_starts_without_a_secret(house):
    os.mkdir(house.room.file("empty"), 0o700)
    other = house.room.file("other.yaml")
    house.write_config(other, free_port(), house.room.file("other.db"))
    run = house.ask("run", "-c", other, secrets="empty")
    need(run.returncode > 0, f"without secrets it ended with {run.returncode}")
    need("load" in run.stdout + run.stderr, "it does not name the secret that is missing")


def never_starts_on_a_faulty_file(house):
    other = house.room.file("faulty.yaml")
    house.write_config(other, free_port(), house.room.file("faulty.db"))
    with open(other, "a") as f:
        f.write("nonsense: 1\n")
    need(house.ask("run", "-c", other).returncode > 0, "it starts on a faulty configuration")
    need(not os.path.exists(house.room.file("faulty.db")), "it made a journal all the same")


CHECKS = [serves, refuses_a_second_process, keeps_its_files_private, keeps_secrets_out_of_sight,
          survives_a_faulty_reload, takes_no_stray_words, ends_on_sigterm, starts_after_a_kill,
          never_starts_without_a_secret, never_starts_on_a_faulty_file]


def main():
    room, passed, house = Room("clockwire-process-"), 0, None
    try:
        house = House(room)
        for check in CHECKS:
            try:
                check(house)
                passed += 1
            except (Failure, OSError, subprocess.TimeoutExpired) as e:
                print(f"{check.__name__}: {e}")
                if house.daemon.ended() is not None:
                    house.up()
    except Failure as e:
        print(e)
    finally:
        if house:
            house.close()
        room.leave(passed == len(CHECKS))
    print(f"{passed} passed, {len(CHECKS) - passed} failed")
    return 0 if passed == len(CHECKS) else 1


if __name__ == "__main__":
    sys.exit(main())
