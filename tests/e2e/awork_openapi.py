"""Every route of awork-sim, good and bad, held against the OpenAPI document; first the check itself
is shown to find each kind of violation."""

import copy
import json
import sys

import sim_client as s
from ear import Ear, wait
from openapi_check import Document

LOCAL = ("startDateLocal", "endDateLocal")
faults = []
seen = set()


def prove_the_check(document):
    """A good entry passes; each damaged one is found, by its own complaint."""
    schema = {"$ref": "#/components/schemas/TimeTracking"}
    good = {"id": s.ADA_ID, "timezone": "Europe/Berlin", "typeOfWorkId": s.DEVELOPMENT,
            "startDateUtc": "2026-03-02T00:00:00Z", "duration": 0, "note": None,
            "breaks": [{"startDate": "2026-03-02T08:30:00Z"}],
            "user": {"id": s.ADA_ID, "hasImage": False}}
    assert document.check(schema, good) == [], document.check(schema, good)
    for where, value, complaint in (
            (("id",), "not-a-guid", "is no uuid"),
            (("id",), s.ADA_ID.upper(), "is no uuid"),
            (("id",), None, "null"),
            (("duration",), "0", "is no integer"),
            (("duration",), True, "is no integer"),
            (("duration",), 1 << 31, "does not fit int32"),
            (("startDateUtc",), "2026-03-02", "is no date-time"),
            (("startDateUtc",), "2026-13-02T00:00:00Z", "is no date-time"),
            (("timezone",), "", "length 0"),
            (("stopReason",), "x", "stopReason is not a property"),
            (("user", "name"), "Ada", "name is not a property"),
            (("breaks",), {}, "is no array"),
            (("breaks", 0, "startDate"), 5, "is no string"),
            (("typeOfWorkId",), ..., "typeOfWorkId is missing")):
        bad = copy.deepcopy(good)
        node = bad
        for step in where[:-1]:
            node = node[step]
        if value is ...:
            del node[where[-1]]
        else:
            node[where[-1]] = value
        found = document.check(schema, bad)
        assert len(found) == 1 and complaint in found[0], (where, value, found)
    assert "not known" in document.check({"oneOf": []}, 1)[0]
    both = {"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}],
            "properties": {"b": {"type": "integer"}}, "additionalProperties": False}
    assert document.check(both, {"a": "x", "b": 1}) == []
    assert len(document.check(both, {"a": 1, "b": 1})) == 1
    assert len(document.check(both, {"b": 1})) == 1
    assert len(document.check(both, {"a": "x", "c": 1})) == 1
    last = "/me/timeentries/last"
    assert document.check_answer("GET", last, 200, b"{broken")
    assert document.check_answer("GET", last, 200, b"[]")
    assert document.check_answer("GET", last, 204, b"{}")
    assert document.check_answer("GET", last, 206, b"")
    assert document.check_answer("GET", last, 400, b'{"code":"x"}')


def hold(document, method, path, status, answer):
    seen.add((method, path, status))
    where = f"{method} {path} {status}"
    if answer.status != status:
        faults.append(f"{where}: got {answer.status} {answer.text[:200]!r}")
        return
    faults.extend(f"{where}: {fault}"
                  for fault in document.check_answer(method, path, status, answer.text))


def hold_timers(document, sim):
    user = "/users/{userId}/timetracking/"
    for base, who, token in (("/me/timetracking/", None, s.ADA), (user, s.GRACE_ID, s.GRACE)):
        last = base.replace("timetracking/", "timeentries/last")
        for operation in ("stop", "pause", "resume"):
            hold(document, "POST", base + operation, 204, sim.timer(operation, who, token))
        hold(document, "GET", last, 204, sim.last(who, token))
        bad = sim.timer("start", who, token, {"timezone": ""})
        hold(document, "POST", base + "start", 400, bad)
        hold(document, "POST", base + "start", 200,
             sim.start(who, token, taskId=s.KEY_123, note="n", isBillable=True))
        hold(document, "GET", last, 200, sim.last(who, token))
        sim.advance(60)
        hold(document, "POST", base + "pause", 200, sim.timer("pause", who, token))
        sim.advance(61.25)
        hold(document, "POST", base + "resume", 200, sim.timer("resume", who, token))
        hold(document, "POST", base + "pause", 200, sim.timer("pause", who, token))
        sim.advance(61.25)
        hold(document, "POST", base + "stop", 200, sim.timer("stop", who, token, {}))
        hold(document, "GET", last, 200, sim.last(who, token))
    hold(document, "POST", user + "pause", 400, sim.timer("pause", s.ADA_ID))
    hold(document, "POST", user + "stop", 401, sim.timer("stop", s.ADA_ID, s.GRACE))
    hold(document, "POST", user + "start", 404, sim.start(s.NOBODY_ID))


def hold_directory(document, sim):
    hold(document, "GET", "/me", 200, sim.api("GET", "/me", s.ADA))
    hold(document, "GET", "/me", 200, sim.api("GET", "/users/me"))
    hold(document, "GET", "/users", 200, sim.api("GET", "/users"))
    hold(document, "GET", "/users/{userId}", 200, sim.api("GET", "/users/" + s.DENNIS_ID))
    hold(document, "GET", "/users/{userId}", 404, sim.api("GET", "/users/" + s.NOBODY_ID))
    hold(document, "GET", "/users/{userId}", 401, sim.api("GET", "/users/" + s.ADA_ID, s.GRACE))
    hold(document, "GET", "/typeofwork", 200, sim.api("GET", "/typeofwork?showArchived=true"))
    one = "/typeofwork/{typeOfWorkId}"
    hold(document, "GET", one, 200, sim.api("GET", "/typeofwork/" + s.FAX))
    hold(document, "GET", one, 404, sim.api("GET", "/typeofwork/" + s.NOBODY_ID))
    key = "/tasks/key/{taskIdentifier}"
    hold(document, "GET", key, 200, sim.api("GET", "/tasks/key/KEY-123"))
    hold(document, "GET", key, 200, sim.api("GET", "/tasks/" + s.KEY_123))
    hold(document, "GET", key, 400, sim.api("GET", "/tasks/key/a_b"))
    hold(document, "GET", key, 401, sim.api("GET", "/tasks/key/SEC-1", s.GRACE))
    hold(document, "GET", key, 404, sim.api("GET", "/tasks/key/NO-1"))


def hold_entries(document, sim):
    every = "/timeentries?pageSize=1000"
    hold(document, "GET", "/timeentries", 200, sim.api("GET", every))
    hold(document, "GET", "/timeentries", 200,
         sim.api("GET", every + "&filterby=endTimeUtc%20eq%20null&orderby=startDateUtc", s.ADA))
    hold(document, "GET", "/timeentries", 400, sim.api("GET", every + "&filterby=x"))
    one = "/timeentries/{timeEntryId}"
    entry = sim.start(s.ADA_ID, taskId=s.KEY_123).json()["id"]
    hold(document, "GET", one, 200, sim.api("GET", "/timeentries/" + entry))
    hold(document, "GET", one, 401, sim.api("GET", "/timeentries/" + entry, s.GRACE))
    hold(document, "GET", one, 404, sim.api("GET", "/timeentries/" + s.NOBODY_ID))


def hold_model(document, name, answer, many=False, status=200):
    """An answer of a route that the document has not, whose model it has."""
    schema = {"$ref": "#/components/schemas/" + name}
    if answer.status != status:
        faults.append(f"{name}: got {answer.status} {answer.text[:200]!r}")
        return
    found = document.check({"type": "array", "items": schema} if many else schema, answer.json())
    faults.extend(f"{name}: {fault}" for fault in found)
    if many and not answer.json():
        faults.append(f"{name}: nothing was checked")


def hold_the_rest(document, sim):
    entry = {"timezone": "Europe/Berlin", "typeOfWorkId": s.DEVELOPMENT, "taskId": s.KEY_123,
             "startDateUtc": "2026-03-01T00:00:00Z"}
    stopped = {**entry, "startTimeUtc": "10:00:00", "endTimeUtc": "11:30:00.5"}
    day = sim.api("POST", "/timeentries", s.ADA, {**entry, "duration": 60})
    made = sim.api("POST", "/timeentries", s.ADA, stopped)
    path = "/timeentries/" + made.json()["id"]
    for answer in (day, made, sim.api("PUT", path, s.ADA, {**stopped, "endTimeUtc": "11:00:00"}),
                   sim.api("POST", path + "/removebreaks", s.ADA)):
        hold_model(document, "TimeTracking", answer)
    for list_ in (f"/tasks/{s.KEY_123}/timeentries", f"/projects/{s.WEBSITE}/timeentries"):
        hold_model(document, "TimeTracking", sim.api("GET", list_), many=True)
    for list_ in ("/me/allavailabletasks", f"/projects/{s.WEBSITE}/projecttasks"):
        hold_model(document, "TaskModel", sim.api("GET", list_), many=True)
    hold_model(document, "ContactInfo", sim.api("GET", f"/users/{s.ADA_ID}/contactinfo"), many=True)
    for method, route, body, status in (
            ("PUT", path, {}, 400), ("PUT", path, {**stopped, "taskId": "x"}, 400),
            ("POST", "/timeentries", {}, 400), ("DELETE", "/timeentries/" + s.NOBODY_ID, None, 404),
            ("GET", "/projects/key/a_b", None, 400), ("GET", "/projects/" + s.NOBODY_ID, None, 404),
            ("GET", "/projects?orderby=x", None, 400), ("GET", "/nothing", None, 404)):
        hold_model(document, "ErrorResponse", sim.api(method, route, s.KEY, body), status=status)


def hold_webhooks(document, sim):
    """The entity of a webhook is the model of the API."""
    with Ear() as ear:
        form = {"name": "x", "uri": ear.uri, "isActive": True, "authenticationType": "none",
                "events": "timetracking_added,timetracking_updated,timetracking_deleted"}
        sim.api("POST", "/webhooks", s.KEY, form)
        entry = sim.start(s.ADA_ID, taskId=s.KEY_123).json()
        sim.timer("pause", None, s.ADA)
        sim.timer("stop", s.ADA_ID)
        sim.api("DELETE", "/timeentries/" + entry["id"])
        wait(lambda: "deleted" in ear.types())
    for body in ear.heard:
        entity = {k: v for k, v in body["entity"].items() if k not in ("deletedOn", "deletedBy")}
        found = document.check({"$ref": "#/components/schemas/TimeTracking"}, entity)
        faults.extend(f"webhook {body['eventType']}: {fault}" for fault in found)
    hold_model(document, "ErrorResponse", sim.api("GET", "/webhooks/" + s.NOBODY_ID), status=404)
    hold_model(document, "ErrorResponse", sim.api("POST", "/webhooks", s.KEY, {}), status=400)
    hold_model(document, "ErrorResponse", sim.api("GET", "/webhooks", s.ADA), status=401)


def without_master_data(seed):
    seed["users"][1]["seesOthers"] = False


def main():
    document = Document(sys.argv[1], LOCAL)
    prove_the_check(document)
    with s.changed_seed(without_master_data) as seed, \
            s.Sim("--rate-second", "0", "--rate-minute", "0", seed=seed) as sim:
        sim.reset("2026-03-02T08:00:00.1234567Z")
        hold_timers(document, sim)
        hold_directory(document, sim)
        hold_entries(document, sim)
        hold_the_rest(document, sim)
        hold_webhooks(document, sim)
    for path, methods in document.root["paths"].items():
        for method in methods:
            for status in methods[method].get("responses", {}):
                wanted = (method.upper(), path, int(status))
                if wanted not in seen and wanted != ("GET", "/me", 404):
                    faults.append(f"{wanted} was never tried")
    print(json.dumps(faults, indent=1) if faults else f"{len(seen)} kinds of answers conform")
    return 1 if faults else 0


sys.exit(main())
