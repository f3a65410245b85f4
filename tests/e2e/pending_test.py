"""clockwire pending: everything that waits for a moment, by time, and the end of it by hand."""

import http.client
import re
import sqlite3

from bridge import ADA, CONFIG, RULES, main, test, until, world

LATER = RULES.replace("wait: 1 second", "wait: 2 hours") + """
  - id: greet
    when: desktop.active
    throttle: 1 hour
    then: { log: hello }
  - id: evening
    when: { every: mon-sun 20:00 }
    user: [ada, grace]
    then: { log: good night }
"""


def told(b, *words):
    r = b.command("pending", *words)
    assert r.returncode == 0, r.stderr
    return [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", re.sub(r"m[0-9a-f]{12}", "MARK", x))
            for x in r.stdout.splitlines()]


@test
def nothing_waits():
    with world() as (sim, b):
        assert told(b) == ["nothing waits"]


@test
def everything_by_time():
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.desktop("active", "grace")
        lines = told(b)
        assert lines[0] == "1 run, 1 throttle window, 1 schedule; times of Europe/Berlin", lines
        assert sorted(lines[1:]) == [
            "-              TIME  evening             2 people  every mon-sun 20:00",
            "1              TIME  stop-after-meeting  ada       stop (event 1)",
            "MARK  TIME  greet               grace     throttle: a further match does nothing until then"], lines
        shown = [x for x in b.pending("all") if "kind" in x]
        assert [x["due"] for x in shown] == sorted(x["due"] for x in shown), shown
        assert len(told(b, "--user", "grace@example.org")) == 3
        assert told(b, "--rule", "greet")[0] == "1 throttle window; times of Europe/Berlin"
        assert told(b, "--rule", "nobody") == ["nothing waits"]
        assert b.command("pending", "--user", "eve").returncode == 1
        b.write(LATER.replace("id: stop-after-meeting", "id: renamed").replace("id: greet", "id: hello"))
        assert b.command("reload").returncode == 0
        lines = "\n".join(told(b))
        assert "is lost then: there is no rule `stop-after-meeting` any more (event 1)" in lines, lines
        assert "throttle: its rule is gone" in lines, lines


@test
def what_counts_listens_and_is_remembered():
    rules = RULES + """
  - { id: six, when: { count: 6, of: desktop.active, within: 1 hour }, then: { log: six } }
  - { id: both, when: { all: [desktop.active, desktop.idle], within: 1 hour }, then: { log: both } }
  - { id: gone, when: { absent: desktop.active, for: 15 minutes }, then: { log: gone } }
  - { id: lunch, when: calendar.meeting_ended, user: "${event.attendees}",
      then: [{ set: { lunch: "at noon", for: 1 hour } }, { set: { mood: good } }] }
"""
    with world(rules=rules) as (sim, b):
        b.desktop("active")
        b.desktop("active")
        b.calendar("MEETING_ENDED", "m1")
        assert until(lambda: len(b.pending("state")) == 2)
        lines = told(b, "--user", "ada")
        assert "1 absence clock, 1 counter, 1 incomplete `all`, 2 facts; times of Europe/Berlin" in lines[0], lines
        body = "\n".join(re.sub(" +", " ", x) for x in lines)
        for line in ("TIME gone ada absent desktop.active for 15 minutes: it fires then, unless there is a sign of life",
                     "TIME six ada count 6 of desktop.active within 1 hour: 2 came until now",
                     "TIME both ada all [desktop.active, desktop.idle] within 1 hour: 1 of its parts came until now",
                     "TIME ada state.lunch is \"at noon\"", "for ever ada state.mood is \"good\""):
            assert line in body, (line, body)
        (clock,) = b.pending("absent")
        assert b.command("pending", "--cancel", clock["id"]).returncode == 0
        assert b.pending("absent") == []
        b.write(rules.replace("count: 6", "count: 7").replace("id: both", "id: pair"))
        out = re.sub(r"\S*/clockwire\.yaml:\d+", "FILE", b.command("plan").stdout)
        for line in ("  begins   six  7 of desktop.active within 1 hour\n", "  ends     six  6 of desktop.active within",
                     "  begins   pair  all [", "  ends     both  all [", "2 marks of 4 end\n",
                     "  count of six for ada ends: its rule has another trigger\n",
                     "  all of both for ada ends: its rule is gone\n"):
            assert line in out, (line, out)


@test
def ended_by_hand():
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.desktop("active", "ada")
        (run,), (mark,) = b.pending(), b.pending("throttle")
        assert b.command("pending", "--cancel", run["id"]).stdout == "cancelled\n"
        assert b.pending() == []
        ended = b.events()[0]["runs"][0]
        assert (ended["state"], ended["reason"]) == ("cancelled", "cancelled by hand"), ended
        assert b.log("run cancelled by hand")[0]["run"] == 1
        r = b.command("pending", "--cancel", run["id"])
        assert r.returncode == 1 and r.stderr == "run 1 has ended already: cancelled\n", r
        for wrong, said in (("77", "there is no run 77"), ("m000000000000", "nothing that waits has the id"),
                            ("x", "there is no run 0")):
            r = b.command("pending", "--cancel", wrong)
            assert r.returncode == 1 and said in r.stderr, r
        assert b.command("pending", "--cancel", mark["id"]).stdout == "cancelled\n"
        assert b.pending("throttle") == []
        b.desktop("active", "ada")
        assert until(lambda: len(b.log("hello")) == 2), "the window was dropped"
        assert "cancelled" in b.command("why", "1").stdout
        assert b.metrics()['clockwire_runs_total{state="cancelled"}'] == 1


@test
def left_in_peace():
    """Who has changed a timer by hand is among what waits, and can be ended."""
    with world(config=CONFIG.replace("  awork:\n    url", "  awork:\n    quiet: 1 hour\n    url")) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"])
        hand = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)
        hand.request("POST", "/api/v1/me/timetracking/pause", None, {"Authorization": "Bearer sim-token-ada"})
        assert hand.getresponse().status == 200
        hand.close()
        b.desktop("idle")
        assert until(lambda: len(told(b)) > 1), b.events()[-1]
        assert told(b) == ["1 quiet time; times of Europe/Berlin",
                           "MARK  TIME    ada  quiet: the timer was changed by hand; rules leave it alone until then"]
        mark = b.pending("quiet")[0]["id"]
        assert b.command("pending", "--cancel", mark).returncode == 0
        assert told(b) == ["nothing waits"]


@test
def many():
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.stop()
        db = sqlite3.connect(b.folder / "journal.db")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                   " INSERT INTO run SELECT i + 1, event, rule, person, 'k' || i, state, due_ms + 5000 - i,"
                   " changed_ms, condition, vars, reason, 0, 0 FROM n, run WHERE run.id = 1")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                   " INSERT INTO mark SELECT 'throttle', 'greet', 'ada', 'k' || i, '', due_ms + i FROM n, run"
                   " WHERE run.id = 1")
        db.commit()
        db.close()
        b.start()
        shown = b.pending("all")
        assert shown[0]["pending"] == {"run": 5001, "throttle": 5000, "tick": 1}, shown[0]
        assert shown[-1]["more"] == 9002 and len(shown) == 1002, shown[-1]
        due = [x["due"] for x in shown[1:-1]]
        assert due == sorted(due) and {x["kind"] for x in shown[1:-1]} >= {"run", "throttle"}
        assert told(b)[-1].startswith("... and 9002 more"), told(b)[-1]
        last = b.pending("throttle")[-1]
        assert b.command("pending", "--cancel", last["id"]).returncode == 0


if __name__ == "__main__":
    main()
