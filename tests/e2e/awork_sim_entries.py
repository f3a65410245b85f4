"""awork-sim's time entries: lists, made by hand, corrected, deleted; settings, daily maximum,
histories, what must hold at any time, and bounded memory."""

import json
import subprocess
import sys
import urllib.parse

import plain_test
import sim_client as s
from plain_test import equal

START = "2026-03-02T08:00:00Z"  # a Monday; 09:00 in Berlin
EVERY_PROMISE = ("two_active", "ends_early", "duration", "version", "order", "lost_id", "lost_open",
                 "nobody_runs", "count")
ROOT, ROOT_ID = "sim-token-admin", "6a2c1d3e-0000-4000-8000-000000000009"


def state(sim, user=s.ADA_ID):
    return sim.control("GET", "/state?user=" + user)["users"][0]


def effects(sim, user=s.ADA_ID):
    return [act["effect"] for act in state(sim, user)["history"]]


def found(sim, filterby=None, token=s.KEY, **query):
    if filterby is not None:
        query["filterby"] = filterby
    return sim.api("GET", "/timeentries?" + urllib.parse.urlencode(query), token)


def notes(answer):
    equal(answer.status, 200, answer.text)
    return [e.get("note") for e in answer.json()]


def wrong(answer, status, code, prop=None):
    equal((answer.status, answer.json()["code"]), (status, code), answer.text)
    if prop is not None:
        equal([e["property"] for e in answer.json()["validationErrors"]], [prop])


def form(**fields):
    return {"timezone": "Europe/Berlin", "typeOfWorkId": s.DEVELOPMENT, **fields}


def worked(sim, seconds, note, user=s.ADA_ID, **fields):
    """One stopped entry, made by the clock."""
    entry = sim.start(user, note=note, **fields).json()
    sim.advance(seconds)
    sim.timer("stop", user)
    return sim.api("GET", "/timeentries/" + entry["id"]).json()


def three_days(sim):
    sim.reset("2026-03-01T22:30:00Z")  # 23:30 in Berlin
    worked(sim, 600, "sunday")
    sim.advance(36000)
    worked(sim, 600, "monday", taskId=s.KEY_123)
    worked(sim, 600, "grace", s.GRACE_ID)
    sim.advance(86400)
    worked(sim, 600, "tuesday")
    sim.start(s.GRACE_ID, note="runs", taskId=s.KEY_123)
    sim.advance(60)


def test_lists_of_entries(sim):
    three_days(sim)
    day = "startDateLocal ge datetime'2026-03-02T00:00:00' and startDateLocal lt datetime'2026-03-03'"
    for text, wanted in (
            (None, ["sunday", "monday", "tuesday", "grace", "runs"]),
            (f"userId eq guid'{s.ADA_ID}'", ["sunday", "monday", "tuesday"]),
            (f"userId eq guid'{s.NOBODY_ID}'", []),
            ("endTimeUtc eq null and startTimeUtc ne null", ["runs"]),
            ("endDateUtc eq null", ["runs"]), ("endTimeUtc ne null and note eq 'grace'", ["grace"]),
            (f"endTimeUtc eq null and userId eq guid'{s.ADA_ID}'", []),
            (day, ["monday", "grace"]), (f"{day} and userId eq guid'{s.ADA_ID}'", ["monday"]),
            ("startDateUtc eq datetime'2026-03-01'", ["sunday"]),
            ("startDateLocal le datetime'2026-03-01'", ["sunday"]),
            ("startDateUtc ge today", ["tuesday", "runs"]),
            ("startDateUtc ge datetime'2026-03-02' and startDateUtc ge datetime'2026-03-03'",
             ["tuesday", "runs"]),
            ("not startDateUtc ge datetime'2026-03-02'", ["sunday"]),
            ("startDateUtc lt datetime'2026-03-02' or note eq 'runs'", ["sunday", "runs"]),
            ("task/taskIdentifier eq 'KEY-123'", ["monday", "runs"]),
            ("project/projectKey eq 'KEY' and user/firstName eq 'Ada'", ["monday"]),
            (f"taskId eq guid'{s.KEY_123}' and duration gt 0", ["monday"]),
            (f"taskId eq null and typeOfWorkId eq guid'{s.DEVELOPMENT}' and isBillable eq false",
             ["sunday", "tuesday", "grace"]),
            (f"projectId eq guid'{s.WEBSITE}' and createdBy eq guid'{s.API_ID}'", ["monday", "runs"]),
            ("startTimeUtc eq '22:30:00'", ["sunday"]), ("startTimeLocal eq '23:30:00'", ["sunday"]),
            ("duration eq 600 and breakDuration eq 0 and endDateLocal eq datetime'2026-03-01'",
             ["sunday"]),
            ("updatedOn gt now", []), ("createdOn le now and isExternal", []),
            ("substringof('day', note) and timezone eq 'Europe/Berlin'",
             ["sunday", "monday", "tuesday"])):
        equal(notes(found(sim, text)), wanted, text)
    entry = found(sim, "note eq 'monday'").json()[0]
    equal(notes(found(sim, f"id eq guid'{entry['id']}'")), ["monday"])
    equal(notes(found(sim, f"id eq guid'{s.NOBODY_ID}'")), [])
    for text in ("name eq 'x'", "startDateLocal ge '2026-03-02'", "task eq null", ""):
        wrong(found(sim, text), 400, "invalid-filter-or-order")


def test_a_list_looks_at_little(sim):
    """Of many entries only at those that its filter leaves."""
    sim.reset("2026-03-01T08:00:00Z")
    for day in range(20):
        for user in (s.ADA_ID, s.GRACE_ID):
            for _ in range(10):
                worked(sim, 60, "n", user)
        sim.advance(86400 - 1200)
    entry = sim.start(s.ADA_ID).json()
    for text, wanted, most in (
            (f"id eq guid'{entry['id']}'", 1, 1), ("endTimeUtc eq null and startTimeUtc ne null", 1, 1),
            ("endDateUtc eq null", 1, 1), (f"userId eq guid'{s.GRACE_ID}'", 200, 200),
            (f"startDateUtc ge datetime'2026-03-19' and userId eq guid'{s.ADA_ID}'", 21, 40),
            ("startDateLocal ge datetime'2026-03-05' and startDateLocal lt datetime'2026-03-06'", 20, 120),
            ("startDateUtc le datetime'2026-03-01'", 20, 100), ("note eq 'n'", 400, 401)):
        before = sim.control("GET", "/check")["lookedAt"]
        equal(int(found(sim, text).headers["aw-totalitems"]), wanted, text)
        looked = sim.control("GET", "/check")["lookedAt"] - before
        equal(looked <= most, True, (text, looked))
    before = sim.control("GET", "/check")["lookedAt"]
    equal(int(found(sim, page=20).headers["aw-totalitems"]), 401)
    equal(sim.control("GET", "/check")["lookedAt"], before)


def test_pages_and_orders_of_entries(sim):
    three_days(sim)
    equal(notes(found(sim, orderby="startDateUtc desc,startTimeUtc desc")),
          ["runs", "tuesday", "grace", "monday", "sunday"])
    equal(notes(found(sim, f"userId eq guid'{s.ADA_ID}'", orderby="note")),
          ["monday", "sunday", "tuesday"])
    for more in ({}, {"orderby": "createdOn"}):
        pages = [found(sim, page=n, pageSize=2, **more) for n in (1, 2, 3, 4)]
        equal([len(p.json()) for p in pages], [2, 2, 1, 0])
        equal(sum((notes(p) for p in pages), []), notes(found(sim, **more)))
        equal([p.headers["aw-totalitems"] for p in pages], ["5"] * 4)
    wrong(found(sim, orderby="task"), 400, "invalid-filter-or-order")


def test_who_sees_which_entries(sim):
    three_days(sim)
    equal(notes(found(sim, token=s.GRACE)), ["grace", "runs"])
    equal(notes(found(sim, "endTimeUtc eq null", s.ADA)), [])
    equal(notes(found(sim, f"userId eq guid'{s.ADA_ID}'", s.GRACE)), [])
    equal(notes(found(sim, token=ROOT)), notes(found(sim)))
    entry = found(sim, "note eq 'monday'").json()[0]
    equal(notes(found(sim, f"id eq guid'{entry['id']}'", s.GRACE)), [])
    for token, status in ((s.ADA, 200), (s.KEY, 200), (s.GRACE, 401), ("nobody", 401)):
        equal(sim.api("GET", "/timeentries/" + entry["id"], token).status, status, token)
    equal(sim.api("GET", "/timeentries/" + entry["id"], s.ADA).json(), entry)
    wrong(sim.api("GET", "/timeentries/" + s.NOBODY_ID), 404, "not-found")
    for path in (f"/tasks/{s.KEY_123}/timeentries", f"/projects/{s.WEBSITE}/timeentries"):
        equal(notes(sim.api("GET", path)), ["monday", "runs"])
        equal(notes(sim.api("GET", path, s.ADA)), ["monday"])
    wrong(sim.api("GET", f"/tasks/{s.NOBODY_ID}/timeentries"), 404, "not-found")
    wrong(sim.api("GET", f"/tasks/{s.SEC_1}/timeentries", s.GRACE), 401, "unauthorized")


def put(sim, entry, token=s.KEY, **fields):
    """The entry with these fields: what is ... is left out."""
    body = {**entry, **fields}
    body = {k: v for k, v in body.items() if v is not ...}
    return sim.api("PUT", "/timeentries/" + entry["id"], token, body)


ONLY_UTC = {k: ... for k in ("startDateLocal", "startTimeLocal", "endDateLocal", "endTimeLocal")}


def test_the_end_of_a_stopped_entry(sim):
    sim.reset(START)
    entry = worked(sim, 3600, "long", taskId=s.KEY_123)
    for token in (s.KEY, s.ADA, ROOT):
        answer = put(sim, entry, token, **ONLY_UTC, endTimeUtc="08:45:00.5")
        equal(answer.status, 200, answer.text)
        after = answer.json()
        equal((after["endTimeUtc"], after["endTimeLocal"], after["duration"]),
              ("08:45:00.5000000", "09:45:00.5000000", 2701))
        equal((after["note"], after["taskId"], after["projectId"]), ("long", s.KEY_123, s.WEBSITE))
        equal(after["resourceVersion"] > entry["resourceVersion"], True)
        equal(after["updatedBy"], {s.KEY: s.API_ID, s.ADA: s.ADA_ID, ROOT: ROOT_ID}[token])
        equal(sim.last(s.ADA_ID).json(), after)
    local = {k: ... for k in ("startDateUtc", "startTimeUtc", "endDateUtc", "endTimeUtc")}
    equal(put(sim, entry, **local, endTimeLocal="09:30:00").json()["endTimeUtc"], "08:30:00")
    both = put(sim, entry, endTimeUtc="08:20:00", endTimeLocal="09:20:00")
    equal(both.json()["duration"], 1200)
    wrong(put(sim, entry, endTimeUtc="08:20:00"), 400, "validation-failed", "EndTimeLocal")
    length = put(sim, entry, **{**ONLY_UTC, "endDateUtc": ..., "endTimeUtc": ...}, duration=90)
    equal((length.json()["endTimeUtc"], length.json()["duration"]), ("08:01:30", 90))
    night = put(sim, entry, **ONLY_UTC, endDateUtc="2026-03-03T00:00:00Z", endTimeUtc="00:10:00")
    equal(night.json()["duration"], 16 * 3600 + 600)
    equal(put(sim, entry, **{**ONLY_UTC, "endDateUtc": ...}).json()["duration"], 3600)
    equal(effects(sim)[-8:], ["updated"] * 8)
    equal((sim.log()[-1]["entry"], sim.log()[-1]["user"]), (entry["id"], s.ADA_ID))


def test_ends_that_cannot_be(sim):
    sim.reset(START)
    entry = worked(sim, 3600, "long")
    for fields, prop in ((dict(endTimeUtc="07:59:59"), "EndTimeUtc"),
                         (dict(endTimeUtc="8:30"), "EndTimeUtc"),
                         (dict(endTimeUtc="24:00:00"), "EndTimeUtc"),
                         (dict(endDateUtc="2026-02-30T00:00:00Z"), "EndDateUtc"),
                         (dict(endTimeUtc=...), "EndTimeUtc"),
                         (dict(endTimeUtc=..., endDateUtc=..., duration=...), "EndTimeUtc"),
                         (dict(startTimeUtc="09:00:01"), "EndTimeUtc"),
                         (dict(startDateUtc=...), "StartDateUtc"),
                         (dict(startDateUtc=..., startTimeUtc=...), "StartDateUtc"),
                         (dict(startTimeUtc=...), "StartTimeUtc"),
                         (dict(timezone=""), "Timezone"), (dict(timezone="Mars/Olympus"), "Timezone"),
                         (dict(typeOfWorkId=...), "TypeOfWorkId"),
                         (dict(typeOfWorkId=s.NOBODY_ID), "TypeOfWorkId"),
                         (dict(taskId=s.NOBODY_ID), "TaskId"), (dict(endTimeUtc=5), "$.endTimeUtc"),
                         (dict(duration="x"), "$.duration"), (dict(duration=1 << 31), "$.duration"),
                         (dict(userId=s.NOBODY_ID), "UserId"), (dict(userId=s.GRACE_ID), "UserId")):
        wrong(put(sim, entry, **{**ONLY_UTC, **fields}), 400, "validation-failed", prop)
    wrong(put(sim, entry, s.ADA, **ONLY_UTC, userId=s.GRACE_ID), 401, "unauthorized")
    wrong(put(sim, entry, **ONLY_UTC, typeOfWorkId=s.FAX), 400, "entity-archived")
    wrong(sim.api("PUT", "/timeentries/" + entry["id"], s.KEY, b"{"), 400, "invalid-model")
    wrong(put(sim, entry, s.GRACE), 401, "unauthorized")
    wrong(put(sim, {**entry, "id": s.NOBODY_ID}), 404, "not-found")
    equal(sim.last(s.ADA_ID).json(), entry)
    sim.control("GET", "/check")


def test_a_put_replaces(sim):
    sim.reset(START)
    entry = worked(sim, 60, "note", taskId=s.KEY_123, isBilled=True)
    equal((entry["isBillable"], entry["isBilled"]), (True, True))
    after = put(sim, entry, note=..., taskId=..., projectId=..., isBillable=..., isBilled=...).json()
    equal([k for k in ("note", "taskId", "task", "projectId", "project") if k in after], [])
    equal((after["isBillable"], after["isBilled"]), (True, True))
    after = put(sim, entry, isBillable=False, note="new", typeOfWorkId=s.MEETINGS).json()
    equal((after["isBillable"], after["note"], after["typeOfWork"]["name"]),
          (False, "new", "Meetings"))
    equal(put(sim, entry, ID=s.NOBODY_ID, extra=1).json()["id"], entry["id"])


def test_breaks_count_in_corrections(sim):
    sim.reset(START)
    entry = sim.start(s.ADA_ID).json()
    sim.advance(600)
    sim.timer("pause", None, s.ADA)
    sim.advance(600)
    sim.timer("resume", None, s.ADA)
    sim.advance(600)
    entry = sim.timer("stop", s.ADA_ID).json()
    equal((entry["duration"], entry["breakDuration"]), (1200, 600))
    after = put(sim, entry, **ONLY_UTC, endTimeUtc="08:25:00").json()
    equal((after["duration"], after["breakDuration"], len(after["breaks"])), (900, 600, 1))
    no_end = {**ONLY_UTC, "endDateUtc": ..., "endTimeUtc": ...}
    equal(put(sim, entry, **no_end, duration=300).json()["endTimeUtc"], "08:15:00")
    wrong(put(sim, entry, **ONLY_UTC, endTimeUtc="08:09:59"), 400, "validation-failed", "Duration")
    freed = sim.api("POST", f"/timeentries/{entry['id']}/removebreaks", s.ADA).json()
    equal(("breaks" in freed, "breakDuration" in freed, freed["duration"]), (False, False, 900))
    wrong(sim.api("POST", f"/timeentries/{entry['id']}/removebreaks", s.GRACE), 401, "unauthorized")
    sim.start(s.ADA_ID)
    sim.timer("pause", None, s.ADA)
    runs = sim.last(s.ADA_ID).json()
    equal(state(sim)["state"], "paused")
    equal(sim.api("POST", f"/timeentries/{runs['id']}/removebreaks", s.ADA).status, 200)
    equal(state(sim)["state"], "running")
    equal(effects(sim)[-3:], ["started", "paused", "breaks_removed"])


def test_of_a_running_entry_only_the_start_moves(sim):
    sim.reset(START)
    sim.start(s.ADA_ID, note="runs")
    sim.advance(600)
    sim.timer("pause", None, s.ADA)
    entry = sim.last(s.ADA_ID).json()
    after = put(sim, entry, **ONLY_UTC, startTimeUtc="07:30:00", note="earlier").json()
    equal((after["startTimeUtc"], after["startTimeLocal"], after["duration"], after["note"]),
          ("07:30:00", "08:30:00", 0, "earlier"))
    equal(state(sim)["state"], "paused")
    for fields, prop in ((dict(endTimeUtc="08:05:00", endDateUtc="2026-03-02T00:00:00Z"), "EndTimeUtc"),
                         (dict(duration=60), "EndTimeUtc"), (dict(startTimeUtc=...), "StartTimeUtc"),
                         (dict(startTimeUtc="08:10:01"), "StartTimeUtc"),
                         (dict(startTimeUtc="09:00:00"), "StartTimeUtc")):
        wrong(put(sim, entry, **{**ONLY_UTC, **fields}), 400, "validation-failed", prop)
    put(sim, entry, **ONLY_UTC, startDateUtc="2026-03-01T00:00:00Z", startTimeUtc="08:10:00")
    equal(state(sim)["state"], "stopped")  # that was 24 hours ago
    equal(effects(sim), ["started", "paused", "updated", "updated", "expired"])
    equal(sim.api("GET", "/timeentries/" + entry["id"]).json()["duration"], 86400)


def test_entries_by_hand(sim):
    sim.reset(START)
    made = sim.api("POST", "/timeentries", s.ADA, form(
        startDateUtc="2026-03-02T00:00:00Z", startTimeUtc="06:00:00", endTimeUtc="07:30:00",
        note="by hand", taskId=s.KEY_123))
    equal(made.status, 200, made.text)
    entry = made.json()
    equal((entry["userId"], entry["duration"], entry["isBillable"]), (s.ADA_ID, 5400, True))
    equal(sim.last(s.ADA_ID).json(), entry)
    length = sim.api("POST", "/timeentries", s.KEY, form(
        userId=s.ADA_ID, startDateLocal="2026-03-02T00:00:00", startTimeLocal="08:00:00",
        duration=60)).json()
    equal((length["startTimeUtc"], length["endTimeUtc"], length["createdBy"]),
          ("07:00:00", "07:01:00", s.API_ID))
    day = sim.api("POST", "/timeentries", s.ADA, form(
        startDateUtc="2026-03-02T00:00:00Z", duration=7200)).json()
    equal([k for k in day if "Time" in k or k.startswith("end")], [])
    equal((day["startDateUtc"], day["startDateLocal"], day["duration"]),
          ("2026-03-02T00:00:00Z", "2026-03-02T00:00:00", 7200))
    equal(sim.last(s.ADA_ID).json(), length)  # the day counts as 00:00
    future = sim.api("POST", "/timeentries", s.ADA, form(
        startDateUtc="2026-03-05T00:00:00Z", startTimeUtc="06:00:00", duration=60)).json()
    equal(sim.last(s.ADA_ID).json(), length)  # the future is not looked at
    sim.start(s.ADA_ID)
    equal((state(sim)["state"], len(state(sim)["entries"])), ("running", 5))
    equal(len(found(sim, "endTimeUtc eq null").json()), 2)  # the day has no end either
    equal(len(found(sim, "endTimeUtc eq null and startTimeUtc ne null").json()), 1)
    after = put(sim, day, startDateUtc="2026-03-01T00:00:00Z", startDateLocal=..., duration=60)
    equal(after.json()["duration"], 60)
    after = put(sim, day, startDateLocal=..., startTimeUtc="05:00:00", duration=60).json()
    equal(after["endTimeUtc"], "05:01:00")
    equal(len(found(sim, "endTimeUtc eq null").json()), 1)
    equal(put(sim, future, startTimeUtc=..., startTimeLocal=..., endDateUtc=..., endTimeUtc=...,
              endDateLocal=..., endTimeLocal=...).json()["duration"], 60)
    equal(len(found(sim, "endTimeUtc eq null").json()), 2)
    sim.control("GET", "/check")


def test_entries_by_hand_that_cannot_be(sim):
    sim.reset(START)
    good = form(startDateUtc="2026-03-02T00:00:00Z", startTimeUtc="06:00:00", duration=60)
    for fields, prop in ((dict(duration=None), "EndTimeUtc"), (dict(duration=-1), "EndTimeUtc"),
                         (dict(startDateUtc=None), "StartDateUtc"),
                         (dict(startTimeUtc=None, duration=0), "Duration"),
                         (dict(startTimeUtc=None, endTimeUtc="07:00:00"), "StartTimeUtc"),
                         (dict(endTimeUtc="05:00:00"), "EndTimeUtc"), (dict(timezone=None), "Timezone"),
                         (dict(userId=s.NOBODY_ID), "UserId"), (dict(userId="me"), "$.userId")):
        wrong(sim.api("POST", "/timeentries", s.KEY, {**good, **fields}), 400, "validation-failed", prop)
    wrong(sim.api("POST", "/timeentries", s.ADA, {**good, "userId": s.GRACE_ID}), 401, "unauthorized")
    wrong(sim.api("POST", "/timeentries", s.KEY, {**good, "userId": s.DENNIS_ID}), 400,
          "deactivated-user")
    wrong(sim.api("POST", "/timeentries", s.GRACE, {**good, "taskId": s.SEC_1}), 401, "unauthorized")
    wrong(sim.api("POST", "/timeentries", s.KEY, b"[]"), 400, "invalid-model")
    equal(found(sim).json(), [])


def test_deleting(sim):
    sim.reset(START)
    stopped = worked(sim, 60, "old")
    runs = sim.start(s.ADA_ID).json()
    for entry, token, status in ((stopped, s.GRACE, 401), (stopped, s.ADA, 204), (stopped, s.ADA, 404),
                                 (runs, s.KEY, 204)):
        answer = sim.api("DELETE", "/timeentries/" + entry["id"], token)
        equal((answer.status, status != 204 or answer.text == b""), (status, True))
    equal((state(sim)["state"], state(sim)["entries"]), ("idle", []))
    equal(effects(sim), ["started", "stopped", "started", "deleted", "deleted"])
    equal((sim.log()[-1]["effect"], sim.log()[-1]["entry"]), ("deleted", runs["id"]))
    equal(sim.timer("stop", s.ADA_ID).status, 204)
    sim.control("GET", "/check")


def test_settings_bind_people_and_not_admins(sim):
    day = dict(startDateUtc="2026-02-26T00:00:00Z", duration=60)
    def old(token):
        return sim.api("POST", "/timeentries", token, form(**day))
    def closed(token):
        return sim.start(s.ADA_ID, token, projectId=s.CLOSED)
    def private(token):
        return sim.start(s.ADA_ID, token)
    for setting, call in ((dict(type="prevent-on-done-projects"), closed),
                          (dict(type="prevent-private"), private),
                          (dict(type="allow-on-past-days", dayCount=3), old)):
        sim.reset(START)
        sim.control("POST", "/settings", [{"type": "prevent-on-done-projects", "enabled": False}])
        equal(call(s.ADA).status, 200, setting)
        sim.control("POST", "/settings", [{"enabled": True, **setting}])
        wrong(call(s.ADA), 400, "invalid-operation")
        for admin in (ROOT, s.KEY):
            equal(call(admin).status, 200, setting)
    sim.control("POST", "/settings", [{"type": "allow-on-past-days", "enabled": True, "dayCount": 4}])
    equal(old(s.ADA).status, 200)
    entry = old(s.ADA).json()
    sim.control("POST", "/settings", [{"type": "allow-on-past-days", "enabled": False}])
    today = {**entry, "startDateUtc": "2026-03-02T00:00:00Z", "startDateLocal": ...}
    wrong(put(sim, today, s.ADA), 400, "invalid-operation")  # not moved out of the past either
    equal(put(sim, today).status, 200)
    sim.control("POST", "/settings", [{"type": "time-tracking-disabled", "enabled": True}])
    for token in (s.ADA, ROOT, s.KEY):
        wrong(sim.start(s.ADA_ID, token, taskId=s.KEY_123), 400, "invalid-operation")


def test_the_daily_maximum(sim):
    sim.reset(START)
    sim.control("POST", "/settings", [{"type": "time-tracking-limit", "enabled": True, "hours": 2}])
    worked(sim, 3600, "first")
    sim.start(s.ADA_ID, note="second")
    sim.advance(1800)
    sim.timer("pause", None, s.ADA)
    sim.advance(7200)
    equal(state(sim)["state"], "paused")
    sim.timer("resume", None, s.ADA)
    sim.advance(1799)
    equal(state(sim)["state"], "running")
    sim.advance(1000)
    equal(state(sim)["state"], "stopped")
    second = sim.last(s.ADA_ID).json()
    equal((second["duration"], second["endTimeUtc"]), (3600, "12:00:00"))
    equal(state(sim)["entries"][1]["stopReason"], "limit")
    wrong(sim.start(None, s.ADA), 400, "invalid-operation")
    wrong(sim.api("POST", "/timeentries", s.ADA, form(startDateUtc="2026-03-02T00:00:00Z",
                                                     duration=1)), 400, "invalid-operation")
    wrong(put(sim, second, s.ADA, **ONLY_UTC, endTimeUtc="12:00:01"), 400, "invalid-operation")
    equal(put(sim, second, s.ADA, **ONLY_UTC, endTimeUtc="11:59:00").json()["duration"], 3540)
    answer = sim.start(None, s.ADA)
    equal(answer.status, 200, answer.text)  # a minute is left again
    sim.advance(3600)
    equal(sim.last(s.ADA_ID).json()["duration"], 60)
    sim.advance(10 * 3600)  # the next day in Berlin
    equal(sim.start(None, s.ADA).status, 200)
    sim.start(ROOT_ID, ROOT)
    sim.advance(3 * 3600)
    equal((state(sim)["state"], state(sim, ROOT_ID)["state"]), ("stopped", "running"))


def test_a_person_has_a_maximum_of_his_own(sim):
    def change(seed):
        seed["users"][0]["dailyHours"] = 0.5
    with s.changed_seed(change) as seed, s.Sim("--rate-second", "0", seed=seed) as one:
        one.reset(START)
        one.start(s.ADA_ID)
        one.start(s.GRACE_ID)
        one.advance(3600)
        equal((state(one)["state"], state(one, s.GRACE_ID)["state"]), ("stopped", "running"))
        equal(one.last(s.ADA_ID).json()["duration"], 1800)


def test_histories(sim):
    sim.reset(START)
    first = sim.start(s.ADA_ID, note="one").json()["id"]
    sim.advance(1)
    second = sim.start(s.ADA_ID, s.ADA, note="two").json()["id"]
    sim.timer("stop", s.ADA_ID)
    sim.timer("stop", s.ADA_ID)
    third = sim.start(s.GRACE_ID).json()["id"]
    sim.advance(90000)
    history = state(sim)["history"]
    equal([(h["effect"], h["entry"], h["by"], h["n"]) for h in history],
          [("started", first, s.API_ID, 1), ("replaced", first, s.ADA_ID, 2),
           ("started", second, s.ADA_ID, 2), ("stopped", second, s.API_ID, 3)])
    equal(history[0]["at_ms"], 1772438400000)
    equal([(h["effect"], h["entry"], h["by"], h["n"]) for h in state(sim, s.GRACE_ID)["history"]],
          [("started", third, s.API_ID, 5), ("expired", third, s.GRACE_ID, 0)])
    equal([u["id"] for u in sim.control("GET", "/state?user=" + s.ADA_ID)["users"]], [s.ADA_ID])
    equal(sim.raw("GET", "/_sim/state?user=x").status, 404)
    equal(len(sim.control("GET", "/state")["users"]), 5)


def test_a_set_back_clock_breaks_nothing(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    for seconds, operation in ((-100, "pause"), (-100, "resume"), (50, "pause"), (1000, "resume"),
                               (-5000, "pause"), (-100, "stop"), (0, "start"), (-7, "start")):
        sim.advance(seconds)
        answer = sim.start(s.ADA_ID) if operation == "start" else \
            sim.timer(operation, None if operation != "stop" else s.ADA_ID, s.ADA)
        equal(answer.status, 200, (operation, answer.text))
        sim.control("GET", "/check")


def test_memory_is_bounded(sim):
    with s.Sim("--rate-second", "0", "--rate-minute", "0", "--keep-entries", "20",
               "--keep-requests", "30") as small:
        small.reset(START)
        first = small.start(s.ADA_ID).json()["id"]
        small.api("POST", "/timeentries", s.ADA, form(startDateUtc="2026-03-05T00:00:00Z", duration=1))
        for n in range(100):
            small.api("POST", "/timeentries", s.ADA,
                      form(startDateUtc="2026-03-03T00:00:00Z", startTimeUtc="09:00:00", duration=n))
        ada = state(small)
        equal((len(ada["history"]), 10 <= len(ada["entries"]) <= 20), (20, True))
        equal(ada["active"], first)  # what runs is not forgotten, old as it is
        equal([line["n"] for line in small.log()], list(range(73, 103)))
        small.control("GET", "/check")
    for option in ("--keep-entries", "--keep-requests"):
        for bad in ("9", "x", "-1", "1e9"):
            done = subprocess.run([*sim.command, option, bad], capture_output=True, text=True,
                                  timeout=20, check=False)
            equal((done.returncode != 0, option + " is a number" in done.stderr), (True, True), bad)


def test_a_broken_promise_ends_the_simulator(sim):
    for what in EVERY_PROMISE:
        one = s.Sim("--rate-second", "0")
        one.__enter__()
        one.reset(START)
        worked(one, 60, "old")
        one.start(s.ADA_ID)
        one.control("GET", "/check")
        try:
            one.control("POST", "/sabotage", {"what": what})
            raise AssertionError(what + " was not noticed")
        except OSError:
            pass
        equal(one.process.wait(20), 70, what)
        one.process.stdout.close()


def test_sabotage_needs_a_victim(sim):
    sim.reset(START)
    for body in ({"what": "order"}, {"what": "x"}, {}):
        answer = sim.raw("POST", "/_sim/sabotage", json.dumps(body))
        equal(answer.status, 400)
    worked(sim, 60, "old")
    sim.start(s.ADA_ID)
    equal(sim.raw("POST", "/_sim/sabotage", json.dumps({"what": "x"})).status, 400)
    equal({**sim.control("GET", "/check"), "lookedAt": 0}, {"good": True, "entries": 2, "lookedAt": 0})


def strict():
    with s.Sim("--strict") as sim:
        sim.reset(START)
        entry = worked(sim, 3600, "long")
        wrong(put(sim, entry, extra=1), 400, "validation-failed", "extra")
        wrong(put(sim, entry, duration=5), 400, "validation-failed", "Duration")
        equal(put(sim, entry).status, 200)
        equal(put(sim, entry, duration=...).status, 200)


def main():
    strict()
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
