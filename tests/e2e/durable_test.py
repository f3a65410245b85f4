"""Time that survives: an older journal, a clock that was set back, kill -9 around due times."""

import json
import os
import random
import re
import signal
import sqlite3
import time

from bridge import ADA, GRACE, ROOT, RULES, main, test, until, world

LATER = RULES.replace("wait: 1 second", "wait: 2 hours")
PLAN = """
  - id: plan-ahead
    when: calendar.created
    user: ${event.attendees}
    at: ${event.start}
    key: ${event.uid}
    throttle: 3 hours
    then: { start: { task: KEY-7 } }
"""


def query(b, sql, *values):
    """Of a journal that no daemon holds."""
    db = sqlite3.connect(b.folder / "journal.db")
    rows = db.execute(sql, values).fetchall()
    db.commit()
    db.close()
    return rows


def old_journal(b, version, age_ms):
    """Makes the journal of tests/journals, `age_ms` after it was written."""
    text = (ROOT / "tests" / "journals" / f"{version}.sql").read_text()
    now = time.time_ns() // 1000000
    text = re.sub(r"\b17958\d{8}\b", lambda m: str(int(m[0]) - 1795813352334 + now - age_ms), text)
    db = sqlite3.connect(b.folder / "journal.db", isolation_level=None)
    db.executescript("PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=1668770412;"
                     f"PRAGMA user_version={version}; PRAGMA journal_mode=WAL;" + text)
    db.close()


@test
def a_journal_of_schema_1():
    """What was pending in a journal of the first build goes on, and nothing happens twice."""
    with world(start=False, rules=LATER + PLAN) as (sim, b):
        old_journal(b, 1, 1000)
        b.start()
        assert until(lambda: sim.acts(GRACE) == ["started"]), b.log_text()
        assert [(x["rule"], x["person"]) for x in b.pending()] == \
            [("stop-after-meeting", "ada"), ("plan-ahead", "grace")]
        assert len(b.events()) == 7 and sim.acts(ADA) == []
        b.calendar("MEETING_ENDED", "m1")  # known already
        assert len(b.events()) == 7
        b.stop()
        (waits,) = query(b, "SELECT due_ms - changed_ms FROM run WHERE id = 2")[0]
        assert waits == 7200000, waits
    with world(start=False, rules=LATER + PLAN) as (sim, b):
        old_journal(b, 1, 7200000 - 1500)  # it is due in a moment
        b.start()
        assert until(lambda: b.events()[1]["runs"][0]["state"] == "done"), b.events()[1]


@test
def a_clock_that_was_set_back():
    """A wait keeps the time that it had to go; an `at` is a moment of the calendar and stays."""
    with world(rules=RULES.replace("wait: 1 second", "wait: 3 seconds") + PLAN) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"])
        b.calendar("MEETING_ENDED", "m1")
        began = time.monotonic()
        b.stop()
        hour = 3600000  # the journal was written by a clock that stood an hour later
        query(b, "UPDATE run SET due_ms = due_ms + ?, changed_ms = changed_ms + ?", hour, hour)
        query(b, "UPDATE event SET received_ms = received_ms + ?", hour)
        query(b, "UPDATE setting SET value = value + ? WHERE name = 'clock.reached'", hour)
        query(b, "INSERT INTO run SELECT 99, event, 'plan-ahead', 'grace', 'x', 0, due_ms, changed_ms, '',"
              " '{}', '', 1, 0 FROM run WHERE rule = 'stop-after-meeting'")
        b.start()
        (line,) = b.log("the clock was set back: what waits has as long to go as it had then")
        assert 3595 <= line["seconds"] <= 3600, line
        assert until(lambda: sim.acts(ADA) == ["started", "stopped"], 6), b.pending()
        assert 2.5 <= time.monotonic() - began < 30
        (left,) = b.pending()
        assert left["person"] == "grace", left
        b.stop(signal.SIGKILL)
        b.start()
        assert len(b.log("the clock was set back: what waits has as long to go as it had then")) == 1


MANY = """
  - id: later
    when: github.push
    user: github:${event.sender.login}
    key: ${event.n}
    mode: parallel
    wait: 2 seconds
    then: { start: { task: "${event.task}", note: "n${event.n}" } }
"""


@test
def killed_around_due_times():
    """Each wait ends in exactly one start, wherever kill -9 falls: before, at and after due times."""
    dice = random.Random(int(os.environ.get("CW_KILL_SEED", "20260302")))
    with world(rules=MANY) as (sim, b):
        tasks = ["KEY-123", "KEY-7", "AW-117"]
        kills = 0
        for n in range(36):
            sent = until(lambda: b.push({"ref": "x", "sender": {"login": "ada-l"}, "n": n, "task": tasks[n % 3]},
                                        f"later-{n}") in (200, 202))
            assert sent
            time.sleep(dice.uniform(0.02, 0.12))
            if n % 3 == 2:
                b.stop(signal.SIGKILL)
                kills += 1
                time.sleep(dice.uniform(0, 0.4))
                b.start()
        for _ in range(6):  # and while nothing comes any more
            time.sleep(dice.uniform(0.05, 0.5))
            b.stop(signal.SIGKILL)
            b.start()

        def notes():
            got = []
            for x in sim.log(effect="started"):
                body = x["body"] if isinstance(x["body"], dict) else json.loads(x["body"])
                got.append(body["note"])
            return got
        until(lambda: len(set(notes())) == 36, 20)
        assert sorted(notes()) == sorted(f"n{n}" for n in range(36)), notes()
        assert b.pending() == [] and all(e["runs"][0]["state"] == "done" for e in b.events())


if __name__ == "__main__":
    main()
