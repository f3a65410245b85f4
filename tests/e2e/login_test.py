"""People's own tokens: `clockwire login` with the code flow, the pair in the journal, renewal before
it ends, what awork takes back, and every wrong turn of a login."""

import contextlib
import http.client
import http.server
import json
import pathlib
import signal
import subprocess
import threading
import time
import urllib.parse

from bridge import ADA, CLOCKWIRE, CONFIG, GRACE, RULES, SECRETS, main, test, until, world

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER_KEY = "ff" * 32
OAUTH = """    oauth: { client_id: sim-confidential, client_secret: "${secret.client}" }
"""
LOGIN = CONFIG.replace("token: ${secret.awork_ada}", "token: oauth") \
    .replace("    token: ${secret.awork_key}\n", "    token: ${secret.awork_key}\n" + OAUTH) \
    .replace('store: "sqlite:journal.db"', 'store: "sqlite:journal.db", key: "${secret.journal_key}"')
MORE = {**SECRETS, "client": "sim-client-secret", "journal_key": KEY}
WAITS = "this waits for `clockwire login ada`"
ALARM = "this person has to log in again; until then what needs their token waits"


@contextlib.contextmanager
def house(**how):
    with world(**{"config": LOGIN, "secrets": MORE, **how}) as (sim, b):
        yield sim, b
        assert "sim-client-secret" not in b.log_text() and KEY not in b.log_text()


class Login:
    """`clockwire login` while it runs."""

    def __init__(self, b, *words, user="ada"):
        command = [CLOCKWIRE, "login", user, *words, "-c", str(b.file)]  # it needs no secrets
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def end(self, text=None):
        out, err = self.process.communicate(text, timeout=60)
        return self.process.returncode, out, err


def get(url):
    """Status, where it leads, text; nothing is followed."""
    parts = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=60)
    c.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    return r.status, r.getheader("Location"), text


def says_yes(login):
    """Where awork sends the browser."""
    assert login.url.startswith("http"), login.end()
    status, where, text = get(login.url)
    assert status == 302, (status, text)
    return where


def log_in(b, user="ada"):
    login = Login(b, user=user)
    page = get(says_yes(login))
    code, out, err = login.end()
    assert code == 0 and page[0] == 200, (code, out, err, page)
    return out, page[2]


def revoke(sim, **which):
    status, text = sim.ask("POST", "/_sim/tokens", {**which, "revoked": True})
    assert status == 200, text


def asked(sim):
    """The status of each request to the token endpoint."""
    return [x["status"] for x in sim.log() if x["path"].startswith("/api/v1/accounts/token")]


def ready(b):
    return b.command("health", "--ready").stdout


def call_of(b, event):
    """The first call of the nth event."""
    events = b.events()
    return events[event - 1]["calls"][0] if len(events) >= event and events[event - 1].get("calls") else {}


def works(sim, b, acts):
    assert until(lambda: sim.acts(ADA) == acts), (sim.acts(ADA), acts)


# ---- The way it should go ----

class Proxy:
    """Stands before the token endpoint and remembers every token that comes by."""

    def __init__(self):
        proxy = self
        self.seen, self.target = [], None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                c = http.client.HTTPConnection("127.0.0.1", proxy.target, timeout=20)
                c.request("POST", "/api/v1/accounts/token", body,
                          {k: self.headers[k] for k in ("Content-Type", "Authorization")})
                r = c.getresponse()
                text = r.read()
                pair = json.loads(text)
                proxy.seen += [pair[k] for k in ("access_token", "refresh_token") if k in pair]
                proxy.seen += [v for k, v in urllib.parse.parse_qsl(body.decode())
                               if k in ("code", "code_verifier", "refresh_token")]
                self.send_response(r.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"

    def __enter__(self):
        return self

    def __exit__(self, *how):
        self.server.shutdown()
        self.server.server_close()


@test
def a_login_pauses_and_resumes_by_the_persons_own_token():
    with Proxy() as proxy, house(config=LOGIN.replace(
            "oauth: {", f'oauth: {{ token_url: "{proxy.url}",')) as (sim, b):
        proxy.target = sim.port
        assert "have yet to log in" in b.log_text()
        assert ready(b) == "ok\n"
        login = Login(b)
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(login.url).query)["state"][0]
        where = says_yes(login)
        for process in (login.process.pid, b.process.pid):  # what other users of the machine see
            words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
            assert b"clockwire" in words and state.encode() not in words, words
        page = get(where)[2]
        code, out, err = login.end()
        assert (code, out) == (0, "ada is logged in as Ada Lovelace\n"), (code, out, err)
        assert page == "ada is logged in as Ada Lovelace\n\nYou may close this window.\n", page
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "paused"])
        b.desktop("active")
        works(sim, b, ["started", "paused", "resumed"])
        assert ready(b) == "ok\n"
        assert len(proxy.seen) == 4, proxy.seen  # code, verifier, access, refresh
        no_secrets(b, proxy.seen)
        b.stop()
        no_secrets(b, proxy.seen)
        b.start()


def no_secrets(b, secrets):
    """Neither the journal nor the log nor a page holds a token, a code, a secret or the key."""
    files = [p for p in pathlib.Path(b.folder).iterdir()
             if p.is_file() and p.name.startswith(("journal", "bridge.log"))]
    kept = b"".join(p.read_bytes() for p in files)
    assert b"sealed" in kept, files
    pages = ""
    if b.process.poll() is None:
        pages = json.dumps([b.events(), b.pending("all"), b.metrics()]) + ready(b) + \
            b.command("plan", "--json").stdout + b.command("why", "1", "--json").stdout
    for secret in ("sim-client-secret", KEY, *secrets):
        assert secret.encode() not in kept, "a secret in the journal or the log"
        assert secret not in pages, "a secret on a page"


def token_of(b, user="ada"):
    """What `clockwire people` says of it."""
    line, = [x for x in b.command("people").stdout.splitlines() if x.startswith(user)]
    return line.split("token: ")[1].split("  ")[0]


@test
def who_is_known_by_their_address_logs_in_as_well():
    by_address = LOGIN.replace(f"    awork: {ADA}\n", "    awork: Ada@Example.org\n", 1)
    assert by_address != LOGIN
    with house(config=by_address, start=False) as (sim, b):
        sim.fault(match="/api/v1/users", fault="500", count=1000)
        b.start()
        done = b.command("login", "ada")
        assert done.returncode == 1 and "nobody knows yet who `ada` is at awork" in done.stderr, done.stderr
        sim.ask("DELETE", "/_sim/faults")
        assert b.command("reload").returncode == 0
        assert until(lambda: b.log("awork knows this address")), "she is not known"
        assert log_in(b)[0] == "ada is logged in as Ada Lovelace\n"
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "paused"])
        b.stop()
        b.start()
        assert ready(b) == "ok\n" and token_of(b) == "logged in", (ready(b), token_of(b))


@test
def without_a_login_a_pause_is_emulated():
    with house() as (sim, b):
        assert token_of(b) == "not logged in", token_of(b)
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "stopped"])
        assert not b.log(ALARM)


@test
def a_browser_on_another_machine():
    with house() as (sim, b):
        login = Login(b, "--paste")
        where = says_yes(login)
        assert where.startswith("http://127.0.0.1/callback?"), where
        code, out, err = login.end(f"  {where}\n")
        assert (code, out) == (0, "ada is logged in as Ada Lovelace\n"), (code, out, err)
        login = Login(b, "--paste")  # the code alone
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(says_yes(login)).query))
        code, out, err = login.end(query["code"] + "\n")
        assert (code, out) == (0, "ada is logged in as Ada Lovelace\n"), (code, out, err)
        other = says_yes(Login(b, "--paste"))
        for text, why in (("", "nothing was pasted"), ("what is this?\n", "holds no code"),
                          ("two words\n", "neither a code nor an address"),
                          ("http://127.0.0.1/callback\n", "neither a code nor an address"),
                          (other + "\n", "belongs to another login"),
                          ("nonsense\n", "the code was used, is too old, or is of another login")):
            login = Login(b, "--paste")
            code, out, err = login.end(text)
            assert code == 1 and not out and (why in err or "another login" in err), (text, out, err)


# ---- Wrong turns ----

@test
def wrong_turns_of_a_login():
    with house() as (sim, b):
        for user, why in (("grace", "`grace` does not log in: write `token: oauth` under users.grace"),
                          ("nobody", "there is no user `nobody`")):
            done = b.command("login", user)
            assert done.returncode == 1 and why in done.stderr, done.stderr
        assert b.command("login").returncode == 64
        done = b.command("login", "ada", "--timeout", "soon")
        assert done.returncode == 64 and "--timeout" in done.stderr, done.stderr
        login = Login(b, "--timeout", "1s")
        code, _, err = login.end()
        assert code == 1 and "no answer came in time" in err and "--paste" in err, err

        login = Login(b)  # a foreign state is passed over, other paths and methods too
        where = says_yes(login)
        base = where.split("?")[0]
        state = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(where).query))["state"]
        status, _, page = get(f"{base}?code=x&state={'x' * 43}")
        assert status == 400 and "another login" in page, page
        assert get(base)[0] == 400
        assert get(base.replace("/callback", "/other"))[0] == 404
        assert get(where)[0] == 200
        code, out, err = login.end()
        assert code == 0 and "another login" in err, (out, err)

        login = Login(b)
        base = says_yes(login).split("?")[0]
        status, _, page = get(f"{base}?error=access_denied&state="
                              + urllib.parse.parse_qs(urllib.parse.urlsplit(login.url).query)["state"][0])
        assert status == 400 and "access_denied" in page, page
        code, _, err = login.end()
        assert code == 1 and "awork did not let you in: access_denied" in err, err

        sim.ask("POST", "/_sim/oauth", {"consentAs": GRACE})
        login = Login(b)
        status, _, page = get(says_yes(login))
        code, _, err = login.end()
        assert (status, code) == (400, 1) and "this login is of Grace Hopper" in err and \
            f"users.ada.awork is {ADA}" in err, err
        sim.ask("POST", "/_sim/oauth", {"consentAs": None})
        login = Login(b)
        get(says_yes(login))
        assert "access_denied" in login.end()[2]
        sim.ask("POST", "/_sim/oauth", {"consentAs": ADA})

        sim.fault(match="/accounts/token", fault="503", count=1)
        login = Login(b)
        get(says_yes(login))
        code, _, err = login.end()
        assert code == 1 and "awork answered 503; begin again" in err, err

        (b.secrets / "client").write_text("wrong\n")
        assert b.command("reload").returncode == 0
        login = Login(b)
        get(says_yes(login))
        code, _, err = login.end()
        assert code == 1 and "awork refuses the client of target.awork.oauth" in err, err
        (b.secrets / "client").write_text("sim-client-secret\n")
        assert b.command("reload").returncode == 0

        login = Login(b)  # the daemon ends meanwhile
        where = says_yes(login)
        b.stop()
        get(where)
        code, _, err = login.end()
        assert code == 1 and "the daemon does not answer" in err, err
        done = b.command("login", "ada")
        assert done.returncode == 1 and "the daemon does not answer" in done.stderr, done.stderr
        b.start()
        log_in(b)


# ---- Renewal ----

@test
def tokens_are_renewed_though_no_call_is_due():
    with house() as (sim, b):
        sim.ask("POST", "/_sim/oauth", {"accessSeconds": 2})
        log_in(b)
        n = len(asked(sim))
        assert until(lambda: len(asked(sim)) >= max(n + 1, 4)), asked(sim)
        time.sleep(0.4)  # a refresh token is good once: not while its answer is under way
        b.stop(signal.SIGKILL)
        sim.ask("POST", "/_sim/oauth", {"accessSeconds": 86400})
        time.sleep(2)  # what it had is over when it starts
        b.start()
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "paused"])
        assert set(asked(sim)) == {200}, asked(sim)
        assert b.metrics()['clockwire_token_refreshes_total{result="ok"}'] >= 1
        assert ready(b) == "ok\n"


@test
def a_token_that_ends_early_is_renewed_once():
    """awork's clock is a day ahead: the token is refused, renewed, and the call goes on."""
    with house() as (sim, b):
        log_in(b)
        sim.ask("POST", "/_sim/clock", {"advance": 90000})
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "paused"])
        assert asked(sim) == [200, 200], asked(sim)
        pauses = [x["status"] for x in sim.log() if x["path"].endswith("/pause")]
        assert pauses == [401, 200], pauses
        assert not b.log(ALARM) and ready(b) == "ok\n"


@test
def a_refresh_whose_answer_is_lost_is_tried_again():
    with house() as (sim, b):
        log_in(b)
        sim.fault(match="/accounts/token", fault="reset_before", count=1)
        revoke(sim, userId=ADA, kind="oauth")
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "paused"])
        assert b.log("the answer to a refresh was lost; it is tried again")
        assert not b.log(ALARM)
        sim.fault(match="/accounts/token", fault="reset_after", count=1)  # used, and nobody heard
        revoke(sim, userId=ADA, kind="oauth")
        b.desktop("active")
        assert until(lambda: call_of(b, 3).get("reason") == WAITS), call_of(b, 2)
        (line,) = b.log(ALARM)
        assert "after the answer to an earlier refresh was lost" in line["reason"], line
        log_in(b)
        works(sim, b, ["started", "paused", "resumed"])


# ---- What awork takes back ----

@test
def what_is_taken_back_waits_for_a_login():
    with house() as (sim, b):
        log_in(b)
        revoke(sim, userId=ADA)
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        assert until(lambda: call_of(b, 2).get("reason") == WAITS), call_of(b, 2)
        b.branch("KEY-7", note="second")  # behind it, in order
        b.branch("KEY-7", login="ghopper")
        assert until(lambda: sim.acts(GRACE) == ["started"]), "others do not wait"
        assert sim.acts(ADA) == ["started"]
        assert ready(b) == "ok, but ada has to log in again: awork answered 400 invalid_grant: " \
            "clockwire login ada\n", ready(b)
        (line,) = b.log(ALARM)
        assert (line["level"], line["person"], line["do"]) == ("error", "ada", "clockwire login ada"), line
        assert b.metrics()["clockwire_logins_needed"] == 1
        assert token_of(b) == "login broken", token_of(b)
        before = len(sim.log())
        time.sleep(1)
        assert len(sim.log()) == before, "no request while it waits"
        b.stop(signal.SIGKILL)
        b.start()
        assert until(lambda: call_of(b, 2).get("reason") == WAITS), call_of(b, 2)
        assert len(asked(sim)) == 2, asked(sim)  # the login and one refresh
        log_in(b)
        works(sim, b, ["started", "paused", "started"])
        assert ready(b) == "ok\n" and b.metrics()["clockwire_logins_needed"] == 0
        assert len(b.log(ALARM)) == 2  # each process once
        assert until(lambda: all(c["state"] == "done" for e in b.events() for c in e["calls"]))


@test
def a_right_that_is_missing_is_no_matter_of_the_token():
    """A flat 401 is about this call: it is dead, and the token stays as it is."""
    with house() as (sim, b):
        log_in(b)
        b.branch("KEY-123")
        works(sim, b, ["started"])
        body = json.dumps({"code": "unauthorized", "description": "You may not.", "link": "x"})
        sim.fault(match="/pause", fault="401", count=1, body=body)
        b.desktop("idle")
        assert until(lambda: call_of(b, 2).get("state") == "dead"), call_of(b, 2)
        assert asked(sim) == [200] and not b.log(ALARM)


# ---- Keys and reloads ----

def with_key(b, key):
    (b.secrets / "journal_key").write_text(key + "\n")


@test
def the_key_of_the_journal():
    with house() as (sim, b):
        log_in(b)
        b.stop()
        with_key(b, OTHER_KEY)
        b.start()
        assert "it cannot be opened with this `journal.key`" in ready(b), ready(b)
        with_key(b, KEY)
        assert b.command("reload").returncode == 0
        assert ready(b) == "ok\n", ready(b)
        with_key(b, OTHER_KEY)  # now everything is sealed anew
        assert b.command("reload").returncode == 0
        assert ready(b) == "ok\n", ready(b)
        b.stop()
        b.start()
        assert ready(b) == "ok\n", ready(b)
        with_key(b, "password")
        assert "a key is 32 random bytes" in b.command("check").stderr + b.command("check").stdout
        with_key(b, OTHER_KEY)


@test
def a_reload_turns_it_off_and_on():
    with house() as (sim, b):
        log_in(b)
        b.config = LOGIN.replace("    token: oauth\n", "")
        b.write(RULES)
        assert b.command("reload").returncode == 0
        b.branch("KEY-123")
        works(sim, b, ["started"])
        b.desktop("idle")
        works(sim, b, ["started", "stopped"])  # emulated
        b.config = LOGIN
        b.write(RULES)
        assert b.command("reload").returncode == 0
        b.branch("KEY-7", note="again")
        works(sim, b, ["started", "stopped", "started"])
        b.desktop("idle")
        works(sim, b, ["started", "stopped", "started", "paused"])  # no new login was needed


if __name__ == "__main__":
    main()
