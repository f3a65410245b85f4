"""awork-sim's webhooks: who may have them, what they say, tries and pauses, and the noise."""

import json
import socket
import sys
import time

import plain_test
import sim_client as s
from ear import Ear, wait
from plain_test import equal

START = "2026-03-02T08:00:00Z"
ALL = "timetracking_added,timetracking_updated,timetracking_deleted,timetracking_type_changed"


def form(uri, **changed):
    form_ = {"name": "bridge", "uri": uri, "events": ALL, "isActive": True,
             "authenticationType": "header", "authentication": "X-Awork-Key=abc=def", **changed}
    return {k: v for k, v in form_.items() if v is not ...}


def add(sim, ear, **changed):
    answer = sim.api("POST", "/webhooks", s.KEY, form(ear.uri, **changed))
    equal(answer.status, 200, answer.text)
    return answer.json()


def gauge(sim, n=0):
    return sim.control("GET", "/webhooks")["webhooks"][n]


def put(sim, entry, **fields):
    body = {k: v for k, v in {**entry, **fields}.items() if not k.endswith("Local")}
    return sim.api("PUT", "/timeentries/" + entry["id"], s.KEY, body)


def test_what_they_say(sim):
    with Ear() as ear:
        sim.reset(START)
        add(sim, ear)
        started = sim.start(s.ADA_ID, taskId=s.KEY_123, note="n")
        wait(lambda: len(ear.heard) == 1)
        body, headers = ear.heard[0], ear.headers[0]
        equal(set(body), {"timestamp", "eventType", "traceId", "entity", "entityId", "entityType",
                          "entityLink", "triggeredBy"})
        equal((body["eventType"], body["entityType"], body["timestamp"]),
              ("timetracking_added", "timetracking", "2026-03-02T08:00:00.0000000+00:00"))
        equal(body["entity"], started.json())
        equal((body["entityId"], body["traceId"]),
              (started.json()["id"], started.headers["trace-id"]))
        equal(body["triggeredBy"], {"id": s.API_ID, "firstName": "clockwire"})
        equal(body["entityLink"], "https://example.awork.com/my/time-tracking")
        equal((headers["x-awork-key"], headers["content-type"], ear.at[0][0]),
              ("abc=def", "application/json; charset=utf-8", "/hook?x=1"))
        sim.advance(60)
        sim.timer("pause", None, s.ADA)
        wait(lambda: len(ear.heard) == 2)
        body = ear.heard[1]
        equal((body["eventType"], body["triggeredBy"]["lastName"]),
              ("timetracking_updated", "Lovelace"))
        changes = {c["property"]: c for c in body["changes"]}
        equal(set(changes), {"Breaks", "UpdatedBy", "UpdatedOn", "ResourceVersion"})
        equal(changes["Breaks"], {"property": "Breaks"})
        equal((changes["UpdatedBy"]["old"], changes["UpdatedBy"]["new"]), (s.API_ID, s.ADA_ID))


def test_every_act_is_told(sim):
    with Ear() as ear:
        sim.reset(START)
        add(sim, ear)
        sim.start(s.ADA_ID)
        for operation in ("pause", "resume", "pause", "stop"):
            sim.advance(10)
            sim.timer(operation, None, s.ADA)
        sim.timer("stop", s.ADA_ID)  # nothing to do, nothing to tell
        sim.start(s.ADA_ID)
        sim.start(s.ADA_ID)  # ends the one before
        entry = sim.last(s.ADA_ID).json()
        sim.advance(90000)  # ends after 24 hours
        entry = sim.api("GET", "/timeentries/" + entry["id"]).json()
        put(sim, entry, note="x", typeOfWorkId=s.MEETINGS)
        sim.api("DELETE", "/timeentries/" + entry["id"])
        wanted = ["added", "updated", "updated", "updated", "updated", "added", "updated", "added",
                  "updated", "type_changed", "updated", "deleted"]
        wait(lambda: len(ear.heard) == len(wanted))
        equal(ear.types(), wanted)
        expired, deleted = ear.heard[8], ear.heard[11]
        equal((expired["triggeredBy"]["id"], len(expired["traceId"])), (s.ADA_ID, 32))
        equal({c["property"]: c.get("new") for c in expired["changes"]}["Duration"], 86400)
        equal((deleted["entity"]["deletedBy"], "deletedOn" in deleted["entity"]), (s.API_ID, True))
        changes = {c["property"]: c for c in ear.heard[10]["changes"]}
        equal((changes["Note"], changes["TypeOfWorkId"]["old"]),
              ({"property": "Note", "new": "x"}, s.DEVELOPMENT))


def test_an_end_after_24_hours_is_told_without_a_question(sim):
    with Ear() as ear:
        sim.reset(START)
        add(sim, ear)
        sim.start(s.ADA_ID)
        sim.control("POST", "/clock", {"freeze": False, "advance": 86399})
        wait(lambda: len(ear.heard) == 2)
        equal((ear.types()[1], ear.heard[1]["entity"]["duration"]), ("updated", 86400))


def test_only_what_is_asked_for(sim):
    with Ear() as ear, Ear() as other:
        sim.reset(START)
        add(sim, ear, events="timetracking_added, task_updated", authenticationType="none",
            authentication=...)
        add(sim, other, isActive=False)
        sim.start(s.ADA_ID)
        sim.timer("stop", s.ADA_ID)
        sim.start(s.ADA_ID)
        wait(lambda: len(ear.heard) == 2)
        time.sleep(0.1)
        equal((ear.types(), other.types()), (["added", "added"], []))
        equal("x-awork-key" in ear.headers[0], False)


def test_making_looking_changing_deleting(sim):
    with Ear() as ear, Ear() as other:
        sim.reset(START)
        made = add(sim, ear)
        equal({k: made[k] for k in ("name", "uri", "events", "isActive", "authenticationType",
                                    "onlyTriggerForMainEntityChanges")},
              {"name": "bridge", "uri": ear.uri, "events": ALL, "isActive": True,
               "authenticationType": "header", "onlyTriggerForMainEntityChanges": False})
        equal(("authentication" in made, made["createdBy"]), (False, s.API_ID))
        path = "/webhooks/" + made["id"]
        equal(sim.api("GET", path).json(), made)
        equal(sim.api("GET", "/webhooks").json(), [made])
        equal(sim.api("GET", "/webhooks?filterby=name%20eq%20'x'").json(), [])
        equal("timetracking_added" in sim.api("GET", "/webhooks/eventtypes").json(), True)
        sim.advance(60)
        changed = sim.api("PUT", path, s.KEY, form(other.uri, name="new", events="timetracking_added"))
        equal((changed.status, changed.json()["name"], changed.json()["createdOn"]),
              (200, "new", made["createdOn"]))
        sim.start(s.ADA_ID)
        wait(lambda: len(other.heard) == 1)
        equal(ear.heard, [])
        wrong = sim.api("PUT", path, s.KEY, form(other.uri, events="x"))
        equal((wrong.status, sim.api("GET", path).json()), (400, changed.json()))
        equal(sim.api("DELETE", path).status, 204)
        for method in ("GET", "PUT", "DELETE"):
            equal(sim.api(method, path).json()["code"], "not-found")
        equal(sim.api("GET", path + "/logs").status, 404)
        sim.start(s.ADA_ID)
        time.sleep(0.1)
        equal(len(other.heard), 1)


def test_webhooks_are_for_admins(sim):
    sim.reset(START)
    for method, path in (("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/webhooks/eventtypes"),
                         ("GET", "/webhooks/" + s.NOBODY_ID), ("PUT", "/webhooks/" + s.NOBODY_ID),
                         ("DELETE", "/webhooks/" + s.NOBODY_ID),
                         ("GET", f"/webhooks/{s.NOBODY_ID}/logs")):
        answer = sim.api(method, path, s.ADA)
        equal((answer.status, answer.json().get("code")), (401, "unauthorized"), path)
        equal(sim.api(method, path, "sim-token-admin").status != 401, True, path)


def test_webhooks_that_are_none(sim):
    sim.reset(START)
    good = form("http://127.0.0.1:9/x")
    for changed, prop in (({"name": ""}, "Name"), ({"name": ...}, "Name"), ({"name": 5}, "$"),
                          ({"uri": ...}, "Uri"), ({"uri": "x"}, "Uri"), ({"uri": "/x"}, "Uri"),
                          ({"uri": "https://127.0.0.1/x"}, "Uri"),
                          ({"uri": "http://example.org/x"}, "Uri"),
                          ({"uri": "http://10.0.0.1/x"}, "Uri"), ({"events": ""}, "Events"),
                          ({"events": "timer_started"}, "Events"),
                          ({"events": "timetracking_added," + "x" * 60}, "Events"),
                          ({"isActive": ...}, "IsActive"),
                          ({"authenticationType": "hmac"}, "AuthenticationType"),
                          ({"authenticationType": ...}, "AuthenticationType"),
                          ({"authentication": ...}, "Authentication"),
                          ({"authentication": "novalue"}, "Authentication"),
                          ({"authentication": "X-Key="}, "Authentication"),
                          ({"authentication": "=x"}, "Authentication"),
                          ({"authentication": "X Key=x"}, "Authentication"),
                          ({"authentication": "X-Key=x\r\nY: z"}, "Authentication")):
        body = {k: v for k, v in {**good, **changed}.items() if v is not ...}
        answer = sim.api("POST", "/webhooks", s.KEY, body)
        equal((answer.status, [e["property"] for e in answer.json()["validationErrors"]]),
              (400, [prop]), changed)
    equal(sim.api("POST", "/webhooks", s.KEY, b"[]").json()["code"], "invalid-model")
    equal(sim.api("GET", "/webhooks").json(), [])
    for _ in range(100):
        equal(sim.api("POST", "/webhooks", s.KEY, good).status, 200)
    equal(sim.api("POST", "/webhooks", s.KEY, good).status, 400)
    for uri in ("http://localhost:9/x", "http://[::1]:9/x", "http://127.9.9.9/"):
        equal(sim.api("PUT", "/webhooks/" + sim.api("GET", "/webhooks").json()[0]["id"], s.KEY,
                      form(uri)).status, 200)
    sim.reset(START)


def test_tries_and_their_log(sim):
    with Ear(lambda n: 500 if n < 4 else 204) as ear:
        sim.reset(START)
        made = add(sim, ear)
        sim.start(s.ADA_ID)
        wait(lambda: gauge(sim)["sent"] == 1)
        equal((len(ear.heard), ear.heard[0] == ear.heard[3]), (4, True))
        gaps = [b[1] - a[1] for a, b in zip(ear.at, ear.at[1:])]
        equal(gaps[0] > 0.015 and gaps[1] > 0.035 and gaps[2] > 0.075, True, gaps)
        log = sim.api("GET", f"/webhooks/{made['id']}/logs").json()
        equal([(x["attempt"], x["statusCode"], x["isSuccess"]) for x in log],
              [(1, 500, False), (2, 500, False), (3, 500, False), (4, 204, True)])
        equal({(x["eventType"], x["traceId"]) for x in log},
              {("timetracking_added", ear.heard[0]["traceId"])})
        equal((gauge(sim)["failed"], gauge(sim)["failures"], gauge(sim)["queued"]), (3, 0, 0))


def test_what_has_failed_is_overtaken(sim):
    with Ear(lambda n: 302 if n == 1 else 200) as ear:
        sim.reset(START)
        add(sim, ear)
        sim.start(s.ADA_ID)
        wait(lambda: len(ear.heard) == 1)
        sim.timer("stop", s.ADA_ID)
        wait(lambda: len(ear.heard) == 3)
        equal(ear.types(), ["added", "updated", "added"])


def test_more_than_ten_failures_pause_it(_):
    with Ear(lambda n: 503) as ear, s.Sim("--webhook-retry", "1", "--rate-second", "0") as sim:
        sim.reset(START)
        made = add(sim, ear)
        sim.start(s.ADA_ID)
        wait(lambda: gauge(sim)["isActive"] is False, 30)
        equal((len(ear.heard), gauge(sim)["givenUp"], gauge(sim)["failures"]), (11, 1, 11))
        path = "/webhooks/" + made["id"]
        equal(sim.api("GET", path).json()["isActive"], False)
        sim.timer("stop", s.ADA_ID)
        time.sleep(0.1)
        equal((len(ear.heard), gauge(sim)["queued"]), (11, 0))
        with Ear() as well:
            sim.api("PUT", path, s.KEY, form(well.uri))  # somebody starts it again
            sim.start(s.ADA_ID)
            wait(lambda: len(well.heard) == 1)
            equal(gauge(sim)["isActive"], True)


def test_nobody_listens(sim):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        sim.reset(START)
        made = sim.api("POST", "/webhooks", s.KEY,
                       form(f"http://127.0.0.1:{silent.getsockname()[1]}/")).json()
        sim.start(s.ADA_ID)
        wait(lambda: gauge(sim)["failed"] > 2)
        log = sim.api("GET", f"/webhooks/{made['id']}/logs").json()
        equal(("statusCode" in log[0], log[0]["isSuccess"]), (False, False))


def test_who_is_too_slow_has_failed(sim):
    with Ear(lambda n: 2 if n == 1 else 200) as ear:  # the limit is half a second here
        sim.reset(START)
        add(sim, ear)
        begin = time.monotonic()
        sim.start(s.ADA_ID)
        wait(lambda: len(ear.heard) == 2)
        equal((time.monotonic() - begin < 2, gauge(sim)["failed"]), (True, 1))
        equal(ear.heard[0], ear.heard[1])


def test_one_at_a_time_in_order(sim):
    with Ear(lambda n: 0.005) as ear:
        sim.reset(START)
        add(sim, ear)
        for _ in range(30):
            sim.start(s.ADA_ID)
            sim.timer("stop", s.ADA_ID)
        wait(lambda: len(ear.heard) == 60)
        equal(ear.types(), ["added", "updated"] * 30)
        versions = [b["entity"]["resourceVersion"] for b in ear.heard]
        equal(versions, sorted(versions))


def test_edits_beside_the_entry(sim):
    with Ear() as ear, Ear() as only:
        sim.reset(START)
        add(sim, ear)
        add(sim, only, onlyTriggerForMainEntityChanges=True)
        for _ in range(3):
            sim.start(s.ADA_ID, taskId=s.KEY_123)
        sim.start(s.GRACE_ID)
        wait(lambda: len(ear.heard) == len(only.heard) == 6)
        sim.control("POST", "/retag", {"projectId": s.WEBSITE})
        wait(lambda: len(ear.heard) == 9)
        equal((ear.types()[6:], "changes" in ear.heard[8]), (["updated"] * 3, False))
        time.sleep(0.1)
        equal(len(only.heard), 6)
        for bad in ({}, {"projectId": s.NOBODY_ID}, {"projectId": 5}):
            equal(sim.raw("POST", "/_sim/retag", json.dumps(bad)).status, 400)


def test_any_event(sim):
    with Ear() as ear:
        sim.reset(START)
        add(sim, ear, events="task_status_changed")
        sim.control("POST", "/emit", {"eventType": "task_status_changed", "entity": {"id": "t"},
                                      "entityType": "task", "entityId": "t"})
        wait(lambda: len(ear.heard) == 1)
        body = ear.heard[0]
        equal((body["entity"], body["timestamp"][:10], len(body["traceId"])),
              ({"id": "t"}, "2026-03-02", 32))
        sim.control("POST", "/emit", {"eventType": "task_added"})
        for bad in ({}, {"eventType": "timer_started"}, {"eventType": "task_added", "traceId": 5}, []):
            equal(sim.raw("POST", "/_sim/emit", json.dumps(bad)).status, 400)
        time.sleep(0.1)
        equal(len(ear.heard), 1)


def noise(sim, count=60, **chances):
    """What is heard of `count` starts and as many deletions."""
    with Ear() as ear:
        sim.reset(START)
        sim.control("POST", "/dice", {"seed": 5})
        add(sim, ear)
        sim.control("POST", "/webhooks", chances)
        for _ in range(count):
            entry = sim.start(s.ADA_ID).json()
            sim.api("DELETE", "/timeentries/" + entry["id"])
        wait(lambda: gauge(sim)["queued"] == 0)
        return ear.heard, gauge(sim)


def test_noise(sim):
    quiet, _ = noise(sim)
    equal([b["eventType"] for b in quiet], ["timetracking_added", "timetracking_deleted"] * 60)
    twice, _ = noise(sim, duplicate=0.2)
    equal(len({b["traceId"] for b in twice}), 120)
    equal(130 < len(twice) < 165, True, len(twice))
    lost, counts = noise(sim, lose=0.2)
    equal((75 < len(lost) < 115, len(lost) + counts["dropped"]), (True, 120))
    mixed, _ = noise(sim, reorder=0.3)
    order = [b["entity"]["resourceVersion"] for b in mixed]
    equal((len(order), order != sorted(order)), (120, True))
    late, _ = noise(sim, lateUpdate=1)
    equal(len([b for b in late if b["eventType"] == "timetracking_updated"]), 60)
    first = {b["entityId"]: n for n, b in reversed(list(enumerate(late)))
             if b["eventType"] == "timetracking_deleted"}
    equal(all(n > first[b["entityId"]] for n, b in enumerate(late)
              if b["eventType"] == "timetracking_updated"), True)
    delayed, _ = noise(sim, 5, delay=50)
    equal(len(delayed), 10)
    for bad in ({"lose": 2}, {"lose": -1}, {"delay": -1}, {"delay": 1e9}, {"shout": 1}, []):
        equal(sim.raw("POST", "/_sim/webhooks", json.dumps(bad)).status, 400, bad)
    sim.reset(START)
    equal(sim.control("GET", "/webhooks")["noise"]["delay"], 0)


def test_no_secret_is_shown(sim):
    with Ear() as ear:
        sim.reset(START)
        made = add(sim, ear)
        sim.start(s.ADA_ID)
        wait(lambda: len(ear.heard) == 1)
        text = b"".join(sim.raw("GET", "/_sim" + p).text for p in ("/log", "/webhooks", "/state"))
        text += sim.api("GET", f"/webhooks/{made['id']}/logs").text
        equal(b"abc=def" in text, False)


def test_of_the_seed(sim):
    with Ear() as ear:
        with s.changed_seed(lambda seed: seed.update(webhooks=[form(ear.uri)])) as path, \
                s.Sim(seed=path) as one:
            one.start(s.ADA_ID)
            wait(lambda: len(ear.heard) == 1)
            made = one.api("GET", "/webhooks").json()[0]
            one.api("DELETE", "/webhooks/" + made["id"])
            one.reset()
            one.start(s.ADA_ID)
            wait(lambda: len(ear.heard) == 2)
    for hooks, what in (([form("x")], "webhooks[0]: 'Uri' is not"), ("x", "is a list"),
                        ([form("http://127.0.0.1:1/"), 5], "webhooks[1]: Expected object")):
        with s.changed_seed(lambda seed, hooks=hooks: seed.update(webhooks=hooks)) as path:
            said = s.refusal("--seed", path, "--listen", "127.0.0.1:0")
            equal(what in said, True, said)
    with s.changed_seed(lambda seed: seed.update(webhooks=[form("http://example.org/")])) as path:
        with s.Sim("--allow-remote", seed=path):
            pass  # --allow-remote is for webhooks too


def test_the_end_does_not_wait_for_them(sim):
    with Ear(lambda n: 3) as ear:
        with s.Sim() as one:
            one.api("POST", "/webhooks", s.KEY, form(ear.uri))
            for _ in range(5):
                one.start(s.ADA_ID)
            wait(lambda: len(ear.heard) == 1)
            begin = time.monotonic()
        equal(time.monotonic() - begin < 2, True)


def main():
    with s.Sim("--rate-second", "0", "--rate-minute", "0", "--webhook-retry", "20",
               "--webhook-timeout", "500") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
