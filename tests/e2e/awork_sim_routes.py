"""awork-sim's routes, tokens, lists, headers, its command line and its seed."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile

import plain_test
import sim_client as s
from plain_test import equal

RATE = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-limit-second",
        "x-ratelimit-remaining-second", "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute"]
EVERY_GET = ["/me", "/users", "/users/me", "/users/" + s.ADA_ID, "/typeofwork",
             "/typeofwork/" + s.FAX, "/tasks/" + s.KEY_123, "/tasks/key/AW-117",
             "/me/timeentries/last", f"/users/{s.ADA_ID}/timeentries/last",
             f"/users/{s.ADA_ID}/contactinfo", "/me/allavailabletasks", "/timeentries",
             "/timetracking/settings", "/projects", "/projects/" + s.WEBSITE, "/projects/key/KEY",
             f"/projects/{s.WEBSITE}/projecttasks", f"/projects/{s.WEBSITE}/timeentries",
             f"/tasks/{s.KEY_123}/timeentries"]
EVERY_POST = [f"{family}/timetracking/{operation}" for family in ("/me", "/users/" + s.ADA_ID)
              for operation in ("start", "stop", "pause", "resume")]
UNKNOWN = ["/", "", "/timer", "/users/ada", "/users/me/timetracking/start", "/tasks", "/tasks/key",
           "/tasks/key/", "/me/timetracking", "/me/timetracking/start/now", "/users//",
           "/users/6a2c1d3e-0000-4000-8000-00000000000/timeentries/last", "//me", "/me//",
           "/tasks/key/KEY%00-123", "/timeentry", "/projects/key", "/projects/x/projecttasks"]


def code(answer):
    return answer.json()["code"]


def test_every_route_in_any_case_with_a_slash(sim):
    for method, paths in (("GET", EVERY_GET), ("POST", EVERY_POST)):
        for path in paths:
            changed = path if "/key/" in path else path.upper()
            for variant in (path, path + "/", changed):
                answer = sim.api(method, variant, s.ADA)
                good = (200, 204, 400) if path.endswith("start") else (200, 204)
                equal(answer.status in good, True, f"{method} {variant} {answer.status}")
    equal(sim.raw("GET", "/API/V1/ME", None, {"authorization": "bearer " + s.ADA}).status, 200)


def test_unknown_routes_come_before_the_token(sim):
    for path in UNKNOWN:
        answer = sim.api("GET", path, None)
        equal((answer.status, code(answer)), (404, "not-found"), path)
        equal(answer.json()["description"], "There is no matching path for this URL.")
    equal(sim.raw("GET", "/api/v2/me").status, 404)
    equal(sim.raw("GET", "/").status, 404)


def test_bad_tokens_come_before_the_method(sim):
    for token in (None, "", "nobody", s.KEY + "x", s.KEY[:-1], "sim-token-old",
                  "sim-token-dennis"):
        for method, path in (("GET", "/me"), ("POST", "/me/timetracking/stop"), ("PUT", "/users")):
            answer = sim.api(method, path, token)
            equal(answer.status, 401, token)
            equal(answer.text, b'{"message":{"code":"unauthorized","description":"Unauthorized"}}')
            equal("trace-id" in answer.headers, False)
            equal("x-edge-ref" in answer.headers, True)
    basic = sim.raw("GET", "/api/v1/me", None, {"Authorization": "Basic " + s.KEY})
    equal(basic.status, 401)


def test_an_old_token_was_good_once(sim):
    sim.reset("2024-12-31T23:59:59Z")
    equal(sim.api("GET", "/me", "sim-token-old").status, 200)
    sim.advance(1)
    equal(sim.api("GET", "/me", "sim-token-old").status, 401)
    sim.reset()


def test_wrong_methods(sim):
    for method, path, allow in (("POST", "/me", "GET"), ("DELETE", "/users", "GET"),
                                ("GET", "/me/timetracking/start", "POST"),
                                ("PUT", f"/users/{s.ADA_ID}/timetracking/stop", "POST"),
                                ("PATCH", "/timeentries/" + s.NOBODY_ID, "GET, PUT, DELETE"),
                                ("DELETE", "/timeentries", "GET, POST"),
                                ("HEAD", "/me", "GET")):
        answer = sim.api(method, path)
        equal((answer.status, answer.headers.get("allow"), answer.text), (405, allow, b""), path)


def test_every_answer_has_its_headers(sim):
    answers = [sim.api("GET", "/me"), sim.api("GET", "/nothing"), sim.timer("stop", s.GRACE_ID),
               sim.timer("pause", s.GRACE_ID), sim.api("PUT", "/me")]
    for answer in answers:
        equal([name for name in RATE if not answer.headers.get(name, "").isdigit()], [])
        equal(bool(re.fullmatch("[0-9a-f]{32}", answer.headers["trace-id"])), True)
        equal("x-edge-ref" in answer.headers, True)
        kind = answer.headers.get("content-type")
        equal(kind, "application/json; charset=utf-8" if answer.text else None)
    equal(len({a.headers["trace-id"] for a in answers}), len(answers))


def test_me(sim):
    for path in ("/me", "/users/me"):
        me = sim.api("GET", path, s.GRACE).json()
        equal((me["id"], me["firstName"], me["workspace"]["name"]),
              (s.GRACE_ID, "Grace", "Example"))
    equal(sim.api("GET", "/me", s.KEY).json()["id"], s.API_ID)


def test_users_and_their_pages(sim):
    answer = sim.api("GET", "/users")
    users = answer.json()
    equal([u["firstName"] for u in users], ["Ada", "Grace", "Dennis", "Root", "clockwire"])
    equal([answer.headers["aw-" + n] for n in ("page", "pagesize", "items", "totalitems")],
          ["1", "10", "5", "5"])
    equal(users[0]["userContactInfos"][0]["value"], "ada@example.org")
    equal((users[2]["isDeactivated"], users[2]["status"]["isDeactivated"]), (True, True))
    answer = sim.api("GET", "/users?page=3&pageSize=2")
    equal([u["firstName"] for u in answer.json()], ["clockwire"])
    equal([answer.headers["aw-" + n] for n in ("page", "pagesize", "items", "totalitems")],
          ["3", "2", "1", "5"])
    equal(sim.api("GET", "/users?page=9").json(), [])
    equal(sim.api("GET", "/users?pageSize=99999").headers["aw-pagesize"], "1000")
    equal(code(sim.api("GET", "/users?page=x")), "validation-failed")


def test_types_of_work(sim):
    equal([t["name"] for t in sim.api("GET", "/typeofwork").json()], ["Development", "Meetings"])
    equal(len(sim.api("GET", "/typeofwork?showArchived=true").json()), 3)
    equal([t["name"] for t in sim.api("GET", "/typeofwork?page=2&pageSize=1").json()],
          ["Meetings"])
    equal(sim.api("GET", "/typeofwork/" + s.FAX).json()["isArchived"], True)
    equal(code(sim.api("GET", "/typeofwork/" + s.NOBODY_ID)), "not-found")


def test_tasks(sim):
    task = sim.api("GET", "/tasks/key/KEY-123").json()
    equal((task["id"], task["projectId"], task["typeOfWorkId"]),
          (s.KEY_123, s.WEBSITE, s.DEVELOPMENT))
    equal(sim.api("GET", "/tasks/" + s.KEY_123.upper()).json(), task)
    for key in ("KEY-7", "AW-117", "SEC-1"):
        equal(sim.api("GET", "/tasks/key/" + key, s.ADA).json()["taskIdentifier"], key)
    for key, status, error in (("KEY-9", 404, "not-found"), ("a.b", 400, "validation-failed"),
                               ("KEY-1" + "0" * 28, 400, "validation-failed"),
                               ("K" * 3000, 400, "validation-failed")):
        answer = sim.api("GET", "/tasks/key/" + key)
        equal((answer.status, code(answer)), (status, error), key[:40])
    answer = sim.api("GET", "/tasks/key/SEC-1", s.GRACE)
    equal((answer.status, code(answer)), (401, "unauthorized"))


def test_bodies_have_a_limit(sim):
    at = b'{"timezone":"UTC","typeOfWorkId":"' + s.DEVELOPMENT.encode() + b'","note":"'
    fits = at + b"x" * (1024 * 1024 - len(at) - 2) + b'"}'
    equal(sim.timer("start", s.ADA_ID, body=fits).status, 200)
    answer = sim.timer("start", s.ADA_ID, body=fits + b" ")
    equal((answer.status, code(answer)), (413, "request-body-too-large"))


def test_one_connection_serves_many(sim):
    request = f"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.ADA}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sim.port), 10) as connection:
        for _ in range(3):
            connection.sendall(request.encode())
            head, body = b"", b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            head, body = head.split(b"\r\n\r\n", 1)
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            while len(body) < length:
                body += connection.recv(65536)
            equal(json.loads(body)["id"], s.ADA_ID)


def refuse(what, *arguments):
    said = s.refusal(*arguments)
    equal(what in said, True, f"{arguments} {said}")


def test_the_command_line(sim):
    refuse("--listen HOST:PORT", "--seed", s.SEED)
    refuse("not loopback", "--seed", s.SEED, "--listen", "0.0.0.0:0")
    refuse("not loopback", "--seed", s.SEED, "--listen", "example.org:0")
    for bad in ("127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":80", "127.0.0.1:1x"):
        refuse("HOST:PORT", "--seed", s.SEED, "--listen", bad)
    refuse("--rate-second is a number", "--seed", s.SEED, "--listen", "127.0.0.1:0", "--rate-second", "-1")
    refuse("cannot listen", "--seed", s.SEED, "--listen", f"127.0.0.1:{sim.port}")
    refuse("/no/such", "--seed", "/no/such", "--listen", "127.0.0.1:0")
    refuse("unrecognized", "--frobnicate")
    command = [os.path.join(os.environ["CW_BUILD"], "bin", "awork-sim"), "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for word in ("--listen", "--seed", "workspace", "typesOfWork", "tokens", "expiresAt"):
        equal(word in text, True, word)


def test_the_manual_knows_all(sim):
    """Every option, every key of the seed, every own route and every fault."""
    with open(os.path.join(s.ROOT, "deploy/man/awork-sim.1"), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    command = [os.path.join(os.environ["CW_BUILD"], "bin", "awork-sim"), "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = set(re.findall(r"--[a-z-]+", text)) - {"--help"}
    words |= set(re.findall(r"[a-z]+[A-Z][A-Za-z]+", text.split("The seed is")[1])) - {"GUIDs"}
    words |= {r["path"].rstrip("/") for r in sim.control("GET", "")["routes"]}
    refusal = sim.raw("POST", "/_sim/faults", '{"fault":"x"}').json()["error"]
    words |= set(re.findall(r"[a-z]+_[a-z]+", refusal)) | {"cut", "drip", "reused", "chance"}
    equal(len(words) > 60, True, words)
    equal([word for word in sorted(words) if word not in page], [])


def test_faulty_seeds(sim):
    with open(s.SEED, encoding="utf-8") as file:
        good = file.read()
    for old, new, what in (('"icon": "code"', '"colour": "red"', "typesOfWork[0]"),
                           ('"kind": "apikey"', '"kind": "magic"', "tokens[0]: kind"),
                           ('"sim-token-ada"', '"sim-api-key"', "tokens[1]: token is"),
                           ('"id": "' + s.ADA_ID, '"id": "ada', "users[0]: id is not a GUID"),
                           ('"id": "' + s.ADA_ID, '"id": "' + s.GRACE_ID, "users[1]: this id"),
                           ('"projectId": "' + s.WEBSITE, '"projectId": "x', "tasks[0]: projectId"),
                           ('"KEY-7"', '"KEY-123"', "tasks[1]: this identifier"),
                           ('"2025-01-01T00', '"2025-02-30T00', "tokens[5]: expiresAt"),
                           ('"settings": [', '"settings": 5, "x": [', "x"),
                           ('"members": ["6a2c', '"members": ["0000', "projects[1]: a member"),
                           ('"workspace":', '"workspace" ', ":2:")):
        equal(old in good, True, old)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(good.replace(old, new, 1))
            file.flush()
            refuse(what, "--seed", file.name, "--listen", "127.0.0.1:0")


def main():
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
