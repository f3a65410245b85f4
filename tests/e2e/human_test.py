"""The human wins: what somebody does in awork by hand ends what waits for that person, whether a
webhook tells of it or a look sees it; what the bridge does itself never does."""

import contextlib
import json
import signal
import time

from bridge import ADA, CONFIG, GRACE, RULES, SECRETS, main, test, until, world

TOLD = CONFIG.replace("sources:\n", "sources:\n  awork: { path: /hooks/awork, preset: awork, verify: "
                      "{ header: X-Awork-Key, equals: \"${secret.awork_hook}\" } }\n")
SECRET = {**SECRETS, "awork_hook": "hook-key-0123456789"}
LATER = RULES.replace("wait: 1 second", "wait: 2 hours")
ALL = "timetracking_added,timetracking_updated,timetracking_deleted,task_status_changed"
HEARD = """
  - id: tell-of-it
    when: timer.*
    then: { log: "heard ${event.type} of ${event.entry}" }
"""
OWN = {ADA: "sim-token-ada", GRACE: "sim-token-grace"}


def api(sim, method, path, body=None, token="sim-api-key"):
    import http.client
    c = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)
    c.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None,
              {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    assert r.status < 300, (path, r.status, text)
    return json.loads(text) if text else None


def by_hand(sim, op, who=ADA, task=7):
    body = {"timezone": "Europe/Berlin", "typeOfWorkId": "7b000000-0000-4000-8000-000000000001",
            "taskId": f"9d000000-0000-4000-8000-{task:012}"} if op == "start" else None
    return api(sim, "POST", f"/users/{who}/timetracking/{op}", body, OWN[who])


@contextlib.contextmanager
def told(rules=LATER, config=TOLD, **how):
    """As world(), and awork tells the bridge of what happens."""
    with world(rules=rules, config=config, secrets=SECRET, **how) as (sim, b):
        api(sim, "POST", "/webhooks", {
            "name": "bridge", "uri": f"http://127.0.0.1:{b.port}/hooks/awork", "events": ALL,
            "isActive": True, "authenticationType": "header",
            "authentication": "X-Awork-Key=" + SECRET["awork_hook"]})
        yield sim, b


def heard(b, n):
    """n webhooks have come."""
    return until(lambda: len([e for e in b.events() if e["source"] == "awork"]) >= n)


def last_event(b):
    return [e for e in b.events() if e["source"] == "awork"][-1]


@test
def a_stop_by_hand_cancels_what_waits():
    with told() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"]) and heard(b, 1)
        b.calendar("MEETING_ENDED", "m1")
        b.calendar("MEETING_ENDED", "m2", "grace@example.org")
        assert len(b.pending()) == 2
        by_hand(sim, "stop")
        assert until(lambda: [x["person"] for x in b.pending()] == ["grace"]), b.pending()
        run = [r for e in b.events() for r in e["runs"] if r["state"] == "cancelled"][0]
        event = last_event(b)
        assert event["type"] == "stopped" and event["reason"] == "changed by hand", event
        assert run["reason"] == f"the timer was changed by hand (event {event['event']})", run
        assert run["reason"] in b.command("why", str(run["event"])).stdout
        assert b.metrics()["clockwire_timers_changed_by_hand_total"] == 1


@test
def our_own_never_do():
    """Start, switch, pause and resume with her token, emulated ones: the webhooks are ours."""
    with told() as (sim, b):
        b.branch("KEY-123")
        b.branch("AW-117", login="ghopper")
        assert heard(b, 2)
        b.calendar("MEETING_ENDED", "m1")
        b.calendar("MEETING_ENDED", "m2", "grace@example.org")
        want = {ADA: ["started"], GRACE: ["started"]}
        for event, own, emulated in (("idle_started", "paused", "stopped"),
                                     ("idle_ended", "resumed", "started")):
            for user, ident, effect in (("ada", ADA, own), ("grace", GRACE, emulated)):
                b.desktop(event, user)
                want[ident].append(effect)
                assert until(lambda: sim.acts(ident) == want[ident]), sim.acts()
        b.branch("KEY-7", n=1)
        assert heard(b, 8), b.events()
        assert len(b.pending()) == 2, b.log("run cancelled")
        told_of = [e["reason"] for e in b.events() if e["source"] == "awork"]
        assert "changed by hand" not in told_of, told_of
        assert any(x.startswith("our own change: call ") for x in told_of), told_of


@test
def what_a_look_sees():
    """Without webhooks: the look before the act sees that somebody was quicker."""
    with world(rules=RULES) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"])
        b.calendar("MEETING_ENDED", "m1")
        time.sleep(0.05)
        by_hand(sim, "start")
        assert until(lambda: b.events()[-1]["runs"][0]["state"] == "done", 5)
        call = b.events()[-1]["calls"][0]
        assert call["state"] == "skipped" and "changed by hand (seen by call" in call["reason"], call
        assert sim.acts(ADA) == ["started", "started"]
        b.calendar("MEETING_ENDED", "m2")  # what was known when it was matched is no news
        assert until(lambda: sim.acts(ADA)[-1] == "stopped"), b.events()[-1]


@test
def human_wins_can_be_turned_off():
    rules = RULES.replace("wait: 1 second", "wait: 1 second\n    human_wins: false")
    with told(rules) as (sim, b):
        b.branch("KEY-123")
        assert heard(b, 1)
        b.calendar("MEETING_ENDED", "m1")
        by_hand(sim, "start")
        assert until(lambda: sim.acts(ADA)[-1] == "stopped", 5), b.events()[-1]


@test
def quiet():
    config = TOLD.replace("target:\n  awork:\n", "target:\n  awork:\n    quiet: 3 seconds\n")
    with told(RULES + HEARD, config) as (sim, b):
        b.branch("KEY-123")
        assert heard(b, 1)
        entry = by_hand(sim, "start")["id"]
        assert until(lambda: b.log(f"heard started of {entry}")), b.events()
        assert [x["person"] for x in b.pending("quiet")] == ["ada"], b.pending("all")
        b.desktop("idle_started")
        b.branch("AW-117", login="ghopper")
        assert until(lambda: sim.acts(GRACE) == ["started"])
        call = [c for e in b.events() for c in e["calls"] if c["action"] == "pause"][0]
        assert call["state"] == "skipped" and call["reason"].startswith("quiet until "), call
        time.sleep(3.2)
        b.desktop("idle_started")
        assert until(lambda: sim.acts(ADA)[-1] == "paused"), b.events()[-1]


@test
def rules_hear_people_and_not_the_bridge():
    with told(LATER + HEARD) as (sim, b):
        b.branch("KEY-123")
        assert heard(b, 1)
        by_hand(sim, "pause")
        by_hand(sim, "resume")
        by_hand(sim, "stop")
        assert heard(b, 4)
        said = b.command("why", "2").stdout
        # Its webhook may come before the answer of the call is on disk.
        why = ("our own change: call 1", "it is judged with the answer of a call")
        assert any(f"no: rules do not hear of it: {x}" in said for x in why), said
        texts = [x["msg"].split(" of ")[0] for x in b.log() if x["msg"].startswith("heard ")]
        assert texts == ["heard paused", "heard resumed", "heard stopped"], texts


@test
def noise():
    """Tag edits, an edit of a note, a late update of what is over: no change of a timer."""
    with told(LATER + HEARD) as (sim, b):
        old = by_hand(sim, "start")
        last = by_hand(sim, "start", task=123)
        assert heard(b, 3)
        b.calendar("MEETING_ENDED", "m1")
        sim.ask("POST", "/_sim/retag", {"projectId": last["projectId"]})
        api(sim, "PUT", "/timeentries/" + last["id"],
            {**{k: v for k, v in last.items() if not k.endswith("Local")}, "note": "other"})
        sim.ask("POST", "/_sim/retag", {"projectId": old["projectId"]})
        assert heard(b, 6), b.events()
        assert len(b.pending()) == 1
        noise_ = [e["reason"] for e in b.events() if e["source"] == "awork"][3:]
        assert set(noise_) <= {"known already", "no change of the timer", "not of the last time entry"}, noise_
        assert b.metrics()["clockwire_timers_changed_by_hand_total"] == 2
        by_hand(sim, "pause")
        assert until(lambda: not b.pending())


@test
def a_webhook_before_the_answer():
    """awork tells of our start while its answer is still on its way, or is lost for good."""
    for fault in ({"fault": "delay", "arg": 700}, {"fault": "drop_after"}, {"fault": "garbage"}):
        with told(LATER + HEARD) as (sim, b):
            b.branch("KEY-7")
            assert heard(b, 1)
            b.calendar("MEETING_ENDED", "m1")
            sim.fault(match="timetracking/start", count=1, **fault)
            b.branch("KEY-123")
            assert heard(b, 3)
            assert until(lambda: not b.pending("sight")), b.pending("all")
            assert len(b.pending()) == 1, (fault, b.log("run cancelled"))
            assert sim.acts(ADA) == ["started", "started"]
            assert not [x for x in b.log() if x["msg"].startswith("heard ")]
            by_hand(sim, "stop")
            assert until(lambda: not b.pending()), b.events()


@test
def ours_in_bad_weather():
    """Webhooks that come twice, late, in another order or not at all, and a kill in the midst."""
    with told(LATER + HEARD) as (sim, b):
        b.branch("KEY-7")
        assert heard(b, 1)
        sim.ask("POST", "/_sim/dice", {"seed": 7})
        status, text = sim.ask("POST", "/_sim/webhooks", {
            "duplicate": 0.4, "reorder": 0.4, "lose": 0.2, "lateUpdate": 0.3, "delay": 150})
        assert status < 300, text
        b.calendar("MEETING_ENDED", "m1")
        b.calendar("MEETING_ENDED", "m2", "grace@example.org")
        for n in range(7):
            sim.fault(match="timetracking/", count=1, fault="drop_after")
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            b.branch("KEY-123" if n % 2 else "AW-117", login="ghopper", n=n)
            b.desktop("idle_started" if n % 3 else "idle_ended", "ada" if n % 2 else "grace")
            time.sleep(0.1)
            if n == 4:
                b.stop(signal.SIGKILL)
                b.start()
        assert until(lambda: all(r["state"] not in ("acting",) for e in b.events() for r in e["runs"]), 30)
        assert until(lambda: not b.pending("sight"), 5)
        time.sleep(0.5)
        assert len(b.pending()) == 2, (b.pending(), b.log("run cancelled"))
        assert not [x for x in b.log() if x["msg"].startswith("heard ")]
        sim.ask("POST", "/_sim/webhooks", {"duplicate": 0, "reorder": 0, "lose": 0, "lateUpdate": 0, "delay": 0})
        by_hand(sim, "start", GRACE, 123)
        assert until(lambda: [x["person"] for x in b.pending()] == ["ada"]), b.pending()


if __name__ == "__main__":
    main()
