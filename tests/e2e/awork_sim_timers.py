"""The timers of awork-sim: the four operations, who may do them, the shape of an entry, the 24 h
end, and what a start refuses."""

import sys
import threading

import plain_test
import sim_client as s
from plain_test import equal

START = "2026-03-02T08:00:00.1234567Z"
TICKS_AT_EPOCH = 621355968000000000


def wrong(answer, status, code, description=None):
    equal(answer.status, status, "status")
    body = answer.json()
    equal(body["code"], code)
    equal(body["link"], "https://developers.awork.com/#response-types")
    equal(body["traceId"], answer.headers["trace-id"])
    if description is not None:
        equal(body["description"], description)
    return body


def invalid(answer, *errors):
    body = wrong(answer, 400, "validation-failed", "The model sent in the request is invalid. "
                 "See the validation errors for details.")
    equal([(e["property"], e["message"]) for e in body["validationErrors"]], list(errors))


def nothing(answer):
    equal((answer.status, answer.text), (204, b""))
    equal("content-type" in answer.headers, False)


def state(sim, user):
    return next(u for u in sim.control("GET", "/state")["users"] if u["id"] == user)


def test_shape_of_a_running_entry(sim):
    sim.reset(START)
    answer = sim.start(s.ADA_ID, note="hello", taskId=s.KEY_123)
    entry = answer.json()
    equal(answer.status, 200)
    equal(answer.headers["content-type"], "application/json; charset=utf-8")
    equal(entry["startDateUtc"], "2026-03-02T00:00:00Z")
    equal(entry["startTimeUtc"], "08:00:00.1234567")
    equal(entry["startDateLocal"], "2026-03-02T00:00:00")
    equal(entry["startTimeLocal"], "09:00:00.1234567")
    equal(entry["createdOn"], "2026-03-02T08:00:00.123Z")
    equal(entry["duration"], 0)
    equal([k for k in entry if k.startswith("end") or k in ("breaks", "breakDuration")], [])
    equal([k for k, v in entry.items() if v is None], [])
    equal((entry["userId"], entry["createdBy"]), (s.ADA_ID, s.API_ID))
    equal((entry["projectId"], entry["isBillable"], entry["isBilled"]), (s.WEBSITE, True, False))
    equal((entry["task"]["taskIdentifier"], entry["note"]), ("KEY-123", "hello"))
    equal(entry["typeOfWork"]["name"], "Development")
    ticks = 1772438400 * 10**7 + 1234567 + TICKS_AT_EPOCH
    equal(ticks <= entry["resourceVersion"] < ticks + 10**6, True, "resourceVersion")
    equal(sim.last(s.ADA_ID).json(), entry)
    equal(sim.start(s.GRACE_ID, isBillable=True, isBilled=True).json()["isBilled"], True)


def test_whole_seconds_have_no_fraction_and_zones_count(sim):
    for at, zone, date, time in (
            ("2026-03-02T23:30:00Z", "Europe/Berlin", "2026-03-03", "00:30:00"),
            ("2026-07-01T02:00:00Z", "America/New_York", "2026-06-30", "22:00:00"),
            ("2026-07-01T20:00:00Z", "Asia/Kathmandu", "2026-07-02", "01:45:00"),
            ("2026-03-29T00:59:59Z", "Europe/Berlin", "2026-03-29", "01:59:59"),
            ("2026-03-29T01:00:00Z", "Europe/Berlin", "2026-03-29", "03:00:00"),
            ("2026-03-02T08:00:00Z", "UTC", "2026-03-02", "08:00:00")):
        sim.reset(at)
        entry = sim.start(token=s.ADA, timezone=zone).json()
        equal(entry["startTimeUtc"], at[11:19])
        equal((entry["startDateLocal"], entry["startTimeLocal"]), (date + "T00:00:00", time), at)


def test_stop(sim):
    for user, token in ((s.ADA_ID, s.KEY), (s.ADA_ID, s.ADA), (None, s.ADA),
                        (s.ADA_ID, "sim-token-admin")):
        sim.reset(START)
        nothing(sim.timer("stop", user, token))
        started = sim.start(user, token).json()
        sim.advance(234.83)
        stopped = sim.timer("stop", user, token).json()
        equal(stopped["id"], started["id"])
        equal(stopped["duration"], 235)
        equal(stopped["endDateUtc"], "2026-03-02T00:00:00Z")
        equal(stopped["endTimeUtc"], "08:03:54.9534567")
        equal(stopped["endTimeLocal"], "09:03:54.9534567")
        equal(stopped["resourceVersion"] > started["resourceVersion"], True)
        equal(state(sim, s.ADA_ID)["entries"][0]["stopReason"], "external-api")
        nothing(sim.timer("stop", user, token))


def test_stop_takes_any_object_and_nothing_else(sim):
    for body, status in ((b"", 200), (b"{}", 200), (b'{"stopReason":"lunch","x":[1]}', 200),
                         (b"stop", 400), (b"[]", 400), (b'"x"', 400)):
        sim.reset(START)
        sim.start(s.ADA_ID)
        answer = sim.timer("stop", s.ADA_ID, body=body)
        equal(answer.status, status, body)
        if status == 400:
            wrong(answer, 400, "invalid-model")
            equal(state(sim, s.ADA_ID)["state"], "running")


def test_pause_and_resume_by_the_owner(sim):
    for user in (s.ADA_ID, None):
        sim.reset(START)
        nothing(sim.timer("pause", user, s.ADA))
        nothing(sim.timer("resume", user, s.ADA))
        started = sim.start(user, s.ADA).json()
        equal(sim.timer("resume", user, s.ADA).json(), started)
        sim.advance(1800)
        paused = sim.timer("pause", user, s.ADA).json()
        equal(paused["breaks"], [{"startDate": "2026-03-02T08:30:00Z"}])
        equal(("breakDuration" in paused, "endTimeUtc" in paused), (False, False))
        sim.advance(5)
        equal(sim.timer("pause", user, s.ADA).json(), paused)
        equal(state(sim, s.ADA_ID)["state"], "paused")
        sim.advance(1588)
        resumed = sim.timer("resume", user, s.ADA).json()
        equal(resumed["breaks"], [{"startDate": "2026-03-02T08:30:00Z", "duration": 1593,
                                   "endDate": "2026-03-02T08:56:33Z"}])
        equal((resumed["breakDuration"], resumed["duration"]), (1593, 0))
        sim.advance(10)
        stopped = sim.timer("stop", user, s.ADA).json()
        equal((stopped["breakDuration"], stopped["duration"]), (1593, 1810))
        equal(stopped["id"], started["id"])


def test_stop_while_paused_closes_the_break(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    sim.advance(100)
    sim.timer("pause", None, s.ADA)
    sim.advance(50)
    stopped = sim.timer("stop", s.ADA_ID).json()
    equal((stopped["duration"], stopped["breakDuration"]), (100, 50))
    equal(stopped["breaks"][0]["endDate"], "2026-03-02T08:02:30Z")


def test_pause_and_resume_of_another_are_refused_even_to_admins(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    for token in (s.KEY, s.GRACE, "sim-token-admin"):
        for family in ({"user": s.ADA_ID}, {"query": "?userId=" + s.ADA_ID}):
            for operation in ("pause", "resume"):
                wrong(sim.timer(operation, token=token, **family), 400, "invalid-operation",
                      f"You can only {operation} your own time trackings.")
    equal(state(sim, s.ADA_ID)["state"], "running")
    nothing(sim.timer("pause"))  # /me of the key is the key's own user


def test_start_stop_last_of_another_need_an_admin(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    text = "The call to TimeTracking was blocked due to insufficient permissions."
    for answer in (sim.start(s.ADA_ID, s.GRACE), sim.timer("stop", s.ADA_ID, s.GRACE),
                   sim.last(s.ADA_ID, s.GRACE),
                   sim.timer("stop", None, s.GRACE, query="?userId=" + s.ADA_ID)):
        wrong(answer, 401, "unauthorized", text)
    equal(state(sim, s.ADA_ID)["state"], "running")
    equal(sim.last(s.ADA_ID, "sim-token-admin").status, 200)
    equal(sim.timer("stop", None, s.KEY, query="?USERID=" + s.ADA_ID.upper()).status, 200)
    invalid(sim.timer("stop", query="?userId=ada"), ("userId", "The value is not a valid id."))


def test_checks_come_in_their_order(sim):
    sim.reset(START)
    for body in (b"{", b"{}", b'{"typeOfWorkId":"x"}'):  # permission before body
        equal(sim.timer("start", s.ADA_ID, s.GRACE, body).status, 401)
        equal(sim.timer("start", s.NOBODY_ID, s.KEY, body).status, 404)  # user before body
    equal(sim.timer("stop", s.ADA_ID, s.GRACE, b"x").status, 401)
    answer = sim.start(s.ADA_ID, typeOfWorkId=s.FAX, taskId=s.NOBODY_ID)  # references, then state
    invalid(answer, ("TaskId", "The task does not exist."))
    wrong(sim.start(s.GRACE_ID, typeOfWorkId=s.FAX, taskId=s.SEC_1), 400, "entity-archived")
    sim.start(s.ADA_ID)
    sim.start(s.ADA_ID, timezone="")
    equal((state(sim, s.ADA_ID)["state"], len(state(sim, s.ADA_ID)["entries"])), ("running", 1))


def test_unknown_and_deactivated_users(sim):
    sim.reset(START)
    wrong(sim.start(s.NOBODY_ID), 404, "not-found")
    nothing(sim.timer("stop", s.NOBODY_ID))
    nothing(sim.last(s.NOBODY_ID))
    wrong(sim.start(s.DENNIS_ID), 400, "deactivated-user")
    nothing(sim.timer("stop", s.DENNIS_ID))


def test_a_start_stops_what_runs(sim):
    sim.reset(START)
    first = sim.start(s.ADA_ID).json()
    sim.advance(7.5)
    second = sim.start(s.ADA_ID).json()
    equal(first["id"] != second["id"], True)
    ada = state(sim, s.ADA_ID)
    equal([e["id"] for e in ada["entries"]], [first["id"], second["id"]])
    equal((ada["active"], ada["state"]), (second["id"], "running"))
    equal(ada["entries"][0]["duration"], 8)
    equal(ada["entries"][0]["endTimeUtc"], second["startTimeUtc"])
    equal(ada["entries"][0]["stopReason"], "new-start")
    line = sim.log()[-1]
    equal((line["effect"], line["entry"], line["ended"]), ("started", second["id"], first["id"]))
    equal(state(sim, s.GRACE_ID)["state"], "idle")


def test_many_starts_at_once_leave_one_active(sim):
    sim.reset()
    threads = [threading.Thread(target=sim.start, args=(s.ADA_ID,)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = state(sim, s.ADA_ID)["entries"]
    equal(len(entries), 24)
    equal(len([e for e in entries if "endTimeUtc" not in e]), 1)
    versions = [e["resourceVersion"] for e in entries]
    equal(len(set(versions)), 24)


def test_24_hours_are_the_end(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    sim.advance(24 * 3600 - 1)
    equal("endTimeUtc" in sim.last(s.ADA_ID).json(), False)
    sim.advance(3600)
    ended = sim.last(s.ADA_ID).json()
    equal((ended["endDateUtc"], ended["endTimeUtc"]), ("2026-03-03T00:00:00Z", "08:00:00.1234567"))
    equal(ended["duration"], 86400)
    nothing(sim.timer("stop", s.ADA_ID))
    sim.start(s.ADA_ID)
    sim.advance(100)
    sim.timer("pause", None, s.ADA)
    sim.advance(48 * 3600)
    nothing(sim.timer("resume", None, s.ADA))
    equal(sim.last(s.ADA_ID).json()["duration"], 100)


def test_last_is_the_latest_that_has_begun(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    sim.timer("stop", s.ADA_ID)
    first = sim.last(s.ADA_ID).json()
    sim.advance(3600)
    second = sim.start(s.ADA_ID).json()
    equal(sim.last(None, s.ADA).json()["id"], second["id"])
    sim.advance(-1800)
    equal(sim.last(None, s.ADA).json()["id"], first["id"])
    sim.advance(-86400)
    nothing(sim.last(None, s.ADA))


def test_start_refuses_bodies_that_are_no_form(sim):
    sim.reset(START)
    for body in (b"", b"{", b"[]", b'"x"', b"null", b'{"timezone":"Europe/Berlin"} x'):
        wrong(sim.timer("start", s.ADA_ID, body=body), 400, "invalid-model")
    empty = "'{}' must not be empty.".format
    zone, kind = ("Timezone", empty("Timezone")), ("TypeOfWorkId", empty("TypeOfWorkId"))
    invalid(sim.timer("start", s.ADA_ID, body={}), zone, kind)
    invalid(sim.start(s.ADA_ID, timezone=""), zone)
    invalid(sim.start(s.ADA_ID, timezone=None), zone)
    invalid(sim.start(s.ADA_ID, typeOfWorkId=""), kind)
    for bad in ("Europe/Atlantis", "../../etc/passwd", "europe/berlin", "Europe", "CEST"):
        invalid(sim.start(s.ADA_ID, timezone=bad),
                ("Timezone", "'Timezone' is not a known time zone."))
    equal(state(sim, s.ADA_ID)["entries"], [])


def test_start_tells_where_a_value_has_the_wrong_type(sim):
    sim.reset(START)
    body = b'{"timezone":"Europe/Berlin","typeOfWorkId":"nope"}'
    invalid(sim.timer("start", s.ADA_ID, body=body),
            ("$.typeOfWorkId", "The JSON value could not be converted to System.Guid. "
             "Path: $.typeOfWorkId | LineNumber: 0 | BytePositionInLine: 49."))
    body = b'{"timezone":"Europe/Berlin",\n "isBilled":1}'
    invalid(sim.timer("start", s.ADA_ID, body=body),
            ("$.isBilled", "The JSON value could not be converted to System.Boolean. "
             "Path: $.isBilled | LineNumber: 1 | BytePositionInLine: 13."))
    for field, value in (("timezone", 1), ("taskId", "x"), ("projectId", []), ("note", {})):
        equal(sim.start(s.ADA_ID, **{field: value}).json()["validationErrors"][0]["property"],
              "$." + field)


def test_start_looks_its_references_up(sim):
    sim.reset(START)
    kind = ("TypeOfWorkId", "The type of work does not exist.")
    project = ("ProjectId", "The project does not exist.")
    task = ("TaskId", "The task does not exist.")
    invalid(sim.start(s.ADA_ID, typeOfWorkId=s.NOBODY_ID), kind)
    invalid(sim.start(s.ADA_ID, projectId=s.NOBODY_ID, taskId=s.NOBODY_ID), project, task)
    invalid(sim.start(s.ADA_ID, projectId=s.SECRET, taskId=s.KEY_123),
            ("TaskId", "The task does not belong to the project."))
    wrong(sim.start(s.ADA_ID, typeOfWorkId=s.FAX), 400, "entity-archived")
    wrong(sim.start(s.ADA_ID, projectId=s.ANCIENT), 400, "entity-archived")
    wrong(sim.start(s.GRACE_ID, taskId=s.SEC_1), 401, "unauthorized",
          "The call to Project was blocked due to insufficient permissions.")
    equal(sim.start(s.ADA_ID, taskId=s.SEC_1).json()["projectId"], s.SECRET)
    wrong(sim.start(None, s.ADA, projectId=s.CLOSED), 400, "invalid-operation")
    equal(sim.start(s.ADA_ID, projectId=s.CLOSED).status, 200)  # an admin may


def test_unknown_properties_and_other_case_pass(sim):
    sim.reset(START)
    answer = sim.timer("start", s.ADA_ID, body={
        "TimeZone": "UTC", "TYPEOFWORKID": s.DEVELOPMENT.upper(), "extra": 1, "taskId": None})
    equal((answer.status, answer.json()["timezone"]), (200, "UTC"))
    equal(sim.timer("pause", s.ADA_ID, s.ADA, {"reason": "tea"}).status, 200)


def main():
    module = sys.modules["__main__"]
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        failed = plain_test.run(module, sim)
    with s.Sim("--strict", "--ignore-me-user-id") as sim:
        invalid(sim.start(s.ADA_ID, extra=1), ("extra", "The property is not part of the model."))
        sim.start(s.ADA_ID)
        wrong(sim.timer("pause", s.ADA_ID, s.ADA, {}), 400, "invalid-model")
        equal(sim.timer("pause", s.ADA_ID, s.ADA).status, 200)
        nothing(sim.timer("stop", query="?userId=" + s.ADA_ID))
    return 1 if failed else 0


sys.exit(main())
