"""The chat beside the bridge: slash commands with their answers, over real sockets."""

import concurrent.futures
import http.client
import json
import re
import signal
import socket
import time
import urllib.parse

from bridge import ADA, CONFIG, ROOT, SECRETS, main, test, until, world

TOKEN, OTHER = "command-token-0123456789ab", "webhook-token-0123456789ab"
CHAT = CONFIG.replace(
    "users:\n", "  mattermost:\n    path: /hooks/chat\n    preset: mattermost\n"
    '    verify: { token: ["${secret.command}", "${secret.webhook}"] }\nusers:\n', 1) \
    .replace('"desktop:ada"]', '"desktop:ada", "mattermost:ada"]') \
    .replace('"desktop:grace"]', '"desktop:grace", "mattermost:grace"]') \
    .replace("level: debug", "level: info") \
    .replace('"sqlite:journal.db"', '"sqlite:journal.db", payloads: full')
ALL = {**SECRETS, "command": TOKEN, "webhook": OTHER}
LATE = "Noted. It takes a moment longer."
RULES = r"""
  - id: chat-start
    name: "/track KEY-123 in chat"
    when: { event: mattermost.command, event.command: /track }
    user: mattermost:${event.user_name}
    if:
      event.text: { matches: '^\s*(?<task>[A-Za-z]{2,}-\d+)\s*(?<note>.*)$' }
    final: true
    then:
      - start: { task: "${match.task | upper}", note: "${match.note}" }
      - reply: Tracking ${match.task | upper} for you.
  - id: chat-help
    when: { event: mattermost.command, event.command: /track }
    user: mattermost:${event.user_name}
    then: { reply: "Say /track KEY-123 and, if you like, a note." }
  - id: chat-stop
    when: { event: chat.message, event.trigger_word: "#off" }
    user: mattermost:${event.user_name}
    then:
      - stop
      - reply: Your timer is off, ${user.name}.
  - id: desktop-asks
    when: desktop.question
    user: ada
    then: { reply: "Yes, ${user.name}." }
"""


def chat(**how):
    return world(rules=RULES, config=CHAT, secrets=ALL, **how)


def command(b, text, user="ada", word="/track", method="POST", token=TOKEN, **more):
    """What Mattermost sends for a slash command, and what its person is shown."""
    fields = {"channel_id": "c1", "channel_name": "workshop", "command": word, "text": text,
              "team_domain": "harbour", "token": token, "user_name": user,
              "trigger_id": more.get("trigger", f"{time.monotonic_ns()}"),
              "response_url": "http://127.0.0.1:1/hooks/commands/x"}
    form = urllib.parse.urlencode(fields)
    head = {"Authorization": "Token " + token} if more.get("head", True) else {}
    if method == "GET":
        return shown(b.post("/hooks/chat?" + form, None, head, method="GET"))
    head["Content-Type"] = "application/x-www-form-urlencoded"
    return shown(b.post("/hooks/chat", form.encode(), head))


def shown(answer):
    status, headers, body = answer
    if not body:
        return status, None
    if headers["Content-Type"] == "application/json":
        told = json.loads(body)
        assert told["response_type"] == "ephemeral", told
        return status, told["text"]
    return status, body.decode()


@test
def track_a_task():
    """The worked example: the answer comes when the timer runs, and both are journaled."""
    with chat() as (sim, b):
        assert command(b, " key-123 fix the door") == (200, "Tracking KEY-123 for you.")
        (start,) = sim.log(effect="started")
        body = start["body"] if isinstance(start["body"], dict) else json.loads(start["body"])
        assert start["user"] == ADA and body["note"] == "fix the door", start
        (event,) = b.events()
        assert (event["type"], event["runs"][0]["state"]) == ("command", "done"), event
        assert [(c["action"], c["state"]) for c in event["calls"]] == \
            [("start", "done"), ("reply", "done")], event
        assert command(b, "please help") == (200, "Say /track KEY-123 and, if you like, a note.")
        assert command(b, "KEY-7", "grace", method="GET") == (200, "Tracking KEY-7 for you.")
        assert until(lambda: sim.acts() == ["started", "started"]), sim.acts()
        assert b.metrics()['clockwire_replies_total{result="told"}'] == 3


@test
def outgoing_webhooks():
    with chat() as (sim, b):
        command(b, "KEY-123")
        message = {"token": OTHER, "team_domain": "harbour", "channel_name": "workshop",
                   "timestamp": 1780000000, "user_name": "ada", "post_id": "p1",
                   "text": "#off for today", "trigger_word": "#off"}
        post = lambda **more: shown(b.post("/hooks/chat", json.dumps({**message, **more}).encode(),
                                           {"Content-Type": "application/json"}))
        assert post() == (200, "Your timer is off, ada.")
        assert sim.acts() == ["started", "stopped"], sim.acts()
        assert post(post_id="p2") == (200, "not stopped: no timer is active")
        assert post(post_id="p2") == (200, None), "a repeat is acknowledged"
        assert post(post_id="p3", token="wrong") == (401, "not verified\n")
        assert post(post_id="p4", user_name="eve") == \
            (200, "nobody here has the name or alias mattermost:eve")


@test
def honest_about_what_failed():
    with chat() as (sim, b):
        assert command(b, "KEY-99") == (200, "not started: awork knows no task KEY-99")
        sim.fault(match="timetracking/start", fault="status", arg=400, count=1)
        assert command(b, "KEY-123")[1].startswith("not started: awork answered 400"), b.events()
        states = [(c["action"], c["state"]) for c in b.events()[0]["calls"]]
        assert states == [("start", "dead"), ("reply", "skipped")], states


@test
def awork_is_slow():
    """The person is not kept waiting for long; what was asked for is done all the same, once."""
    with chat() as (sim, b):
        sim.fault(match="timetracking/start", fault="delay", arg=4000, count=1)
        begun = time.monotonic()
        assert command(b, "KEY-123") == (200, LATE)
        assert 2.3 < time.monotonic() - begun < 3.5
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done", 15), b.events()
        assert sim.acts() == ["started"]
        reply = b.events()[0]["calls"][1]
        assert reply["state"] == "skipped" and "nobody waits" in reply["reason"], reply


@test
def the_person_hangs_up():
    with chat() as (sim, b):
        sim.fault(match="timetracking/start", fault="delay", arg=1000, count=1)
        form = urllib.parse.urlencode({"command": "/track", "text": "KEY-123", "token": TOKEN,
                                       "user_name": "ada", "trigger_id": "t1"}).encode()
        with socket.create_connection(("127.0.0.1", b.port)) as s:
            s.sendall(b"POST /hooks/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/"
                      b"x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form) + form)
            assert until(lambda: b.events()), "it was committed"
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done"), b.events()
        assert sim.acts() == ["started"] and b.process.poll() is None
        assert command(b, "KEY-123") == (200, "Tracking KEY-123 for you.")


@test
def the_end_while_somebody_waits():
    """SIGTERM: who waits is let go at once, and the next process goes on without them."""
    with chat() as (sim, b):
        sim.fault(match="timeentries/last", fault="delay", arg=6000, count=1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(command, b, "KEY-123")
            assert until(lambda: b.events())
            begun = time.monotonic()
            b.process.send_signal(signal.SIGTERM)
            assert waiting.result(5) == (200, LATE)
            assert time.monotonic() - begun < 1.5
        assert b.process.wait(20) == 0
        b.start()
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done", 15), b.events()
        assert sim.acts() == ["started"]
        assert b.events()[0]["calls"][1]["state"] == "skipped"


@test
def kill_while_somebody_waits():
    with chat() as (sim, b):
        sim.fault(match="timeentries/last", fault="delay", arg=3000, count=1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(command, b, "KEY-123")
            assert until(lambda: b.events())
            b.stop(signal.SIGKILL)
            assert isinstance(waiting.exception(5), (http.client.HTTPException, OSError))
        b.start()
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done", 15), b.events()
        assert sim.acts() == ["started"]
        assert command(b, "KEY-7") == (200, "Tracking KEY-7 for you.")


@test
def many_at_once():
    """The same command sent again while it is in work is answered at once and done once; two
    hundred people's worth of other commands all get their answers."""
    with chat() as (sim, b):
        sim.fault(match="timetracking/start", fault="delay", arg=500, count=1)
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            first = pool.submit(command, b, "KEY-123", trigger="t1")
            assert until(lambda: b.events())
            again = list(pool.map(lambda _: command(b, "KEY-123", trigger="t1"), range(10)))
            assert set(again) == {(200, None)}, again
            assert first.result() == (200, "Tracking KEY-123 for you.")
            asked = list(pool.map(lambda _: command(b, "what?"), range(200)))
        assert set(asked) == {(200, "Say /track KEY-123 and, if you like, a note.")}
        assert sim.acts() == ["started"]


@test
def other_sources_get_plain_text():
    with chat() as (sim, b):
        status, headers, body = b.post(
            "/hooks/desktop", b'{"event": "question", "id": "q1"}',
            {"Content-Type": "application/json", "Authorization": "Bearer " + SECRETS["desktop"]})
        assert (status, body) == (200, b"Yes, ada."), (status, body)
        assert headers["Content-Type"] == "text/plain; charset=utf-8"


@test
def tokens_are_nowhere():
    """Neither the log nor the journal has a token, though the payloads are kept whole."""
    with chat() as (sim, b):
        command(b, "KEY-123")
        command(b, "KEY-7", head=False)
        command(b, "KEY-7", method="GET", head=False)
        assert len(b.events()) == 3
        text = b.log_text() + json.dumps(b.events())
        for name in ("journal.db", "journal.db-wal"):
            if (b.folder / name).exists():
                text += (b.folder / name).read_bytes().decode("latin-1")
        assert "workshop" in text and TOKEN not in text


@test
def send_signs_it():
    with chat() as (sim, b):
        file = b.folder / "command.form"
        file.write_text("command=%2Ftrack&text=KEY-123&user_name=ada&trigger_id=t1")
        done = b.command("send", "mattermost", str(file))
        assert done.returncode == 0 and "Tracking KEY-123 for you." in done.stdout, done


@test
def beside_mattermost():
    """The configuration of deploy/compose is good, and has each of its secrets from the compose
    file; the command does what it says there."""
    folder = ROOT / "deploy/compose"
    text = (folder / "clockwire.yaml").read_text()
    compose = (folder / "mattermost.yaml").read_text()
    names = {x for x in re.findall(r"\$\{secret\.(\w+)\}", re.sub(r"#.*", "", text))}
    for name in names:
        assert f"CLOCKWIRE_SECRET_{name.upper()}: " in compose, name
    text = text.replace("0.0.0.0:8080", "127.0.0.1:@PORT@").replace("/data/clockwire.db", "journal.db") \
        .replace('    token: "${secret.awork_key}"', '    token: "${secret.awork_key}"\n    url: "@AWORK@"')
    secrets = {**{n: f"secret-of-{n}-0123456789" for n in names}, "awork_key": SECRETS["awork_key"]}
    with world(rules="", config=text, secrets=secrets) as (sim, b):
        say = lambda words: command(b, words, token=secrets["mattermost"])
        assert say("key-123 door") == (200, "Tracking KEY-123 for you.")
        assert say("off") == (200, "Your timer is off.")
        assert say("off please") == (200, "not stopped: no timer is active")
        assert say("?")[1].startswith("Say `/track KEY-123`")
        assert sim.acts() == ["started", "stopped"]
        assert say("key-123") == (200, "Tracking KEY-123 for you.")
        assert say("off 2 hours")[1].startswith("Nothing is tracked for you for 2 hours.")
        assert "held" in say("key-7")[1]
        assert sim.acts() == ["started", "stopped"] * 2
        assert say("on") == (200, "Tracking goes on.")
        assert command(b, "off", token="-is-no-token") == (401, "not verified\n")


main()
