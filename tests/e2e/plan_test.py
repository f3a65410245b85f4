"""clockwire plan and reload: what a configuration changes, told before it is taken over and after."""

import json
import re
import signal
import sqlite3
import time

from bridge import ADA, CONFIG, RULES, main, test, until, world

LATER = RULES.replace("wait: 1 second", "wait: 2 hours")


def text(r):
    return re.sub(r"\S*/clockwire\.yaml(:\d+)?", "FILE", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", r.stdout))


def lines(r):
    return [json.loads(x) for x in r.stdout.splitlines()]


def only(r, key):
    return [x for x in lines(r) if key in x]


@test
def nothing_changes():
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        r = b.command("plan")
        assert r.returncode == 0, r.stderr
        assert text(r) == ("FILE: 4 rules, none of them changed, 3 sources, 2 people\n"
                           "1 run is waiting (1 as before)\n"
                           "  run 1  stop-after-meeting for ada, due TIME Europe/Berlin\n"
                           "      keeps: stop\n"
                           "nothing was changed; `clockwire reload` does it\n"), r.stdout
        (run,) = only(b.command("plan", "--json"), "run")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0[12]:00", run["due"]), run
        assert run["fate"] == "kept" and run["person"] == "ada" and run["event"] == 1, run
        assert not b.log("configuration reloaded")


@test
def a_plan_then_the_reload():
    """The plan is what happens: a run whose rule goes is lost, unless the rule is back in time."""
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.write(LATER.replace("id: stop-after-meeting", "id: renamed").replace("then: resume", "then: stop"))
        r = b.command("reload", "--dry-run")
        told = text(r)
        assert r.returncode == 0 and not b.log("configuration reloaded"), r
        assert told == (
            "FILE: 4 rules (1 new, 1 gone, 1 changed), 3 sources, 2 people\n"
            "  new      renamed  FILE\n"
            "  changed  resume-on-return  FILE\n"
            "  gone     stop-after-meeting  FILE\n"
            "1 run is waiting (1 lost)\n"
            "  run 1  stop-after-meeting for ada, due TIME Europe/Berlin\n"
            "      is lost at its time, unless that is mended: there is no rule `stop-after-meeting` any more\n"
            "nothing was changed; `clockwire reload` does it\n"), told
        r = b.command("reload")
        assert r.returncode == 0, r
        assert text(r) == told.replace("nothing was changed; `clockwire reload` does it",
                                       "the new configuration is in force"), r.stdout
        (line,) = b.log("configuration reloaded")
        assert (line["new"], line["gone"], line["changed"], line["runs_lost"], line["runs_kept"]) \
            == (1, 1, 1, 1, 0), line
        assert [x["fate"] for x in b.pending()] == ["lost"]
        b.write(LATER)
        (run,) = only(b.command("reload", "--json"), "run")
        assert run["fate"] == "back" and run["text"] == "stop", run


@test
def a_rule_that_comes_back_in_time_acts():
    with world(rules=RULES.replace("wait: 1 second", "wait: 2 seconds")) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"])
        b.calendar("MEETING_ENDED", "m1")
        kept = b.file.read_text()
        b.write(RULES.replace("id: stop-after-meeting", "id: renamed"))
        assert b.command("reload").returncode == 0
        b.file.write_text(kept)
        assert b.command("reload").returncode == 0
        assert until(lambda: sim.acts(ADA) == ["started", "stopped"]), b.events()
        b.calendar("MEETING_ENDED", "m2")
        b.write(RULES.replace("id: stop-after-meeting", "id: renamed"))
        assert b.command("reload").returncode == 0
        run = until(lambda: b.events()[-1]["runs"][0]["state"] == "lost" and b.events()[-1]["runs"][0])
        assert run and run["reason"] == "there is no rule `stop-after-meeting` any more", b.events()[-1]


@test
def what_becomes_of_each():
    """Changed, disabled, without its person: each is told with what will become of it."""
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.calendar("MEETING_ENDED", "m2", email="grace@example.org")

        def fates(rules, config=None):
            whole = b.config
            b.config = config or whole
            b.write(rules)
            b.config = whole
            r = b.command("plan", "--json")
            assert r.returncode == 0, r.stderr
            return {x["person"]: (x["fate"], re.sub(r"/\S*/", "", x["text"])) for x in only(r, "run")}, lines(r)
        got, _ = fates(LATER.replace("then: stop\n", "then: { pause: {} }\n"))
        assert got == {"ada": ("changed", "pause"), "grace": ("changed", "pause")}, got
        got, _ = fates(LATER.replace("- id: stop-after-meeting", "- enabled: false\n    id: stop-after-meeting"))
        assert got["ada"] == ("refused", "the rule is not enabled any more (clockwire.yaml, line 36)"), got
        got, all_lines = fates(LATER, b.config.replace("  grace:", "  hopper:"))
        assert got == {"ada": ("kept", "stop"), "grace": ("lost", "there is no user `grace` any more")}, got
        got, _ = fates(LATER.replace("then: stop\n", "then: { log: \"${event.title}\" }\n"))
        assert got["ada"][0] == "refused" and "event.title" in got["ada"][1], got
        _, all_lines = fates(LATER, b.config.replace("body: 64 KiB", "body: 64 KiB, queue: 7")
                             .replace("listen: \"127.0.0.1:", "listen: \"127.0.0.2:"))
        assert [x["restart"] for x in all_lines if "restart" in x] == ["server.listen", "server.limits.queue"]


@test
def another_file_and_faults():
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        other = b.folder / "next.yaml"
        other.write_text(b.file.read_text().replace("id: stop-after-meeting", "id: renamed"))
        r = b.command("plan", str(other))
        assert r.returncode == 0 and "next.yaml: 4 rules (1 new, 1 gone)" in r.stdout, r
        assert b.command("plan").stdout.count("keeps: stop") == 1
        assert b.command("plan", str(b.folder / "none.yaml")).returncode == 1
        b.write(LATER.replace("timer: running }\n    wait", "timmer: running }\n    wait"))
        for words, said in ((["plan"], "nothing was changed; a reload would be refused"),
                            (["reload", "--dry-run"], "nothing was changed; a reload would be refused"),
                            (["reload"], "the configuration has faults; the old one goes on")):
            r = b.command(*words)
            assert r.returncode == 1 and not r.stdout, (words, r)
            assert r.stderr.endswith(said + "\n") and "timmer" in r.stderr and "^" in r.stderr, r.stderr
        assert b.metrics()['clockwire_reloads_total{result="failed"}'] == 1
        b.write(LATER)
        assert b.command("reload").returncode == 0
        assert b.command("reload", "--coverage").returncode == 64


def days(*all_days):
    return "BEGIN:VCALENDAR\n" + "".join(
        f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{x}\nEND:VEVENT\n" for x in all_days) + "END:VCALENDAR\n"


@test
def calendar_files():
    """A file of hours that has other days is named, although no line of the configuration changed."""
    hours = 'hours:\n  work: { windows: ["mon-sun 00:00-24:00"], except: [free.ics] }\nrules:\n'
    during = "  - { id: d, when: desktop.active, if: { during: work }, then: { log: x } }\n"
    with world(start=False, rules=RULES + during, config=CONFIG.replace("rules:\n", hours)) as (sim, b):
        (b.folder / "free.ics").write_text(days("20300101"))
        b.start()
        b.desktop("active")
        assert only(b.command("plan", "--json"), "calendar") == []
        (b.folder / "free.ics").write_text(days("20300101", "20300101"))
        assert only(b.command("plan", "--json"), "calendar") == [], "the same days"
        (b.folder / "free.ics").write_text(days("20300101", "20300102"))
        assert only(b.command("plan", "--json"), "calendar") == [{"calendar": "free.ics", "change": "changed"}]
        assert "\n  changed  free.ics\n" in b.command("plan").stdout, b.command("plan").stdout
        assert "changed  free.ics" in b.command("reload").stdout
        assert only(b.command("plan", "--json"), "calendar") == []
        assert "users, teams or hours were changed since" in b.command("why", "1").stdout
        b.write((RULES + during))
        b.file.write_text(b.file.read_text().replace("[free.ics]", "[other.ics]"))
        (b.folder / "other.ics").write_text(days("20300101"))
        assert only(b.command("plan", "--json"), "calendar") == [
            {"calendar": "other.ics", "change": "new"}, {"calendar": "free.ics", "change": "gone"}]


@test
def many_runs():
    """100,000 runs wait: the plan counts them all, shows some, and stays quick."""
    with world(rules=LATER) as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        b.stop()
        db = sqlite3.connect(b.folder / "journal.db")
        db.execute("INSERT INTO run SELECT id, event, rule, person, key, state, due_ms, changed_ms, condition, vars,"
                   " reason, 0, 0 FROM (WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100100)"
                   " SELECT i id, event, CASE i % 2 WHEN 0 THEN rule ELSE 'gone' END rule, person, 'k' || i key,"
                   " state, due_ms + i due_ms, changed_ms, condition, vars, reason FROM n, run WHERE run.id = 1)")
        db.commit()
        db.close()
        b.start()
        began = time.monotonic()
        r = b.command("plan", "--json")
        seconds = time.monotonic() - began
        (head,) = only(r, "plan")
        assert head["runs"]["kept"] + head["runs"]["still"] == 100000 and head["runs"]["unseen"] == 100, head
        assert len(only(r, "run")) == 200 and len(r.stdout) < 200000, len(r.stdout)
        assert [x["n"] for x in only(r, "more")] == [49899, 49901], only(r, "more")
        print(f"        100,000 runs: {seconds:.2f} s")
        b.process.send_signal(signal.SIGHUP)
        (line,) = until(lambda: b.log("configuration reloaded"), 30)
        assert line["runs_kept"] == 50001, line


if __name__ == "__main__":
    main()
