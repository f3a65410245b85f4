"""People's own tokens: `clockwire login` with the code flow, the pair in the journal, renewal before
it ends, what awork takes back, and every wrong turn of a login."""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from bridge import ADA, CLOCKWIRE, CONFIG, GRACE, SECRETS, main, test, until, world

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OAUTH = """    oauth: { client_id: sim-confidential, client_secret: "${secret.client}" }
"""
LOGIN = CONFIG.replace("token: ${secret.awork_ada}", "token: oauth") \
    .replace("    token: ${secret.awork_key}\n", "    token: ${secret.awork_key}\n" + OAUTH) \
    .replace('store: "sqlite:journal.db"', 'store: "sqlite:journal.db", key: "${secret.journal_key}"')
MORE = {**SECRETS, "client": "sim-client-secret", "journal_key": KEY}


def house(**how):
    return world(**{"config": LOGIN, "secrets": MORE, **how})


class Login:
    """`clockwire login` while it runs."""

    def __init__(self, b, *words, user="ada"):
        command = [CLOCKWIRE, "login", user, *words, "-c", str(b.file), "--secrets", str(b.secrets)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def end(self, text=None):
        out, err = self.process.communicate(text, timeout=30)
        return self.process.returncode, out, err


def get(url):
    """Status, where it leads, text; nothing is followed."""
    parts = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    c.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    return r.status, r.getheader("Location"), text


def log_in(b, user="ada"):
    login = Login(b, user=user)
    assert login.url.startswith("http"), login.end()
    status, where, _ = get(login.url)
    assert status == 302, status
    page = get(where)
    code, out, err = login.end()
    assert code == 0 and page[0] == 200, (code, out, err, page)
    return out, page[2]


def tokens_of(sim, kind, user=ADA):
    return [x for x in json.loads(sim.ask("GET", "/_sim/tokens")[1])["tokens"]
            if x["kind"] == kind and x["userId"] == user and x["grant"]]


def own(sim, user=ADA):
    """What the person did themselves, not the API user."""
    return [x["effect"] for x in sim.log() if x["effect"] in ("paused", "resumed")]


def ready(b):
    return b.command("health", "--ready").stdout


@test
def a_login_pauses_and_resumes_by_the_persons_own_token():
    with house() as (sim, b):
        assert "have yet to log in" in b.log_text()
        out, page = log_in(b)
        assert out == "ada is logged in as Ada Lovelace\n", out
        assert "ada is logged in" in page
        b.branch("KEY-123")
        assert until(lambda: sim.acts() == ["started"])
        b.desktop("idle")
        assert until(lambda: sim.acts() == ["started", "paused"]), sim.acts()
        b.desktop("active")
        assert until(lambda: sim.acts() == ["started", "paused", "resumed"]), sim.acts()
        assert ready(b) == "ok\n"


if __name__ == "__main__":
    main()
