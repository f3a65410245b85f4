"""clockwire why: each rule and person in one line, from the journal and the rules of today."""

import json
import re

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
        assert re.fullmatch(r"event 1  calendar\.meeting_ended for ada, \d{4}-\d\d-\d\d TIME UTC", out[0]), out
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
        assert b.command("why", "one").returncode == 64
        assert b.push(b'{"ref": ') == 400
        out = lines(b, "2")
        assert "note: " in out[1] and len(out) == 2, out


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
        assert told["renamed"].startswith("by today's rules it matches"), told


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
