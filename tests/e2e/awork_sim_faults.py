"""What awork-sim has beside awork: faults, rate windows, clock, log, reset."""

import http.client
import json
import socket
import sys
import threading
import time

import plain_test
import sim_client as s
from plain_test import equal

START = "2026-03-02T08:00:00Z"


def state(sim, user):
    return next(u for u in sim.control("GET", "/state")["users"] if u["id"] == user)


def dropped(call, *arguments, **more):
    try:
        answer = call(*arguments, **more)
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return
    raise AssertionError(f"got an answer: {answer.status} {answer.text!r}")


def refused(sim, path, body):
    answer = sim.raw("POST", "/_sim" + path, body if isinstance(body, bytes) else json.dumps(body))
    equal(answer.status, 400, body)
    equal(list(answer.json()), ["error"])


def test_status_faults_do_not_act(sim):
    codes = {400: "invalid-operation", 404: "not-found", 409: "concurrency-violation",
             500: "server-error"}
    for status in (400, 401, 403, 404, 409, 429, 500, 502, 503, 504):
        sim.reset(START)
        sim.fault("status", arg=status)
        answer = sim.start(s.ADA_ID)
        equal(answer.status, status)
        equal(state(sim, s.ADA_ID)["entries"], [])
        equal("x-edge-ref" in answer.headers, True)
        if status in codes:
            equal(answer.json()["code"], codes[status])
            equal(answer.json()["traceId"], answer.headers["trace-id"])
        elif status == 401:
            equal(answer.json()["message"]["code"], "unauthorized")
        elif status == 403:
            equal(answer.headers["content-type"], "text/html")
            equal((answer.text[:6], "trace-id" in answer.headers), (b"<html>", False))
        else:
            equal(list(answer.json()), ["message"])
        line = sim.log()[-1]
        equal((line["status"], line["effect"], line["fault"]), (status, "none", "status"))
        equal(sim.start(s.ADA_ID).status, 200)


def test_a_429_fault_carries_its_reset(sim):
    sim.reset(START)
    for fault, reset in (({"fault": "status", "arg": 429}, "1"), ({"fault": 429}, "1"),
                         ({"fault": "429", "arg": 17}, "17")):
        sim.fault(**fault)
        answer = sim.api("GET", "/me")
        equal((answer.status, answer.headers["ratelimit-reset"]), (429, reset))
        equal(answer.headers["ratelimit-remaining"], "0")
        equal(answer.json(), {"message": "API rate limit exceeded"})
        equal("retry-after" in answer.headers, False)


def test_drop_before_does_not_act(sim):
    sim.reset(START)
    sim.fault("drop_before", count=2)
    dropped(sim.start, s.ADA_ID)
    dropped(sim.start, s.ADA_ID)
    equal(state(sim, s.ADA_ID)["entries"], [])
    line = sim.log()[-1]
    equal((line["status"], line["effect"], line["fault"], line["who"]),
          (0, "dropped", "drop_before", s.API_ID))
    equal(sim.start(s.ADA_ID).status, 200)


def test_drop_after_acts(sim):
    sim.reset(START)
    sim.fault("drop_after")
    dropped(sim.start, s.ADA_ID)
    entry = sim.last(s.ADA_ID).json()
    line = sim.log()[0]
    equal((line["status"], line["effect"], line["entry"]), (0, "started", entry["id"]))
    sim.fault("drop_after", match="POST */stop")
    equal(sim.api("GET", "/me").status, 200)
    dropped(sim.timer, "stop", s.ADA_ID)
    equal(state(sim, s.ADA_ID)["state"], "stopped")


def test_truncated_and_garbage_answers_have_acted(sim):
    for fault in ("truncate", "garbage"):
        sim.reset(START)
        for call, effect in ((lambda: sim.timer("stop", s.ADA_ID), "none"),
                             (lambda: sim.start(s.ADA_ID), "started")):
            sim.fault(fault)
            answer = call()
            equal(answer.status, 200)
            equal(int(answer.headers["content-length"]), len(answer.text))
            equal(answer.headers["content-type"], "application/json; charset=utf-8")
            try:
                raise AssertionError(f"{fault}: {answer.json()}")
            except ValueError:
                pass
            equal(sim.log()[-1]["effect"], effect)
        equal(state(sim, s.ADA_ID)["state"], "running")


def test_a_delay_keeps_nobody_else_waiting(sim):
    sim.reset()
    sim.fault("delay", match="/start", arg=600)
    begin = time.monotonic()
    took = []
    thread = threading.Thread(
        target=lambda: took.append((sim.start(s.ADA_ID).status, time.monotonic() - begin)))
    thread.start()
    while state(sim, s.ADA_ID)["state"] != "running":
        time.sleep(0.01)
    equal(sim.log()[0]["status"], 0)
    equal(sim.last(s.ADA_ID).status, 200)
    equal(time.monotonic() - begin < 0.5, True, "the others waited")
    thread.join()
    equal((took[0][0], took[0][1] >= 0.59), (200, True), took)
    equal(sim.log()[0]["status"], 200)


def test_a_late_request_still_lands_when_its_client_is_gone(sim):
    for fault, early in (("delay", "running"), ("delay_before", "idle")):
        sim.reset()
        sim.fault(fault, match="/start", arg=400)
        form = json.dumps({"timezone": "UTC", "typeOfWorkId": s.DEVELOPMENT})
        with socket.create_connection(("127.0.0.1", sim.port)) as connection:
            connection.sendall((f"POST /api/v1/users/{s.ADA_ID}/timetracking/start HTTP/1.1\r\n"
                                f"Host: x\r\nAuthorization: Bearer {s.KEY}\r\n"
                                f"Content-Length: {len(form)}\r\n\r\n{form}").encode())
            time.sleep(0.1)
        equal(state(sim, s.ADA_ID)["state"], early, fault)
        time.sleep(0.5)
        equal(state(sim, s.ADA_ID)["state"], "running", fault)
        equal(sim.log()[0]["effect"], "started")
    sim.reset()
    sim.fault("delay", arg=300)
    with socket.create_connection(("127.0.0.1", sim.port)) as connection:
        connection.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.05)
    sim.control("POST", "/reset")  # the line of the waiting request is gone, its number is not
    sim.api("GET", "/nothing")
    time.sleep(0.4)
    equal([(line["n"], line["status"]) for line in sim.log()], [(1, 404)])


def test_matches_counts_and_order(sim):
    sim.reset(START)
    listed = sim.control("POST", "/faults", [
        {"match": "get /API/v1/me", "fault": 503, "count": 1},
        {"match": "POST */timetracking/st[ao]*", "fault": "500", "count": 0},
        {"match": "users", "fault": 502},
    ])
    equal([(f["fault"], f["status"], f["left"]) for f in listed],
          [("status", 503, 1), ("status", 500, None), ("status", 502, None)])
    equal([sim.api("GET", "/me").status for _ in range(2)], [503, 200])
    equal([sim.start(s.ADA_ID).status, sim.timer("stop").status], [500, 500])
    equal([sim.timer("pause", s.ADA_ID, s.ADA).status, sim.timer("pause").status], [502, 204])
    hits = sim.control("GET", "/faults")
    equal([(f["hits"], f["left"]) for f in hits], [(1, 0), (2, None), (1, None)])
    equal(sim.control("DELETE", "/faults"), [])
    equal(sim.start(s.ADA_ID).status, 200)


def test_faulty_faults_are_refused_whole(sim):
    sim.reset()
    good = {"fault": 500}
    for bad in (b"", b"{", {}, [], {"fault": "melt"}, {"fault": 418}, {"fault": "status"},
                {"fault": "500", "count": -1}, {"fault": "delay", "arg": 600001}, {"fault": True},
                {"fault": 500, "when": 1}, {"fault": 500, "match": 1}, 5, "x"):
        if bad == []:
            equal(sim.control("POST", "/faults", bad), [])
            continue
        refused(sim, "/faults", bad)
        if not isinstance(bad, bytes):
            refused(sim, "/faults", [good, bad])
    equal(sim.control("GET", "/faults"), [])


def test_the_clock(sim):
    sim.reset("2026-03-02T09:30:00+01:30")
    equal(sim.control("GET", "/clock"),
          {"now": "2026-03-02T08:00:00.0000000Z", "now_ms": 1772438400000, "frozen": True})
    sim.advance(0.5)
    equal(sim.control("GET", "/clock")["now_ms"], 1772438400500)
    sim.control("POST", "/clock", {"freeze": False})
    time.sleep(0.02)
    equal(0 < sim.control("GET", "/clock")["now_ms"] - 1772438400500 < 30000, True)
    for bad in ({"set": "yesterday"}, {"set": "2026-02-29T00:00:00Z"}, {"set": "2026-03-02"},
                {"set": "2026-03-02T08:00:00"}, {"set": "2026-03-02T24:00:00Z"}, {"set": 5},
                {"advance": "1"}, {"advance": 1e30}, {"advance": -4e9}, {"speed": 2}, b"", [], 1):
        refused(sim, "/clock", bad)
    sim.control("POST", "/reset")
    equal(abs(sim.control("GET", "/clock")["now_ms"] / 1000 - time.time()) < 30, True)


def test_the_log(sim):
    sim.reset(START)
    form = {"timezone": "UTC", "typeOfWorkId": s.DEVELOPMENT, "note": "new\nline"}
    sim.timer("start", s.ADA_ID, body=form)
    sim.timer("stop", None, s.GRACE, b"\xff\xfe", query="?x=1")
    sim.timer("stop", None, "nobody", b'"text')
    sim.timer("stop", s.ADA_ID, body=b"{}" + b" " * 20000)
    lines = sim.log()
    equal([line["n"] for line in lines], [1, 2, 3, 4])
    entry = lines[0]["entry"]
    equal(lines[0], {"n": 1, "at_ms": 1772438400000, "method": "POST",
                     "path": f"/api/v1/users/{s.ADA_ID}/timetracking/start", "who": s.API_ID,
                     "user": s.ADA_ID, "body": form, "status": 200, "effect": "started",
                     "entry": entry})
    equal([lines[1][k] for k in ("path", "who", "user", "body", "status")],
          ["/api/v1/me/timetracking/stop?x=1", s.GRACE_ID, s.GRACE_ID,
           "(2 bytes that are not text)", 400])
    equal([lines[2][k] for k in ("who", "user", "body", "status")], [None, None, '"text', 401])
    equal((lines[3]["body_bytes"], len(lines[3]["body"])), (20002, 16384))
    equal((lines[3]["effect"], lines[3]["entry"]), ("stopped", entry))
    equal([line["n"] for line in sim.log(2)], [3, 4])
    equal(sim.log(4), [])
    equal(sim.log(99), [])
    text = sim.raw("GET", "/_sim/log?after=1&limit=1").text.decode()
    equal([json.loads(line)["n"] for line in text.splitlines()], [2])
    everything = sim.raw("GET", "/_sim/log").text + sim.raw("GET", "/_sim/state").text
    for token in (s.KEY, s.GRACE, "nobody"):
        equal(token.encode() in everything, False, token)


def test_reset_and_the_list_of_routes(sim):
    sim.reset(START)
    sim.start(s.ADA_ID)
    sim.fault(500)
    sim.control("POST", "/reset")
    equal((sim.log(), sim.control("GET", "/faults")), ([], []))
    equal({u["state"] for u in sim.control("GET", "/state")["users"]}, {"idle"})
    equal(sim.last(s.ADA_ID).status, 204)
    equal(sim.log()[0]["n"], 1)
    for path in ("/_sim", "/_sim/"):
        routes = sim.raw("GET", path).json()["routes"]
        for route in ("GET /_sim/log", "POST /_sim/faults", "POST /_sim/clock",
                      "DELETE /_sim/faults", "POST /_sim/reset", "GET /_sim/state"):
            equal(route in [f"{r['method']} {r['path']}" for r in routes], True, route)
    equal(sim.raw("GET", "/_sim/nothing").status, 404)
    answer = sim.raw("GET", "/_sim/reset")
    equal((answer.status, answer.headers["allow"]), (405, "POST"))
    equal(sim.raw("DELETE", "/_sim/clock").headers["allow"], "GET, POST")


def quota(answer):
    return [int(answer.headers[name]) for name in (
        "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-limit-second",
        "x-ratelimit-remaining-second", "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute")]


def rate_windows():
    with s.Sim("--rate-second", "3", "--rate-minute", "5", "--retry-after") as sim:
        sim.reset("2026-03-02T08:00:13.5Z")
        equal(quota(sim.api("GET", "/me")), [3, 2, 47, 3, 2, 5, 4])
        equal(sim.api("GET", "/me", "nobody").status, 401)  # counted before the token is looked at
        equal(quota(sim.api("GET", "/nothing")), [3, 0, 47, 3, 0, 5, 2])
        over = sim.api("GET", "/me", "nobody")
        equal((over.status, over.json()), (429, {"message": "API rate limit exceeded"}))
        equal(quota(over), [3, 0, 1, 3, 0, 5, 2])
        equal(over.headers["retry-after"], "1")
        sim.fault(500)
        equal(sim.start(s.ADA_ID).status, 429)  # the fault is not used up
        sim.advance(0.5)
        equal(sim.start(s.ADA_ID).status, 500)
        equal(quota(sim.start(s.ADA_ID)), [3, 1, 46, 3, 1, 5, 0])
        over = sim.start(s.ADA_ID)
        equal((over.status, quota(over)), (429, [5, 0, 46, 3, 1, 5, 0]))
        sim.advance(45)
        equal(sim.start(s.ADA_ID).status, 429)
        sim.advance(1)
        equal(quota(sim.start(s.ADA_ID)), [3, 2, 60, 3, 2, 5, 4])
        effects = [line["effect"] for line in sim.log()]
        equal(effects.count("started"), 2)
    with s.Sim() as sim:  # the plan of the seed
        sim.reset(START)
        equal([sim.api("GET", "/me").status for _ in range(51)], [200] * 50 + [429])
        equal("retry-after" in sim.api("GET", "/me").headers, False)


def ends_with_requests_waiting():
    with s.Sim() as sim:
        sim.fault("delay", arg=60000, count=0)
        thread = threading.Thread(target=dropped, args=(sim.api, "GET", "/me"))
        thread.start()
        with socket.create_connection(("127.0.0.1", sim.port)) as connection:
            connection.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
            while len(sim.log()) < 2:
                time.sleep(0.01)
    thread.join()


def main():
    rate_windows()
    ends_with_requests_waiting()
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
