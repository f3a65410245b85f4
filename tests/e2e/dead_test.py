"""clockwire dead: what can never succeed is listed with its whole story, retried or dropped by hand."""

import json
import re
import signal

from bridge import CONFIG, RULES, Unix, main, test, until, world


def letters(b, *words):
    r = b.command("dead", "--json", *words)
    assert r.returncode == 0, r.stderr
    return [json.loads(x) for x in r.stdout.splitlines()]


def die(sim, b, note, login="ada-l"):
    """A start that awork refuses for good."""
    before = len(letters(b))
    sim.fault(match="POST", fault="status", arg=400, count=1)
    b.branch("KEY-123", login=login, note=note)
    assert until(lambda: len(letters(b)) == before + 1), b.events()


def runs(b):
    return [r for e in b.events() for r in e["runs"]]


@test
def none():
    with world() as (sim, b):
        assert b.command("dead").stdout == "there are no dead letters\n"
        assert letters(b) == []
        assert b.command("dead", "--retry", "all").stdout == "0 dead letters retried\n"
        assert b.command("dead", "--drop", "all").stdout == "0 dead letters dropped\n"


@test
def the_whole_story():
    with world() as (sim, b):
        die(sim, b, "first")
        (told,) = letters(b)
        assert (told["call"], told["event"], told["source"], told["type"]) == (1, 1, "github", "push"), told
        assert (told["rule"], told["person"], told["action"]) == ("track-branch", "ada", "start"), told
        assert told["args"] == {"task": "KEY-123", "note": "first"} and told["reason"].startswith("awork answered 400")
        assert told["received"] and told["created"] and told["changed"] and told["state"] == "dead", told
        last = told["attempts"][-1]
        assert last["request"].endswith("/timetracking/start") and last["status"] == 400, told["attempts"]
        assert last["verdict"] == "dead" and last["answer"] and last["begun"] and last["ended"], last
        text = b.command("dead").stdout
        for part in ("call 1  ", "  start for ada\n", "rule track-branch, event 1: github.push, received 2",
                     '{"task":"KEY-123","note":"first"}', "/timetracking/start  400 dead\n", "      answered {"):
            assert part in text, (part, text)
        assert b.metrics()["clockwire_dead_letters"] == 1
        assert "sim-api-key" not in text and "sim-token" not in text


@test
def retried():
    """The letter becomes a new call, and the steps behind it go along; a second retry is refused."""
    with world() as (sim, b):
        die(sim, b, "first")
        assert until(lambda: runs(b)[0]["state"] == "failed")
        assert b.command("dead", "--retry", "1").stdout == "call 1 is retried as call 3\n"
        assert until(lambda: runs(b)[0]["state"] == "done"), b.events()
        assert sim.acts() == ["started"], sim.acts()
        (event,) = b.events()
        told = [(c["call"], c["action"], c["state"], c["reason"] if "reason" in c else "") for c in event["calls"]]
        assert [x[:3] for x in told] == [(1, "start", "retried"), (2, "log", "retried"), (3, "start", "done"),
                                         (4, "log", "done")], told
        assert told[0][3].endswith("; retried by hand as call 3") and told[0][3].startswith("awork answered 400")
        assert until(lambda: b.log("ada on KEY-123")), "the step behind it was done as well"
        assert letters(b) == []
        r = b.command("dead", "--retry", "1")
        assert r.returncode == 1 and r.stderr.startswith("call 1 is no dead letter, but retried: "), r
        r = b.command("dead", "--retry", "77")
        assert r.returncode == 1 and r.stderr == "there is no call 77\n", r
        for wrong in ("x", "-1", "1 ", ""):
            assert b.command("dead", "--retry", wrong).returncode == 1
        assert "start retried" in b.command("why", "1").stdout, b.command("why", "1").stdout
        (line,) = b.log("dead letter retried by hand")
        assert (line["call"], line["as"], line["event"], line["person"]) == (1, 3, 1, "ada"), line
        metrics = b.metrics()
        assert metrics["clockwire_dead_letters"] == 0
        assert metrics['clockwire_dead_letters_seen_total{deed="retried"}'] == 1


@test
def at_the_end_of_the_lane():
    """What waits already for the person comes first, also over a kill."""
    with world() as (sim, b):
        die(sim, b, "first")
        sim.fault(match="GET", fault="status", arg=503, count=1000)
        b.branch("KEY-7", note="second")
        assert until(lambda: b.log("answer") or len(b.events()) == 2)
        assert b.command("dead", "--retry", "1").returncode == 0
        b.stop(signal.SIGKILL)
        sim.ask("DELETE", "/_sim/faults")
        b.start()
        assert until(lambda: sim.acts() == ["started", "started"], 15), sim.acts()
        notes = [x["body"]["note"] if isinstance(x["body"], dict) else json.loads(x["body"])["note"]
                 for x in sim.log(effect="started")]
        assert notes == ["second", "first"], notes


@test
def dropped():
    with world() as (sim, b):
        die(sim, b, "first")
        assert b.command("dead", "--drop", "1").stdout == "call 1 is dropped\n"
        assert letters(b) == [] and runs(b)[0]["state"] == "failed"
        call = b.events()[0]["calls"][0]
        assert call["state"] == "dropped" and call["reason"].endswith("; dropped by hand"), call
        assert b.command("dead", "--drop", "1").returncode == 1
        assert b.command("dead", "--retry", "1").returncode == 1
        assert b.command("dead", "--retry", "1", "--drop", "1").returncode == 64
        assert b.metrics()['clockwire_dead_letters_seen_total{deed="dropped"}'] == 1


@test
def all_of_a_person():
    with world() as (sim, b):
        die(sim, b, "a")
        die(sim, b, "b")
        die(sim, b, "c", login="ghopper")
        assert [x["person"] for x in letters(b, "--user", "ada@example.org")] == ["ada", "ada"]
        assert letters(b, "--rule", "nothing") == []
        r = b.command("dead", "--retry", "all", "--user", "grace")
        assert r.stdout == "1 dead letter retried as 2 new calls\n", r
        assert until(lambda: len(sim.acts()) == 1)
        # They die again: `all` takes each letter once, not what it has just made itself.
        sim.fault(match="POST", fault="status", arg=400, count=2)
        assert b.command("dead", "--retry", "all").stdout == "2 dead letters retried as 4 new calls\n"
        assert until(lambda: len(letters(b)) == 2), letters(b)
        assert b.command("dead", "--drop", "all", "--rule", "track-branch").stdout == "2 dead letters dropped\n"
        assert letters(b) == []


@test
def nobody_is_there_any_more():
    with world() as (sim, b):
        die(sim, b, "a", login="ghopper")
        b.command("hold", "grace")
        b.config = re.sub(r"  grace:\n(    .*\n)+", "", CONFIG)
        b.write(RULES)
        r = b.command("reload")
        assert r.returncode == 0 and "  hold of grace ends: its user is gone\n" in r.stdout, r
        for wrong in ("x", "-1", "1x", ""):
            r = b.command("dead", "--retry=" + wrong)
            assert (r.returncode, r.stderr) == (1, "clockwire: --retry takes the number of a call, or `all`\n"), r
        r = b.command("dead", "--retry", "1")
        assert r.returncode == 1 and "grace, who is not in the configuration" in r.stderr, r
        assert b.command("dead", "--retry", "all").stdout == \
            "0 dead letters retried\n1 stays: their people are not in the configuration\n"
        assert [x["person"] for x in letters(b, "--user", "grace")] == ["grace"]
        assert b.command("dead", "--drop", "all", "--user", "grace").stdout == "1 dead letter dropped\n"


@test
def by_post_only():
    with world() as (sim, b):
        for method, path, status in (("GET", "/dead/retry?id=1", 405), ("POST", "/dead", 405),
                                     ("POST", "/dead/retry", 400), ("POST", "/dead/drop?id=1x", 400)):
            c = Unix(str(b.folder / "clockwire.sock"))
            c.request(method, path, headers={"Host": "localhost"})
            assert c.getresponse().status == status, (method, path)
            c.close()


@test
def many():
    """More letters than a page: each is listed, and retried, once."""
    with world(rules=RULES.replace("      - log: ${user.name} on ${match.task}\n", "")) as (sim, b):
        sim.fault(match="POST", fault="status", arg=400, count=70)
        for n in range(70):
            b.branch(["KEY-123", "KEY-7"][n % 2], note=f"n{n}")
        assert until(lambda: len(letters(b)) == 70, 20), len(letters(b))
        assert b.command("dead", "--retry", "all").stdout == "70 dead letters retried as 70 new calls\n"
        assert until(lambda: all(r["state"] == "done" for r in runs(b)), 20), runs(b)[-1]
        notes = [x["body"]["note"] if isinstance(x["body"], dict) else json.loads(x["body"])["note"]
                 for x in sim.log(effect="started")]
        assert notes == [f"n{n}" for n in range(70)], notes


if __name__ == "__main__":
    main()
