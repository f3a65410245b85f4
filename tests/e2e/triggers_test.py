"""The real daemon, killed at every moment: what rules have heard survives, and nothing comes twice."""

import random
import re
import signal
import sqlite3
import time

from bridge import ADA, SLOW, main, test, until, world

ABSENT = """
  - id: silent
    when: { absent: desktop.heartbeat, for: 2 seconds }
    then: { start: { task: KEY-123 } }
"""
COUNT = """
  - id: often
    when: { count: 3, of: desktop.heartbeat, within: 1 hour }
    then: { log: "${count}" }
"""
ALL = """
  - id: both
    when: { all: [desktop.heartbeat, calendar.meeting_ended], within: 1 hour }
    user: ada
    then: { log: "${event.type}" }
"""
EVERY = """
  - id: evening
    when: { every: mon-sun 20:00 }
    user: [ada, grace]
    then: { log: "${user.name}" }
"""


def killed(b):
    b.stop(signal.SIGKILL)
    b.start()


def told(b, rule):
    """The runs of a rule, as event names with their states."""
    return [(e["source"] + "." + e["type"], r["state"]) for e in b.events() for r in e["runs"]
            if r["rule"] == rule]


@test
def a_silence_survives_a_kill():
    with world(rules=ABSENT) as (sim, b):
        assert b.desktop("heartbeat") // 100 == 2
        began = time.monotonic()
        killed(b)
        (clock,) = b.pending("absent")
        out = b.command("pending").stdout
        assert "  absent desktop.heartbeat for 2 seconds: it fires then" in out, out
        assert clock["rule"] == "silent" and clock["person"] == "ada", clock
        assert until(lambda: sim.acts(ADA) == ["started"])
        assert time.monotonic() - began < 4 * SLOW
        killed(b)
        assert told(b, "silent") == [("clock.absent", "done")]
        assert b.pending("absent") == []
        out = b.command("why", "2").stdout
        assert re.search(r"^event 2  clock\.absent for ada, ", out), out
        assert re.search(r"silent +\S+  matched → start done", out), out
        out = b.command("why", "1", "--user", "ada").stdout
        assert "no: a sign of life for absent desktop.heartbeat for 2 seconds" in out, out
        assert "clock.absent" in b.command("events").stdout


@test
def a_silence_that_was_complete_while_nobody_listened():
    with world(rules=ABSENT) as (sim, b):
        b.desktop("heartbeat")
        b.stop(signal.SIGKILL)
        time.sleep(2.5)
        b.start()
        assert until(lambda: sim.acts(ADA) == ["started"])
        (event,) = [e for e in b.events() if e["type"] == "absent"]
        first = b.events()[0]["received"]
        assert event["received"] > first and event["runs"][0]["due"] == event["received"], event


@test
def kills_around_the_moment():
    """Twelve silences, a kill near each: every one is told once."""
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    with world(rules=ABSENT.replace("2 seconds", "300 milliseconds")) as (sim, b):
        for n in range(1, 13):
            assert b.desktop("heartbeat") // 100 == 2
            time.sleep(dice.uniform(0.2, 0.4))
            killed(b)
            assert until(lambda: len(told(b, "silent")) == n), (seed, told(b, "silent"))
        time.sleep(0.5)
        assert len(told(b, "silent")) == 12, (seed, told(b, "silent"))


@test
def counts_and_parts_survive():
    with world(rules=COUNT + ALL) as (sim, b):
        b.desktop("heartbeat")
        killed(b)
        b.desktop("heartbeat")
        assert told(b, "often") == []
        (count,) = b.pending("count")
        (part,) = [x for x in b.pending("all") if x.get("kind") == "all"]
        assert count["text"] == "2 came until now" and "value" not in count, count
        assert part["text"] == "1 of its parts came until now", part
        assert "count 3 of desktop.heartbeat within 1 hour: 2 came" in b.command("pending").stdout
        killed(b)
        b.desktop("heartbeat")
        assert until(lambda: told(b, "often") == [("desktop.heartbeat", "done")])
        assert told(b, "both") == []
        b.write(ALL.replace("both\n", "both\n    name: Both\n") + COUNT)  # the trigger stays as it was
        assert b.command("reload").returncode == 0
        assert until(lambda: b.log("configuration reloaded"))
        killed(b)
        b.calendar("MEETING_ENDED", "m1")
        assert until(lambda: told(b, "both") == [("calendar.meeting_ended", "done")])
        b.calendar("MEETING_ENDED", "m2")
        time.sleep(0.3)
        assert len(told(b, "both")) == 1


def missed(b, ms):
    """As if nothing had been handled for that long."""
    db = sqlite3.connect(b.folder / "journal.db")
    db.execute("UPDATE setting SET value = value - ? WHERE name = 'ticks_handled'", (ms,))
    db.commit()
    db.close()


@test
def schedules_that_were_missed():
    """Days without a daemon: the latest tick alone, once; kills in between change nothing."""
    with world(rules=EVERY) as (sim, b):
        assert b.events() == []
        b.stop(signal.SIGKILL)
        missed(b, 5 * 86400000)
        b.start()
        assert until(lambda: len(told(b, "evening")) == 2), b.log_text()
        killed(b)
        killed(b)
        (event,) = b.events()
        assert (event["source"], event["type"]) == ("clock", "tick") and "T" in event["received"]
        assert [r["person"] for r in event["runs"]] == ["ada", "grace"], event
        b.stop()
        b.write(EVERY.replace("20:00", "03:00"))  # new: it begins now
        missed(b, 5 * 86400000)
        b.start()
        time.sleep(0.3)
        assert len(b.events()) == 1, b.events()


@test
def the_clock_is_no_source():
    with world(start=False, rules=EVERY) as (sim, b):
        b.config = b.config.replace("  desktop:", "  clock:")
        b.write("")
        r = b.command("check")
        assert r.returncode == 1 and "`clock` stands for what time itself brings" in r.stderr + r.stdout, r


main()
