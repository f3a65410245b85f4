"""Messages and calls to other hosts: a small chat server on this machine that takes what it is sent,
answers slowly, wrongly or not at all; timers go on whatever it does."""

import contextlib
import json
import signal
import time

from bridge import ADA, CONFIG, GRACE, SECRETS, SLOW, free_port, main, test, until, world
from chat_server import Chat

ALL = {**SECRETS, "chat_ada": "k3y-of-ada-0123456789", "api_key": "k3y-of-api-0123456789"}
RULES = """
  - id: tell
    when: desktop.tell
    user: ada
    then:
      - notify: { to: "${user.chat}", text: "${event.text}" }
      - log: told
  - id: tell-team
    when: desktop.team
    user: ada
    then: { notify: { to: team:both, text: "hello, ${event.text}" } }
  - id: tell-and-stop
    when: desktop.off
    user: ada
    then:
      - notify: { to: ada, text: "Your timer still runs (${timer.task | default: none}). I stop it now." }
      - stop
  - id: post
    when: desktop.post
    user: ada
    then:
      - call:
          url: "@CHAT@/api/${user.name}/${secret.api_key}"
          headers: { X-Key: "${secret.api_key}", X-Kind: a }
          json: { text: "${event.text}", list: "${event.list}", n: 7, task: "${timer.state}" }
      - log: posted
  - id: delete
    when: desktop.delete
    user: grace
    then: { call: { url: "@CHAT@/gone", method: DELETE } }
  - id: track
    when: desktop.track
    user: ada
    then: { start: { task: KEY-123 } }
"""


@contextlib.contextmanager
def chatting(url=None, **how):
    chat = Chat()
    config = CONFIG.replace("    token: ${secret.awork_ada}",
                            "    token: ${secret.awork_ada}\n    chat: @CHAT@/hooks/${secret.chat_ada}") \
        .replace('"desktop:grace"]', '"desktop:grace"]\n    chat: @CHAT@/hooks/grace') \
        .replace("target:\n", "teams: { both: [ada, grace] }\ntarget:\n")
    text = RULES.replace("@CHAT@", url or chat.url)
    try:
        with world(rules=text, config=config.replace("@CHAT@", url or chat.url), secrets=ALL,
                   **how) as (sim, b):
            yield sim, b, chat
    finally:
        chat.end()


def desktop(b, event, **fields):
    body = json.dumps({"id": f"{event}-{time.monotonic_ns()}", "event": event, **fields}).encode()
    status = b.post("/hooks/desktop", body, {"Content-Type": "application/json",
                    "Authorization": "Bearer " + SECRETS["desktop"]})[0]
    assert status == 202, status


def calls(b, event=-1):
    return [(c["action"], c["state"], c.get("reason", "")) for c in b.events()[event]["calls"]]


def over(b, n=1, seconds=10):
    def done():
        e = b.events()
        return len(e) >= n and all(r["state"] not in ("waiting", "acting")
                                   for x in e for r in x["runs"]) and e
    return until(done, seconds)


@test
def a_message():
    with chatting() as (sim, b, chat):
        desktop(b, "tell", text='a "quoted" text\nin two lines ä')
        assert over(b), b.events()
        (method, path, headers, body), = chat.got
        assert (method, path) == ("POST", "/hooks/k3y-of-ada-0123456789")
        assert json.loads(body) == {"text": 'a "quoted" text\nin two lines ä'}
        assert headers["Content-Type"] == "application/json" and "Authorization" not in headers
        assert calls(b) == [("notify", "done", ""), ("log", "done", "")], calls(b)
        attempt = b.events()[0]["calls"][0]["attempts"][0]
        assert attempt["request"] == "POST chat of ada" and attempt["status"] == 200, attempt
        assert b.metrics()["clockwire_outside_requests_total"] == 1


@test
def a_team_and_what_the_timer_says():
    with chatting() as (sim, b, chat):
        desktop(b, "track")
        assert until(lambda: sim.acts() == ["started"])
        desktop(b, "team", text="you")
        assert over(b, 2)
        assert [p for _, p, _, _ in chat.got] == ["/hooks/k3y-of-ada-0123456789", "/hooks/grace"]
        assert chat.texts() == ["hello, you"] * 2
        desktop(b, "off")
        assert over(b, 3)
        assert chat.texts()[-1] == "Your timer still runs (KEY-123). I stop it now.", chat.texts()
        assert sim.acts() == ["started", "stopped"]


@test
def a_call():
    with chatting() as (sim, b, chat):
        desktop(b, "post", text="x", list=[1, {"a": None}])
        desktop(b, "delete")
        assert over(b, 2)
        assert until(lambda: len(chat.got) == 2)
        post = next(x for x in chat.got if x[0] == "POST")
        gone = next(x for x in chat.got if x[0] == "DELETE")
        assert post[1] == "/api/ada/k3y-of-api-0123456789"
        assert post[2]["X-Key"] == "k3y-of-api-0123456789" and post[2]["X-Kind"] == "a"
        assert json.loads(post[3]) == {"text": "x", "list": [1, {"a": None}], "n": 7,
                                       "task": "stopped"}, post
        assert gone[1] == "/gone" and gone[3] == b""
        attempt = b.events()[0]["calls"][0]["attempts"][-1]
        assert attempt["request"].endswith("/api/ada/${secret.api_key}"), attempt


@test
def secrets_are_nowhere():
    """Neither log nor journal nor `why` has an address or key, whatever happened."""
    with chatting() as (sim, b, chat):
        for how in (200, 500, 404, "drop", "garbage", "moved"):
            chat.how = [how] + [200] * 9
            desktop(b, "tell", text="x")
            desktop(b, "post", text="x", list=[])
            assert over(b, len(b.events()), 20)
        chat.end()
        desktop(b, "tell", text="x")
        time.sleep(2)
        text = b.log_text() + json.dumps(b.events())
        for n in range(1, len(b.events()) + 1):
            text += b.command("why", str(n)).stdout
        for name in ("journal.db", "journal.db-wal"):
            if (b.folder / name).exists():
                text += (b.folder / name).read_bytes().decode("latin-1")
        assert "chat of ada" in text and "k3y-of" not in text
        assert "/hooks/grace" not in text
        chat.__init__()  # something to end


@test
def each_answer():
    """2xx is done, 408, 429 and 5xx are tried again, the rest is dead; the rule goes on."""
    with chatting() as (sim, b, chat):
        for how, state, reason, asked in (
                ([500, 503, 200], "done", "", 3), ([429, 200], "done", "", 2), ([408, 204], "done", "", 2),
                ([404], "dead", "the host answered 404", 1),
                (["moved"], "dead", "the host answered 302, and redirects are not followed", 1),
                (["drop"], "dead", "no answer came; it may have arrived, and is not sent again", 1),
                (["garbage"], "dead", "no answer came; it may have arrived, and is not sent again", 1),
                (["endless"], "dead", "no answer came; it may have arrived, and is not sent again", 1)):
            chat.got, chat.how = [], how
            n = len(b.events()) + 1
            desktop(b, "tell", text="x")
            assert over(b, n, 20), (how, b.events()[-1])
            assert calls(b) == [("notify", state, reason), ("log", "done", "")], (how, calls(b))
            assert len(chat.got) == asked, (how, chat.got)
            time.sleep(0.3)
            assert len(chat.got) == asked, "it was sent again"
            assert b.events()[-1]["runs"][0]["state"] == ("done" if state == "done" else "failed")


@test
def a_chat_that_is_gone_stops_no_timer():
    """Nobody listens: the message is given up within half a minute, the timer is stopped then; and
    other people's timers do not notice."""
    with chatting(url=f"http://127.0.0.1:{free_port()}") as (sim, b, chat):
        desktop(b, "track")
        assert until(lambda: sim.acts(ADA) == ["started"])
        begun = time.monotonic()
        desktop(b, "off")
        time.sleep(0.5)
        b.branch("KEY-7", login="ghopper")  # no rule of this file
        assert until(lambda: sim.acts(ADA) == ["started", "stopped"], 40), b.events()
        took = time.monotonic() - begun
        assert 15 < took < 31 * SLOW, took
        assert over(b, 3)
        (what, state, reason), stop = calls(b, 1)
        assert (what, state) == ("notify", "dead") and reason.startswith("gave up after 30 seconds"), reason
        assert stop == ("stop", "done", "")


@test
def a_slow_chat_holds_up_nobody_else():
    with chatting() as (sim, b, chat):
        chat.how = "slow"
        desktop(b, "tell", text="1")
        assert until(lambda: chat.open == 1)
        begun = time.monotonic()
        desktop(b, "delete")  # grace's lane
        assert until(lambda: len(chat.got) == 2)
        assert time.monotonic() - begun < 2 * SLOW
        assert over(b, 2)


@test
def awork_refuses_and_messages_go_on():
    """Whatever holds up awork's requests does not hold up what goes elsewhere."""
    with chatting() as (sim, b, chat):
        sim.fault(match="*", fault="status", arg=429, count=1000)
        desktop(b, "track")
        assert until(lambda: "429" in b.log_text())
        body = json.dumps({"id": "g1", "event": "delete", "user": "grace"}).encode()
        desktop(b, "delete")
        assert until(lambda: len(chat.got) == 1), b.events()
        assert not sim.acts()


@test
def killed_while_it_waits_for_an_answer():
    """The request may have arrived: it is not sent again."""
    with chatting() as (sim, b, chat):
        chat.how = "slow"
        desktop(b, "tell", text="1")
        assert until(lambda: chat.open == 1)
        b.stop(signal.SIGKILL)
        chat.how = 200
        b.start()
        assert over(b), b.events()
        assert len(chat.got) == 1, chat.got
        assert calls(b)[0] == ("notify", "dead",
                               "no answer came; it may have arrived, and is not sent again"), calls(b)
        assert calls(b)[1][1] == "done"


@test
def stopped_before_it_could_be_sent():
    """SIGTERM while the chat is away: the next process sends it."""
    with chatting() as (sim, b, chat):
        chat.how = 503
        desktop(b, "tell", text="1")
        assert until(lambda: len(chat.got) >= 1)
        assert b.stop() == 0
        chat.how = 200
        n = len(chat.got)
        b.start()
        assert over(b), b.events()
        assert len(chat.got) == n + 1 and calls(b)[0][1] == "done", calls(b)


@test
def addresses_are_checked_before_the_start():
    with chatting(start=False) as (sim, b, chat):
        good = b.file.read_text()
        for wrong, told in (
                (good.replace(chat.url + "/hooks/grace", "http://chat.example.org/hooks"),
                 "begins with http://, which is only for this machine"),
                (good.replace(chat.url + "/gone", "http://chat.example.org/gone"),
                 "begins with http://, which is only for this machine"),
                (good.replace(chat.url + "/gone", "https://${event.host}/"),
                 "an address or header comes from the configuration alone"),
                (good.replace("${secret.api_key}\", X-Kind", "${secret.nowhere}\", X-Kind"),
                 "the secret `nowhere` is missing"),
                (good.replace("${secret.chat_ada}", "${secret.elsewhere}"),
                 "the secret `elsewhere` is missing")):
            assert wrong != good
            b.file.write_text(wrong)
            run = b.command("check", str(b.file))
            run = __import__("subprocess").run(
                [__import__("bridge").CLOCKWIRE, "run", "-c", str(b.file), "--secrets", str(b.secrets)],
                capture_output=True, text=True, timeout=20 * SLOW)
            assert run.returncode != 0 and told in run.stderr, run.stderr
        b.file.write_text(good.replace("target:\n", "target:\n  outside: { http: [chat.example.org] }\n")
                          .replace(chat.url + "/gone", "http://chat.example.org:8065/gone"))
        b.start()
        assert b.process.poll() is None


main()
