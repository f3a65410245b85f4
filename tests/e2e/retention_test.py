"""Retention: what has ended goes, with its keys; what waits or is dead stays; no number comes twice."""

import bridge
from bridge import main, test, until, world

CONFIG = bridge.CONFIG.replace('"sqlite:journal.db"', '"sqlite:journal.db", keep: { done: 2 seconds, dead: 1 hour }')
RULES = bridge.RULES + """
  - id: much-later
    when: desktop.idle
    wait: 1 hour
    then: { log: later }
"""


def numbers(b):
    return [e["event"] for e in b.events() if "event" in e]


def deleted(b):
    return b.metrics()["clockwire_events_deleted_total"]


@test
def what_has_ended_goes():
    with world(config=CONFIG, rules=RULES) as (sim, b):
        assert b.branch("KEY-123") == 202
        assert b.desktop("idle") == 202  # one of its rules waits for an hour
        assert b.branch("NONE-1", note="no such task") == 202  # dead
        assert until(lambda: len(sim.acts()) >= 1)
        assert until(lambda: deleted(b) == 1), b.metrics()
        assert numbers(b) == [2, 3], numbers(b)
        gone, never = b.command("why", "1"), b.command("why", "9")
        assert gone.returncode == 1 and "event 1 is not kept any more" in gone.stderr, gone
        assert "there is no event 9" in never.stderr
        assert b.command("why", "3").returncode == 0
        assert b.branch("NONE-1", note="no such task") == 202  # known: its event is kept
        assert numbers(b) == [2, 3], numbers(b)
        assert b.branch("KEY-123") == 202  # its event has gone, and it is news again
        assert until(lambda: 4 in numbers(b)), numbers(b)
        assert len(b.pending()) == 1


@test
def no_number_comes_twice():
    with world(config=CONFIG) as (sim, b):
        for n in range(3):
            assert b.branch("KEY-123", n=n) == 202
        assert until(lambda: numbers(b) == []), numbers(b)
        b.stop()
        b.start()
        assert b.branch("KEY-123", n=7) == 202
        assert until(lambda: numbers(b) == [4]), numbers(b)


@test
def a_reload_changes_it():
    with world(config=CONFIG.replace("done: 2 seconds", "done: 1 hour")) as (sim, b):
        assert b.branch("KEY-123") == 202
        b.config = CONFIG
        b.write(bridge.RULES)
        assert b.command("reload").returncode == 0
        assert until(lambda: deleted(b) == 1)


if __name__ == "__main__":
    main()
