"""Where the parts of the daemon meet: doors and reloads, floods, hostile senders with a good key."""

import http.client
import json
import signal
import time

import bridge
from bridge import RULES, SECRETS, main, test, until, world


@test
def reload_opens_no_door():
    """Admin over TCP stays shut when a new configuration names a unix socket and no token."""
    port = bridge.free_port()
    tcp = "admin: { listen: '127.0.0.1:%d', token: '${secret.admin}' }\nlog:" % port
    config = bridge.CONFIG.replace("log:", tcp)
    with world(config=config, secrets={**SECRETS, "admin": "admin-secret-0123456789"}) as (_, b):
        def ask(headers):
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            c.request("GET", "/events", headers=headers)
            status = c.getresponse().status
            c.close()
            return status
        good = {"Authorization": "Bearer admin-secret-0123456789"}
        assert ask({}) == 401 and ask(good) == 200
        assert ask({**good, "Host": "rebind.attacker.net"}) == 421
        b.config = bridge.CONFIG
        b.write(RULES)
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: b.log("configuration reloaded")), b.log_text()
        assert ask({}) == 401 and ask(good) == 401
        b.config = config
        b.write(RULES)
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: len(b.log("configuration reloaded")) == 2), b.log_text()
        time.sleep(0.1)
        for _ in range(4):  # one wrong guess was made above, when there was no token
            assert ask({"Authorization": "Bearer guess"}) == 401
        assert ask(good) == 429


BATCH = bridge.CONFIG.replace("users:", """  batch:
    path: /hooks/batch
    preset: generic
    verify: { bearer: "${secret.desktop}" }
    batch: body.events
    type: ${item.event}
    user: ${item.user}
    id: ${item.id}
users:""", 1).replace("body: 64 KiB", "body: 1 MiB")

BATCH_RULE = """
  - id: hungry@N@
    when: batch.idle
    if: { event.pad: { contains: x } }
    wait: 1 hour
    then: { log: "${event.pad | truncate: 9}" }
"""
BATCH_RULES = BATCH_RULE.replace("@N@", "")


def batch(b, events, **more):
    body = json.dumps({"events": events, **more}).encode()
    return b.post("/hooks/batch", body, {"Content-Type": "application/json",
                  "Authorization": "Bearer " + SECRETS["desktop"]})[0]


@test
def a_batch_cannot_end_the_daemon():
    """1,000 events whose decisions take more memory than a delivery may: refused, nothing more."""
    rules = "".join(BATCH_RULE.replace("@N@", str(n)) for n in range(150))
    with world(config=BATCH, rules=rules) as (_, b):
        for n in (10, 100, 300, 600, 800, 1000):
            events = [{"id": f"{n}-{i}", "event": "idle", "user": "ada", "pad": "x" * 900}
                      for i in range(n)]
            status = batch(b, events)
            assert status in (200, 202, 400), status
        assert b.process.poll() is None, b.log_text()[-2000:]
        assert b.command("health").returncode == 0


@test
def strangers_do_not_flood_the_log():
    """1,000 events, each with 16 names that nobody has."""
    rules = BATCH_RULES.replace("    wait: 1 hour", "    user: ${event.people}\n    wait: 1 hour")
    with world(config=BATCH, rules=rules) as (_, b):
        events = [{"id": f"{i}", "event": "idle", "pad": "x", "people": [f"nobody{i}-{k}" for k in range(16)]}
                  for i in range(1000)]
        assert batch(b, events) in (200, 202)
        lines = b.log("nobody has this name")
        assert 1 <= len(lines) <= 40, len(lines)
        assert b.metrics()["clockwire_people_unknown_total"] == 16000, b.metrics()


@test
def one_payload_for_a_batch():
    """`payloads: full` keeps what came once, not once for each event of it."""
    config = BATCH.replace('journal: { ', 'journal: { payloads: full, ')
    with world(config=config, rules=BATCH_RULES) as (_, b):
        events = [{"id": f"{i}", "event": "other", "user": "ada", "pad": "x" * 800} for i in range(1000)]
        assert batch(b, events) in (200, 202)
        size = sum(f.stat().st_size for f in b.folder.glob("journal.db*"))
        assert size < 20 << 20, size


@test
def an_early_sighup_is_no_end():
    """SIGHUP while the first configuration is still read."""
    rules = "".join(BATCH_RULE.replace("@N@", str(n)) for n in range(5000))
    with world(start=False, config=BATCH, rules=rules) as (_, b):
        b.start(wait=False)

        def is_hardened():
            with open(f"/proc/{b.process.pid}/status") as f:
                ignored = next(x for x in f if x.startswith("SigIgn"))
            return int(ignored.split()[1], 16) & 1 << signal.SIGPIPE - 1
        assert until(is_hardened, every=0.0005)
        for _ in range(5):
            b.process.send_signal(signal.SIGHUP)
            time.sleep(0.001)
        assert until(lambda: b.command("health").returncode == 0), b.process.poll()


@test
def what_a_reload_cannot_change_is_said():
    with world() as (_, b):
        b.config = bridge.CONFIG.replace("body: 64 KiB", "body: 64 KiB, queue: 7")
        b.write(RULES)
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: b.log("configuration reloaded")), b.log_text()
        (line,) = b.log("this changes only with a restart")
        assert line["setting"] == "server.limits.queue", line


@test
def large_events_can_be_told():
    """What is kept of events may be large: `events` tells all of them, a large value by its size."""
    config = BATCH.replace("journal: { ", "journal: { payloads: full, ")
    with world(config=config, rules=BATCH_RULES) as (_, b):
        for n in range(80):
            assert batch(b, [{"id": f"e{n}", "event": "idle", "user": "ada", "pad": "x" * 900000}]) \
                in (200, 202)
        events = b.events()
        assert [e["event"] for e in events] == list(range(1, 81)), len(events)
        assert events[0]["used"].endswith(" bytes)"), events[0]["used"][:100]


main()
