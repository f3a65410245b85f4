"""clockwire why: each rule and person in one line, from the journal and the rules of today."""

import json
import re
import sqlite3

from bridge import CONFIG, RULES, main, test, until, world


def why(b, *words):
    r = b.command("why", *words)
    return r.returncode, [re.sub(r"\S*/clockwire\.yaml:\d+ +", "FILE ",
                                 re.sub(r"\d\d:\d\d:\d\d", "TIME", x)) for x in r.stdout.splitlines()], r.stderr


def lines(b, *words):
    code, out, err = why(b, *words)
    assert code == 0, (code, err)
    return out


def objects(b, *words):
    r = b.command("why", *words, "--json")
    assert r.returncode == 0, r.stderr
    return [json.loads(x) for x in r.stdout.splitlines()]


def line_of(b, rule, *words):
    (line,) = [o for o in objects(b, *words, "--rule", rule) if "rule" in o]
    return line


@test
def waits_then_cancelled():
    """The run is told as it goes; the cancelling event is named, and says what it did."""
    rules = RULES.replace("wait: 1 second", "wait: 5 minutes")
    with world(rules=rules) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        out = lines(b, "1")
        assert re.fullmatch(r"event 1  calendar\.meeting_ended for ada, \d{4}-\d\d-\d\d TIME Europe/Berlin", out[0]), out
        assert len(out) == 5, out
        assert re.fullmatch(r"  track-branch +FILE  ?no: when is github\.push", out[1]), out
        assert re.fullmatch(r"  stop-after-meeting +FILE +matched → wait 5 minutes → it waits until (\S+ )?TIME",
                            out[2]), out
        assert re.fullmatch(r"  pause-when-idle +FILE +no: when is desktop\.idle", out[3]), out
        b.calendar("MEETING_STARTED", "m2")
        told = line_of(b, "stop-after-meeting", "1")
        assert re.fullmatch(r"matched → wait 5 minutes → cancelled \d\d:\d\d:\d\d by "
                            r"calendar\.meeting_started \(event 2\)", told["text"]), told
        assert told["matched"] and re.fullmatch(r".*clockwire\.yaml:\d+", told["place"]), told
        told = line_of(b, "stop-after-meeting", "2")
        assert told["text"].startswith("cancels") and told["matched"], told


@test
def acted_and_did_not():
    with world() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts() == ["started"])
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done")
        text = line_of(b, "track-branch", "1")["text"]
        assert re.fullmatch(r"matched → start done \d\d:\d\d:\d\d, log done \d\d:\d\d:\d\d", text), text
        b.push({"ref": "refs/heads/main", "sender": {"login": "ada-l"}}, "two")
        told = line_of(b, "track-branch", "2")
        assert told["text"] == "no: event.ref is refs/heads/main, which does not match " \
            "^refs/heads/feat/(?<task>[A-Z]{2,}-\\d+)" and not told["matched"], told
        assert told["place"].split(":")[-1] != "0", told
        b.calendar("MEETING_ENDED", "m1", email="grace@example.org")
        text = until(lambda: "skipped" in line_of(b, "stop-after-meeting", "3")["text"]
                     and line_of(b, "stop-after-meeting", "3")["text"])
        assert re.search(r"wait 1 second → stop skipped .*: not so: the timer is stopped", text), text


@test
def by_the_id_of_the_sender():
    with world() as (sim, b):
        b.branch("KEY-123", delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958")
        b.branch("KEY-123", delivery="77", n=1)
        b.calendar("MEETING_ENDED", "m1")
        for word in ("72d3162e-cc78-11e3-81ab-4c9367dc0958", "72D3162E", "72d3162e-cc"):
            assert lines(b, word)[0].startswith("event 1  github.push for ada"), lines(b, word)
        assert lines(b, "77")[0].startswith("event 2  github.push"), lines(b, "77")
        assert lines(b, "2")[0].startswith("event 2  "), lines(b, "2")  # the number comes first
        for word in ("72d3162", "nobody", "99"):
            code, out, err = why(b, word)
            number = f"there is no event {word}, and " if word == "99" else ""
            assert (code, out) == (1, []), out
            assert err == f"clockwire: {number}none of the last 3 has the id {word}\n", err
        assert [o["event"] for o in objects(b, "72d3162e") if "event" in o] == [1]


@test
def people():
    """One block for each person; --user picks one, by name or alias."""
    with world() as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        assert b.command("why", "1", "--user", "eve").returncode == 1
        code, out, err = why(b, "1", "--user", "grace@example.org")
        assert code == 0 and " for grace, " in out[0], out
        assert not any("wait 1 second" in x for x in out), out
        b.desktop("idle", user="eve")
        told = line_of(b, "pause-when-idle", "2")
        assert told["text"] == "no: nobody has the name or alias eve" \
            or "eve" in told["text"], told


@test
def faults():
    with world() as (sim, b):
        b.desktop("idle")
        for words, text in ((["7"], "there is no event 7"), (["1", "--rule", "no-such"], "no rule `no-such`"),
                            (["1", "--user", "no such&x=%"], "no user `no such&x=%`")):
            code, out, err = why(b, *words)
            assert code == 1 and text in err and not out, (words, code, out, err)
        assert b.command("why").returncode == 64
        assert b.command("why", "one").returncode == 1
        assert b.push(b'{"ref": ') == 400
        out = lines(b, "2")
        assert "note: " in out[1] and len(out) == 2, out


@test
def ends_of_runs():
    """Each way in which a run ends is told in its line."""
    rules = RULES.replace("wait: 1 second", "wait: 5 minutes") + """
  - id: greet
    when: desktop.active
    throttle: 1 hour
    final: true
    then: { log: hello }
  - id: second
    when: desktop.active
    then: { log: never }
  - id: shadow
    when: desktop.idle
    dry_run: true
    then: { log: "would ${event.id}" }
"""
    with world(rules=rules) as (sim, b):
        def text(rule, event, pattern):
            got = until(lambda: re.fullmatch(pattern, line_of(b, rule, str(event))["text"]), 5)
            assert got, (line_of(b, rule, str(event))["text"], pattern)
        time_ = r"\d\d:\d\d:\d\d"
        b.calendar("MEETING_ENDED", "m1")
        b.calendar("MEETING_ENDED", "m2")
        text("stop-after-meeting", 1, "matched → wait 5 minutes → replaced " + time_
             + r" by calendar\.meeting_ended \(event 2\)")
        assert b.command("pending", "--cancel", b.pending()[0]["id"]).returncode == 0
        text("stop-after-meeting", 2, "matched → wait 5 minutes → cancelled " + time_ + " by hand")
        b.desktop("active")
        b.desktop("active")
        text("greet", 3, "matched → log done " + time_)
        text("greet", 4, f"matched → refused {time_}: throttled until (\\S+ )?{time_} \\(.*, line \\d+\\)")
        text("second", 3, f"matched → refused {time_}: stopped by rule `greet`, which is final .*")
        b.desktop("idle", ident="x-1")
        text("shadow", 5, 'matched → dry run: would log {"text":"would x-1"}')
        b.branch("NO-404")
        text("track-branch", 6, f"matched → start dead {time_}: awork knows no task NO-404, log skipped {time_}: "
             "an earlier step failed")
        sim.fault(match="POST", fault="status", arg=503, count=100)
        b.branch("KEY-123")
        text("track-branch", 7, f"matched → start tries again {time_}: .*503.*, log waits for its turn")


@test
def a_run_by_its_number():
    with world(rules=RULES.replace("wait: 1 second", "wait: 5 minutes")) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        out = lines(b, "run", b.pending()[0]["id"])
        assert len(out) == 2 and "wait 5 minutes" in out[1], out
        code, _, err = why(b, "run", "77")
        assert code == 1 and "there is no run 77" in err
        b.write(RULES.replace("id: stop-after-meeting", "id: renamed"))
        assert b.command("reload").returncode == 0
        out = lines(b, "run", "1")
        assert "it waits until" in out[-1] and out[-1].endswith(
            "and will come to nothing: there is no rule `stop-after-meeting` any more"), out


@test
def nobody_has_this_name():
    """Unknown people are kept with the event, with lines that are ready to be pasted."""
    with world() as (sim, b):
        b.calendar("MEETING_ENDED", "m1", email="Eve.Adams@example.org")
        b.calendar("MEETING_ENDED", "m2", email="grace@new.example.org")
        assert b.events()[0]["reason"] == "nobody has the name or alias Eve.Adams@example.org", b.events()
        out = lines(b, "1")
        assert out[1] == "  note: nobody has the name or alias Eve.Adams@example.org", out
        assert out[2] == '  to paste into users: eve_adams: { awork: Eve.Adams@example.org, ' \
            'aliases: ["Eve.Adams@example.org"] }', out
        assert any("no: nobody has the name or alias Eve.Adams@example.org" in x for x in out), out
        out = lines(b, "2")
        assert out[2] == '  to paste into users: add "grace@new.example.org" to the aliases of grace', out
        config = b.config
        b.config = config.replace("aliases: [grace@example.org", "aliases: [grace@new.example.org, grace@example.org")
        b.write(RULES)
        assert b.command("reload").returncode == 0
        out = lines(b, "2", "--rule", "stop-after-meeting")
        assert re.fullmatch("  note: users, teams or hours were changed since, at TIME", out[2]), out
        assert out[-1].endswith("by today's rules it matches; when the event came it did not"), out


@test
def why_not():
    """What became of the events that concern a rule and a person, up to a time."""
    rules = RULES + """
  - id: at-night
    when: desktop.idle
    if: { during: night }
    then: { log: late }
"""
    with world(rules=rules, config=CONFIG.replace("users:", "hours: { night: sun 03:00-03:01 }\nusers:", 1)) \
            as (sim, b):
        assert lines(b, "--rule", "at-night", "--user", "ada")[1] == "  no event had come by then"
        b.desktop("active", "ada")
        b.desktop("idle", "grace")
        b.desktop("idle", "ada")
        code, out, err = why(b, "--rule", "at-night", "--person", "ada@example.org")
        assert code == 0 and len(out) == 3, (out, err)
        assert re.fullmatch(r"at-night for ada  \S+/clockwire.yaml:\d+, until \S+ TIME Europe/Berlin", out[0]), out
        assert re.fullmatch(r"  event 3  \S+ TIME  desktop\.idle  no: during night: \d\d:\d\d ... Europe/Berlin "
                            r"is outside sun 03:00-03:01 \(line \d+\)", out[1]), out
        assert re.fullmatch(r"  looked at 3 events, back to \S+ TIME; 1 of them would fit but is about others",
                            out[2]), out
        out = lines(b, "--rule", "pause-when-idle", "--user", "ada")
        assert re.fullmatch(r"  event 3  \S+ TIME  desktop\.idle  matched → pause skipped TIME: .*", out[1]), out
        out = lines(b, "--rule", "pause-when-idle", "--user", "ada", "--at", "2026-01-05 10:00")
        assert out[1:] == ["  no event had come by then"], out
        out = lines(b, "--rule", "pause-when-idle", "--user", "ada", "--at", "2100-01-05T10:00:00Z")
        assert "event 3" in out[1], out
        code, _, err = why(b, "--rule", "at-night", "--user", "ada", "--at", "tea time")
        assert code == 1 and '"tea time" is no time' in err, err
        assert why(b, "--rule", "at-night")[0] == 64 and why(b, "--at", "1 hour")[0] == 64
        out = lines(b, "--user", "grace")
        assert out[1].startswith("event 2  desktop.idle for grace, ") and len(out) == 5, out
        assert "pause-when-idle" in out[2] and "at-night" in out[3], out
        assert lines(b, "--rule", "track-branch", "--user", "ada")[1:][0] == \
            "  none of them concerns this user and rule"
        found = objects(b, "--rule", "at-night", "--user", "ada")
        assert found[0]["why_not"] == "at-night" and found[1]["event"] == 3 and found[2]["looked"] == 3, found


@test
def why_not_long_ago():
    """It looks at a part of the events at a time, and goes on."""
    with world() as (sim, b):
        b.desktop("idle", "ada")
        b.push({"ref": "refs/heads/main", "sender": {"login": "ada-l"}}, "x")
        b.stop()
        db = sqlite3.connect(b.folder / "journal.db")
        db.execute("WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO event"
                   " SELECT i, received_ms, source, type, id || i, verdict, codec, reason, used, payload FROM n, event"
                   " WHERE seq = 2")
        db.commit()
        db.close()
        b.start()
        out = lines(b, "--rule", "pause-when-idle", "--user", "ada")
        assert len(out) == 3 and out[1].startswith("  event 1  ") and "looked at 5000 events" in out[2], out
        found = objects(b, "--rule", "pause-when-idle", "--user", "ada")
        assert [o["looked"] for o in found if "looked" in o] == [2000, 2000, 1000], found
        assert [o["event"] for o in found if "event" in o] == [1], found


@test
def after_reload_the_age_is_told():
    """A rule that was written anew says so; one that was not speaks as on the day."""
    with world() as (sim, b):
        b.push({"ref": "refs/heads/main", "sender": {"login": "ada-l"}}, "one")
        before = line_of(b, "track-branch", "1")["text"]
        assert "as the rule reads" not in before
        b.write(RULES.replace("then: resume", "then: stop"))
        assert b.command("reload").returncode == 0
        assert line_of(b, "track-branch", "1")["text"] == before
        assert re.fullmatch(r"no: when is desktop\.active \(as the rule reads since \d\d:\d\d:\d\d\)",
                            line_of(b, "resume-on-return", "1")["text"])
        b.stop()
        b.start()
        assert line_of(b, "track-branch", "1")["text"] == before
        assert "as the rule reads since" in line_of(b, "resume-on-return", "1")["text"]


@test
def after_reload_and_restart():
    """The run's story outlives its rule and the daemon; the others answer by today's rules."""
    with world() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done")
        b.write(RULES.replace("id: track-branch", "id: renamed"))
        b.stop()
        b.start()
        told = {o["rule"]: o["text"] for o in objects(b, "1") if "rule" in o}
        assert told["track-branch"].startswith("matched → start done"), told
        assert told["renamed"].startswith("by today's rules it matches; when the event came it did not (as the"), told


@test
def payloads_none():
    config = CONFIG.replace('journal: { store: "sqlite:journal.db" }',
                            'journal: { store: "sqlite:journal.db", payloads: none }')
    assert config != CONFIG
    with world(config=config) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done")
        out = lines(b, "1")
        assert "payloads: none" in out[1], out
        assert len(out) == 3 and "matched → start done" in out[2] and "FILE" in out[2], out


if __name__ == "__main__":
    main()
