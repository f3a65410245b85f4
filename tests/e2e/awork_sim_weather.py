"""awork-sim's rougher faults: resets of new and of reused connections, answers cut off or dripping,
faults of one person, by chance from a seed, with bodies and headers of their own; tokens that are
revoked, windows that change."""

import http.client
import json
import socket
import sys
import time

import plain_test
import sim_client as s
from plain_test import equal

START = "2026-03-02T08:00:00Z"


class Line:
    """One connection that is kept open."""

    def __init__(self, sim):
        self.c = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)

    def ask(self, method, path, token=s.KEY, body=None):
        self.c.request(method, "/api/v1" + path, body, {"Authorization": "Bearer " + token})
        answer = self.c.getresponse()
        return answer.status, answer.read()

    def close(self):
        self.c.close()


def fails(call, *kinds):
    try:
        got = call()
    except kinds or (OSError, http.client.HTTPException) as error:
        return error
    raise AssertionError(f"got an answer: {got!r}")


def running(sim, user=s.ADA_ID):
    return sim.control("GET", "/state?user=" + user)["users"][0]["state"]


FORM = json.dumps({"timezone": "UTC", "typeOfWorkId": s.DEVELOPMENT})


def test_a_reset_is_a_reset(sim):
    for fault, after in (("reset_before", "idle"), ("reset_after", "running")):
        sim.reset(START)
        sim.fault(fault)
        fails(lambda: sim.start(s.ADA_ID), ConnectionResetError)
        equal(running(sim), after)
        line = sim.log()[-1]
        equal((line["status"], line["fault"], line["effect"]),
              (0, fault, "started" if after == "running" else "dropped"))
        equal(sim.start(s.ADA_ID).status, 200)
    sim.reset(START)
    sim.fault("drop_before")
    equal(type(fails(lambda: sim.start(s.ADA_ID))), http.client.RemoteDisconnected)


def test_only_a_reused_connection_dies(sim):
    for fault, after in (("reset_before", "idle"), ("drop_before", "idle"),
                         ("reset_after", "running"), ("drop_after", "running")):
        sim.reset(START)
        sim.fault(fault, reused=True, count=1)
        for _ in range(3):
            equal(sim.api("GET", "/me").status, 200)  # each on a connection of its own
        line = Line(sim)
        equal(line.ask("GET", "/me")[0], 200)
        fails(lambda: line.ask("POST", f"/users/{s.ADA_ID}/timetracking/start", body=FORM))
        equal(running(sim), after, fault)
        line.close()
        equal(sim.control("GET", "/faults")[0]["hits"], 1)
    sim.fault(500, reused=True, count=0)
    lines = [Line(sim) for _ in range(40)]
    equal({line.ask("GET", "/me")[0] for line in lines}, {200})
    equal({line.ask("GET", "/me")[0] for line in lines}, {500})
    for line in lines:
        line.close()
    equal(sim.api("GET", "/me").status, 200)


def test_an_answer_is_cut_off(sim):
    sim.reset(START)
    sim.fault("cut")
    error = fails(lambda: sim.start(s.ADA_ID))
    equal(type(error), http.client.IncompleteRead)
    equal((len(error.partial) > 100, running(sim)), (True, "running"))
    equal(sim.log()[-1]["status"], 200)
    sim.fault("cut")
    equal(sim.timer("stop", s.GRACE_ID).status, 204)  # nothing to cut


def test_an_answer_drips(sim):
    sim.reset(START)
    sim.fault("drip", arg=600)
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", sim.port), 20) as connection:
        connection.sendall(f"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.ADA}\r\n"
                           "Connection: close\r\n\r\n".encode())
        text, pieces = b"", 0
        while piece := connection.recv(65536):
            text += piece
            pieces += 1
    equal((pieces > 5, 0.5 < time.monotonic() - begin < 10), (True, True), pieces)
    equal(json.loads(text.split(b"\r\n\r\n")[1])["id"], s.ADA_ID)
    sim.fault("drip", arg=60000)  # nobody waits for the end of this one
    fails(lambda: sim.raw("GET", "/api/v1/me", None, {"Authorization": "Bearer " + s.ADA}, timeout=0.3),
          TimeoutError)
    equal(sim.api("GET", "/me").status, 200)


def test_a_fault_of_one_person(sim):
    sim.reset(START)
    sim.fault(503, user=s.ADA_ID, count=0)
    equal([sim.start(s.ADA_ID).status, sim.api("GET", "/me", s.ADA).status,
           sim.last(s.ADA_ID.upper()).status], [503] * 3)
    equal([sim.start(s.GRACE_ID).status, sim.api("GET", "/me", s.GRACE).status,
           sim.api("GET", "/users").status], [200] * 3)


def test_some_pass_first(sim):
    sim.reset(START)
    sim.fault(500, match="/me", after=2, count=2)
    equal([sim.api("GET", "/me").status for _ in range(5)], [200, 200, 500, 500, 200])


def test_chance_comes_from_a_seed(sim):
    def throw(seed, chance=0.3):
        sim.reset()
        sim.control("POST", "/dice", {"seed": seed})
        sim.fault(500, chance=chance, count=0)
        return "".join(str(sim.api("GET", "/me").status)[0] for _ in range(200))
    one = throw(7)
    equal((throw(7) == one, throw(8) == one), (True, False))
    equal(30 < one.count("5") < 90, True, one)
    equal(throw(7, 1).count("5"), 200)
    sim.reset()
    sim.fault("delay", arg=40, vary=True, count=0)
    took = []
    for _ in range(12):
        begin = time.monotonic()
        sim.api("GET", "/me")
        took.append(time.monotonic() - begin)
    equal(max(took) - min(took) > 0.005, True, took)


def test_a_status_with_words_of_its_own(sim):
    sim.reset(START)
    sim.fault(403, body="")
    answer = sim.api("GET", "/me")
    equal((answer.status, answer.text, "content-type" in answer.headers), (403, b"", False))
    equal("x-edge-ref" in answer.headers, True)
    sim.fault(403)
    equal(b"<html>" in sim.api("GET", "/me").text, True)
    sim.fault(503, body="<h1>busy</h1>", headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
    answer = sim.api("GET", "/me")
    equal((answer.status, answer.text, answer.headers["content-type"]),
          (503, b"<h1>busy</h1>", "text/html"))
    equal(answer.headers["retry-after"], "Fri, 31 Dec 1999 23:59:59 GMT")
    sim.fault(429, arg=9, headers={"RateLimit-Reset": "-5", "retry-after": "1e9"})
    answer = sim.api("GET", "/me")
    equal((answer.headers["ratelimit-reset"], answer.headers["retry-after"]), ("-5", "1e9"))
    equal(answer.json(), {"message": "API rate limit exceeded"})
    for status in (408, 425):
        sim.fault(status)
        equal(sim.api("GET", "/me").status, status)


def test_faults_that_are_none(sim):
    sim.reset()
    for bad in ({"fault": "delay", "body": "x"}, {"fault": "drip", "headers": {}},
                {"fault": 500, "headers": {"X": 5}}, {"fault": 500, "headers": {"X": "a\r\nY: b"}},
                {"fault": 500, "headers": []}, {"fault": 500, "chance": 1.5},
                {"fault": 500, "chance": -1}, {"fault": 500, "after": -1},
                {"fault": 500, "user": "ada"}, {"fault": 500, "reused": 1}, {"fault": 418}):
        equal(sim.raw("POST", "/_sim/faults", json.dumps(bad)).status, 400, bad)
    equal(sim.raw("POST", "/_sim/dice", "{}").status, 400)
    equal(sim.control("GET", "/faults"), [])


def test_tokens_are_revoked_and_come_back(sim):
    sim.reset(START)
    equal(sim.api("GET", "/me", s.ADA).status, 200)
    for who in ({"token": s.ADA}, {"userId": s.ADA_ID}, {"userId": s.ADA_ID, "kind": "oauth"}):
        sim.control("POST", "/tokens", {**who, "revoked": True})
        equal(sim.api("GET", "/me", s.ADA).json()["message"]["code"], "unauthorized")
        equal([sim.api("GET", "/me", t).status for t in (s.GRACE, s.KEY)], [200, 200])
        sim.control("POST", "/tokens", {**who, "revoked": False})
        equal(sim.api("GET", "/me", s.ADA).status, 200)
    sim.control("POST", "/tokens", {"token": s.ADA, "expiresIn": 60})
    sim.advance(59)
    equal(sim.api("GET", "/me", s.ADA).status, 200)
    sim.advance(1)
    equal(sim.api("GET", "/me", s.ADA).status, 401)
    sim.control("POST", "/tokens", {"kind": "apikey", "revoked": True})
    equal(sim.api("GET", "/me", s.KEY).status, 401)
    text = sim.raw("GET", "/_sim/tokens").text
    for token in (s.ADA, s.KEY, s.GRACE):
        equal(token.encode() in text, False)
    equal({t["kind"]: t["revoked"] for t in json.loads(text)}, {"apikey": True, "oauth": False})
    for bad in ({}, {"token": s.ADA}, {"token": "nobody", "revoked": True}, {"revoked": 1},
                {"kind": "x", "revoked": True}, {"revoked": True, "expiresIn": 5}):
        equal(sim.raw("POST", "/_sim/tokens", json.dumps(bad)).status, 400, bad)
    sim.reset()  # the real time: what a test let expire has come back too
    equal([sim.api("GET", "/me", t).status for t in (s.ADA, s.KEY)], [200, 200])


def test_the_windows_change(sim):
    sim.reset(START)
    sim.control("POST", "/rate", {"perSecond": 3})
    equal([sim.api("GET", "/me").status for _ in range(4)], [200, 200, 200, 429])
    sim.control("POST", "/rate", {"perSecond": 0, "perMinute": 5})
    equal([sim.api("GET", "/me").status for _ in range(3)], [200, 200, 429])
    equal(sim.raw("POST", "/_sim/rate", '{"perSecond":-1}').status, 400)
    sim.reset(START)
    equal([sim.api("GET", "/me").status for _ in range(60)], [200] * 60)


def main():
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
