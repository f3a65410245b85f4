"""Somebody sets the wall clock while the daemon lives: schedules and `at` follow it within seconds, what
counts a duration does not notice, a call in flight keeps its answer, ages of signatures are judged by
the clock as it stands."""

import contextlib
import datetime
import os
import pathlib
import struct
import tempfile
import time

import bridge
from bridge import main, test, until, world

HOUR = 3600
RULES = bridge.RULES.replace("wait: 1 second", "wait: 3 seconds") + """
  - id: evening
    when: { every: mon-sun 20:00 }
    user: ada
    then: { log: evening }
  - id: at-its-time
    when: desktop.planned
    at: ${event.at}
    then: { log: at its time }
"""
LIBRARY = pathlib.Path(bridge.BUILD) / "lib" / "libcw_clock.so"


class Clock:
    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "clock"
        self.set(0)

    def set(self, seconds):
        """So far ahead of the real clock."""
        self.ahead = seconds
        if not self.file.exists():
            self.file.write_bytes(bytes(8))
        with open(self.file, "r+b") as f:
            f.write(struct.pack("=q", round(seconds * 1000)))

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead)


@contextlib.contextmanager
def clocked(**how):
    """A world whose daemon alone has a clock that can be set."""
    with tempfile.TemporaryDirectory() as folder, world(start=False, rules=RULES, **how) as (sim, b):
        clock = Clock(folder)
        os.environ.update(LD_PRELOAD=str(LIBRARY), CW_CLOCK=str(clock.file))
        try:
            b.start()
        finally:
            for name in ("LD_PRELOAD", "CW_CLOCK"):
                del os.environ[name]
        yield sim, b, clock


def settings(b):
    return [x for x in b.log() if x["msg"].startswith("the clock was set")]


def told(b, rule):
    return [x for x in b.log() if x.get("rule") == rule and x["msg"] != "run waits"]


def to_eight(clock):
    """Seconds from now, by this clock, to three seconds before 20:00 of the people."""
    import zoneinfo
    now = clock.now().astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
    eight = now.replace(hour=20, minute=0, second=0, microsecond=0)
    if eight <= now + datetime.timedelta(seconds=60):
        eight += datetime.timedelta(days=1)
    return (eight - now).total_seconds() - 3


@test
def schedules_follow_the_clock():
    with clocked() as (sim, b, clock):
        clock.set(to_eight(clock))
        assert until(lambda: settings(b), 5)
        assert not told(b, "evening")
        assert until(lambda: told(b, "evening"), 6), "no tick at 20:00 by the clock"
        clock.set(clock.ahead - HOUR)
        assert until(lambda: len(settings(b)) == 2, 5)
        clock.set(clock.ahead + HOUR - 4)  # once more before 20:00
        time.sleep(6)
        ticks = [e for e in b.events() if e.get("type") == "tick"]
        assert len(ticks) == 1, ticks


@test
def dated_things_follow_the_clock():
    with clocked() as (sim, b, clock):
        at = (clock.now() + datetime.timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        b.post("/hooks/desktop", ('{"id":"1","event":"planned","user":"ada","at":"%s"}' % at).encode(),
               {"Content-Type": "application/json",
                "Authorization": "Bearer " + bridge.SECRETS["desktop"]})
        assert until(b.pending)
        clock.set(2 * HOUR - 2)
        assert until(lambda: told(b, "at-its-time"), 6)


@test
def durations_do_not_notice():
    for step in (5 * HOUR, -5 * HOUR):
        with clocked() as (sim, b, clock):
            assert b.branch("KEY-123") == 202
            assert until(lambda: len(sim.acts()) == 1)
            begun = time.monotonic()
            assert b.calendar("MEETING_ENDED", "m-1") == 202
            assert until(b.pending)
            clock.set(step)
            assert until(lambda: settings(b), 5)
            assert len(sim.acts()) == 1, "the wait of 3 seconds is over too soon"
            assert until(lambda: len(sim.acts()) == 2, 10)
            assert 2.5 < time.monotonic() - begun < 6, time.monotonic() - begun


@test
def a_call_in_flight_keeps_its_answer():
    with clocked() as (sim, b, clock):
        sim.fault(match="*", fault="delay", arg=2500, count=1)
        assert b.branch("KEY-123") == 202
        assert until(lambda: b.metrics()["clockwire_calls_in_flight"] == 1)
        clock.set(7 * HOUR)
        assert until(lambda: settings(b), 8)
        assert until(lambda: len(sim.acts()) == 1)
        attempts = [a for e in b.events() for c in e.get("calls", []) for a in c["attempts"]]
        assert not [a for a in attempts if a["verdict"] == "lost"], attempts


if __name__ == "__main__":
    if LIBRARY.exists():
        main()
    else:
        print(f"skipped: {LIBRARY} is not built")
        raise SystemExit(77)
