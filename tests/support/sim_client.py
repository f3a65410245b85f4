"""Starts awork-sim for a test and talks to it, plainly: one connection per request unless asked."""

import http.client
import contextlib
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("CW_ROOT") or os.path.join(os.path.dirname(__file__), "..", "..")
SEED = os.path.join(ROOT, "tests", "sim", "seed.json")

KEY = "sim-api-key"
ADA, GRACE = "sim-token-ada", "sim-token-grace"
ADA_ID = "6a2c1d3e-0000-4000-8000-000000000001"
GRACE_ID = "6a2c1d3e-0000-4000-8000-000000000002"
DENNIS_ID = "6a2c1d3e-0000-4000-8000-000000000003"
API_ID = "6a2c1d3e-0000-4000-8000-0000000000a0"
NOBODY_ID = "6a2c1d3e-0000-4000-8000-00000000dead"
DEVELOPMENT = "7b000000-0000-4000-8000-000000000001"
MEETINGS = "7b000000-0000-4000-8000-000000000002"
FAX = "7b000000-0000-4000-8000-000000000003"
WEBSITE = "8c000000-0000-4000-8000-000000000001"
SECRET = "8c000000-0000-4000-8000-000000000002"
CLOSED = "8c000000-0000-4000-8000-000000000003"
ANCIENT = "8c000000-0000-4000-8000-000000000004"
KEY_123 = "9d000000-0000-4000-8000-000000000123"
SEC_1 = "9d000000-0000-4000-8000-000000000201"


@contextlib.contextmanager
def changed_seed(change):
    """The path of a seed file that is the usual one after `change(seed)`."""
    with open(SEED, encoding="utf-8") as file:
        seed = json.load(file)
    change(seed)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(seed, file)
        file.flush()
        yield file.name


def refusal(*arguments):
    """What awork-sim says on its standard error when it does not start."""
    command = [os.path.join(os.environ["CW_BUILD"], "bin", "awork-sim"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode == 0:
        raise AssertionError(f"{arguments} started")
    return done.stderr


class Answer:
    def __init__(self, response, text):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = text

    def json(self):
        return json.loads(self.text)


class Sim:
    """`with Sim("--strict") as sim:`; the end of the block checks that SIGTERM ends it with 0."""

    def __init__(self, *options, seed=SEED):
        self.command = [os.path.join(os.environ["CW_BUILD"], "bin", "awork-sim"),
                        "--listen", "127.0.0.1:0", "--seed", seed, *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        head = "awork-sim listens on http://127.0.0.1:"
        if not line.startswith(head) or not line.endswith("/api/v1\n"):
            sys.exit(f"unexpected first line: {line!r}")
        self.port = int(line[len(head):].split("/")[0])
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        if code != 0 and kind is None:
            sys.exit(f"awork-sim ended with {code}")

    def raw(self, method, target, body=None, headers=None, timeout=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            connection.close()

    def api(self, method, path, token=KEY, body=None, **more):
        headers = {} if token is None else {"Authorization": "Bearer " + token}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        return self.raw(method, "/api/v1" + path, body, headers, **more)

    def timer(self, operation, user=None, token=KEY, body=None, query=""):
        family = "/me" if user is None else "/users/" + user
        return self.api("POST", f"{family}/timetracking/{operation}{query}", token, body)

    def start(self, user=None, token=KEY, **fields):
        form = {"timezone": "Europe/Berlin", "typeOfWorkId": DEVELOPMENT, **fields}
        return self.timer("start", user, token, form)

    def last(self, user=None, token=KEY):
        family = "/me" if user is None else "/users/" + user
        return self.api("GET", family + "/timeentries/last", token)

    def control(self, method, path, body=None):
        answer = self.raw(method, "/_sim" + path, None if body is None else json.dumps(body))
        if answer.status != 200:
            raise ValueError(f"{method} /_sim{path}: {answer.status} {answer.text!r}")
        return answer.json()

    def fault(self, fault, match="", count=1, **more):
        return self.control("POST", "/faults", {"match": match, "fault": fault, "count": count,
                                                **more})

    def log(self, after=0):
        text = self.raw("GET", f"/_sim/log?after={after}").text
        return [json.loads(line) for line in text.decode().splitlines()]

    def reset(self, at=None):
        """Back to the seed; with `at` the clock stands still at that time."""
        self.control("POST", "/reset")
        if at is not None:
            self.control("POST", "/clock", {"set": at, "freeze": True})

    def advance(self, seconds):
        self.control("POST", "/clock", {"advance": seconds})
