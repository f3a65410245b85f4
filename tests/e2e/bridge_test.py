"""The daemon end to end: the doors, the journal, the calls, reload, drain, kill -9."""

import json
import os
import signal
import socket
import stat
import subprocess
import time

from bridge import ADA, CLOCKWIRE, GRACE, RULES, SECRETS, SLOW, main, test, until, world


@test
def doors():
    """Each wrong request gets its own status, and none of them leaves an event."""
    with world() as (sim, b):
        assert b.post("/nowhere")[0] == 404
        status, headers, _ = b.post("/hooks/github", method="GET")
        assert status == 405 and headers["Allow"] == "POST", (status, headers)
        assert b.post("/hooks/desktop", b"x" * 70000, {"Authorization": "Bearer x"})[0] == 413
        assert b.push({"ref": "x"}, secret="another secret 012345")  == 401
        assert b.post("/hooks/desktop", b"{}", {"Content-Type": "application/json"})[0] == 401
        assert b.events() == []
        m = b.metrics()
        assert m['clockwire_events_total{verdict="denied"}'] == 2, m


@test
def not_decodable():
    """Authentic but not decodable: 400, journaled as refused with its reason."""
    with world() as (sim, b):
        assert b.push(b'{"ref": ') == 400
        (event,) = b.events()
        assert event["verdict"] == "refused" and event["reason"], event
        assert '"ref' not in event["reason"]


@test
def push_starts_task():
    with world() as (sim, b):
        assert b.branch("KEY-123", note="Landing page\n\nmore") in (200, 202)
        assert until(lambda: sim.acts() == ["started"]), sim.log()
        (start,) = sim.log(effect="started")
        body = start["body"] if isinstance(start["body"], dict) else json.loads(start["body"])
        assert start["user"] == ADA and body["note"] == "Landing page", start
        assert body["taskId"].endswith("123") and body["timezone"] == "Europe/Berlin", start
        event = until(lambda: b.events()[0]["runs"][0]["state"] == "done" and b.events()[0])
        assert [c["state"] for c in event["calls"]] == ["done", "done"], event
        attempts = event["calls"][0]["attempts"]
        assert attempts[-1]["status"] == 200 and attempts[-1]["verdict"] == "done", attempts
        assert attempts[-1]["answer"]["userId"] == ADA
        assert b.log("ada on KEY-123"), b.log()
        for line in b.log():
            assert {"ts", "level", "msg"} <= line.keys()
        text = b.log_text() + json.dumps(b.events())
        assert not any(s in text for s in SECRETS.values()), "a secret was shown"


@test
def duplicates():
    """The same delivery id, and the same signed bytes under a forged id, do nothing."""
    with world() as (sim, b):
        assert b.branch("KEY-123", delivery="one") in (200, 202)
        assert b.branch("KEY-123", delivery="one") in (200, 202)
        assert b.branch("KEY-123", delivery="forged") in (200, 202)
        assert b.branch("KEY-7", delivery="one", note="other") in (200, 202)
        assert until(lambda: len(sim.acts()) == 1)
        time.sleep(0.5)
        assert sim.acts() == ["started"] and len(b.events()) == 1
        assert b.metrics()['clockwire_events_total{verdict="duplicate"}'] == 3


@test
def parallel_duplicates():
    """Copies that arrive before the first is committed wait for the same commit."""
    with world() as (sim, b):
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda i: b.branch("KEY-123", delivery="same"), range(64)))
        assert set(got) <= {200, 202}, got
        assert until(lambda: sim.acts() == ["started"]) and len(b.events()) == 1


@test
def events_come_in_pages():
    """However many there are, and however much there is to say of them, `events` tells them all."""
    with world() as (sim, b):
        for n in range(260):
            assert b.branch("KEY-123" if n % 2 else "KEY-7", note="n" * 2000, n=n) in (200, 202)
        assert until(lambda: len(sim.acts()) == 260, 60), len(sim.acts())
        assert [e["event"] for e in b.events()] == list(range(1, 261))
        after = b.command("events", "--json", "--after", "255").stdout.splitlines()
        assert [json.loads(x)["event"] for x in after] == [256, 257, 258, 259, 260]
        assert b.command("events", "--after", "0").stdout.count("track-branch for ada") == 260
        assert b.command("events").stdout.count("track-branch for ada") == 50


@test
def wait_and_unless():
    with world() as (sim, b):
        b.branch("KEY-123")
        b.branch("KEY-7", login="ghopper")
        assert until(lambda: len(sim.acts()) == 2)
        b.calendar("MEETING_ENDED", "m1")
        waiting = b.pending()
        assert [(w["rule"], w["person"]) for w in waiting] == [("stop-after-meeting", "ada")]
        assert until(lambda: sim.acts(ADA) == ["started", "stopped"])
        b.branch("AW-117", note="second")
        assert until(lambda: sim.acts(ADA)[-1] == "started")
        b.calendar("MEETING_ENDED", "m2")
        b.calendar("MEETING_STARTED", "m3")
        time.sleep(2.5)
        assert sim.acts(ADA) == ["started", "stopped", "started"], sim.acts(ADA)
        assert sim.acts(GRACE) == ["started"]
        run = [e for e in b.events() if e["type"] == "meeting_ended"][1]["runs"][0]
        assert run["state"] == "cancelled" and "event" in run["reason"], run


@test
def facts_are_looked_up():
    """A timer that does not run: the stop is skipped, and the journal says what was seen."""
    with world() as (sim, b):
        b.calendar("MEETING_ENDED", "m1")
        call = until(lambda: b.events()[0]["calls"] and b.events()[0]["calls"][0]["state"] == "skipped"
                     and b.events()[0]["calls"][0])
        assert call and "timer" in call["reason"], b.events()
        assert sim.acts() == []


@test
def pause_and_resume():
    """With the person's own token for real, without one emulated."""
    with world() as (sim, b):
        b.branch("KEY-123")
        b.branch("KEY-7", login="ghopper")
        assert until(lambda: len(sim.acts()) == 2)
        for user in ("ada", "grace"):
            b.desktop("idle_started", user)
        assert until(lambda: sim.acts(ADA)[-1] == "paused" and sim.acts(GRACE)[-1] == "stopped"), sim.acts()
        time.sleep(0.3)
        for user in ("ada", "grace"):
            b.desktop("idle_ended", user)
        assert until(lambda: sim.acts(ADA)[-1] == "resumed" and sim.acts(GRACE)[-1] == "started"), sim.acts()
        last = sim.log(effect="started", user=GRACE)[-1]
        body = last["body"] if isinstance(last["body"], dict) else json.loads(last["body"])
        assert body["taskId"].endswith("007"), last
        time.sleep(0.3)
        b.desktop("idle_ended", "ada", "again")  # it runs: nothing is to be resumed
        time.sleep(1)
        assert sim.acts(ADA) == ["started", "paused", "resumed"]


@test
def lost_answer():
    """The connection dies after awork acted: the look finds the entry, nothing is repeated."""
    with world() as (sim, b):
        sim.fault(match="POST", fault="drop_after", count=1)
        b.branch("KEY-123")
        assert until(lambda: b.events() and b.events()[0]["runs"][0]["state"] == "done", 15), b.events()
        assert sim.log(effect="started") and len([x for x in sim.log() if x["method"] == "POST"]) == 1
        sim.fault(match="POST", fault="drop_before", count=1)
        b.branch("KEY-7")
        assert until(lambda: len(sim.acts(ADA)) >= 2, 15)
        time.sleep(0.5)
        assert sim.acts(ADA) == ["started", "started"]


@test
def awork_down():
    """5xx and 429: later tries, one lane does not hold up another, order is kept."""
    with world() as (sim, b):
        sim.fault(match=f"POST /api/v1/users/{ADA}/*", fault="status", arg=503, count=2)
        b.branch("KEY-123", note="a")
        b.branch("KEY-7", note="b")
        b.branch("AW-117", login="ghopper")
        assert until(lambda: len(sim.acts()) == 3, 20), sim.log()
        notes = [(x["body"] if isinstance(x["body"], dict) else json.loads(x["body"]))["note"]
                 for x in sim.log(effect="started", user=ADA)]
        assert notes == ["a", "b"], notes
        sim.fault(match="POST", fault="status", arg=429, count=1)
        b.branch("KEY-123", note="c")
        assert until(lambda: len(sim.acts(ADA)) == 3, 20)


@test
def dead_call():
    """What can never succeed dies with its reason; the lane goes on."""
    with world() as (sim, b):
        b.branch("NO-404", note="dead")
        b.branch("KEY-123", note="alive")
        assert until(lambda: sim.acts() == ["started"]), sim.log()
        event = until(lambda: b.events()[0]["runs"][0]["state"] == "failed" and b.events()[0])
        assert event, b.events()
        assert [c["state"] for c in event["calls"]] == ["dead", "skipped"], event
        assert event["calls"][0]["reason"]


@test
def wait_survives_kill():
    with world() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts() == ["started"])
        b.calendar("MEETING_ENDED", "m1")
        b.stop(signal.SIGKILL)
        b.start()
        assert until(lambda: sim.acts() == ["started", "stopped"])


@test
def one_process():
    """A second daemon on the same journal is refused with its own exit code."""
    with world() as (sim, b):
        text = b.file.read_text().replace(f"127.0.0.1:{b.port}", "127.0.0.1:0")
        text = text.replace("\nlog:", "\nadmin: { listen: 'unix:%s/other.sock' }\nlog:" % b.folder)
        other = b.folder / "other.yaml"
        other.write_text(text)
        r = subprocess.run([CLOCKWIRE, "run", "-c", str(other), "--secrets", str(b.secrets)],
                           capture_output=True, text=True, timeout=20 * SLOW)
        assert r.returncode == 75, (r.returncode, r.stderr)


@test
def private_files():
    with world() as (sim, b):
        for name in ("journal.db", "clockwire.sock"):
            mode = stat.S_IMODE(os.stat(b.folder / name).st_mode)
            assert mode & 0o077 == 0, (name, oct(mode))


@test
def reload_new_before_old():
    with world() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts() == ["started"])
        b.write(RULES.replace("timer: running }\n    wait", "timmer: running }\n    wait"))
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: "the old one goes on" in b.log_text())
        assert "timmer" in b.log_text() and "clockwire.yaml:" in b.log_text()
        assert b.branch("KEY-7") in (200, 202)
        assert until(lambda: len(sim.acts()) == 2)
        b.write(RULES.replace("feat/", "fix/"))
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: b.log("configuration reloaded"))
        b.branch("AW-117")
        time.sleep(0.7)
        assert len(sim.acts()) == 2, "the old rule still acts"
        assert b.command("reload").returncode == 0


@test
def reload_before_it_listens():
    """SIGHUP while the configuration is still being read ends nothing, and is obeyed later."""
    with world(start=False) as (sim, b):
        text = b.file.read_text()
        b.file.unlink()
        os.mkfifo(b.file)
        b.start(wait=False)
        with open(b.file, "w") as pipe:  # opens when the daemon reads
            b.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
            assert b.process.poll() is None, "SIGHUP has ended it"
            b.file.rename(b.folder / "pipe")
            b.file.write_text(text)
            pipe.write(text)
        assert until(lambda: b.log("configuration reloaded")), b.log_text()
        assert b.branch("KEY-123") in (200, 202)


@test
def drain():
    """SIGTERM: a call in flight is finished and recorded; the process ends within 10 s."""
    with world() as (sim, b):
        sim.fault(match="POST", fault="delay", arg=1500, count=1)
        b.branch("KEY-123")
        assert until(lambda: any(x["method"] == "POST" for x in sim.log())
                     or b.metrics()["clockwire_calls_in_flight"] > 0)
        begun = time.monotonic()
        assert b.stop() == 0 and time.monotonic() - begun < 10 * SLOW
        b.start()
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done"), b.events()
        assert sim.acts() == ["started"]


@test
def faulty_configuration():
    """A daemon never starts on a faulty configuration, nor with a missing secret."""
    with world(start=False) as (sim, b):
        b.write(RULES.replace("then: stop", "then: stopp"))
        b.start(wait=False)
        assert b.process.wait(10 * SLOW) == 78
        assert "stopp" in b.log_text() and "did you mean `stop`" in b.log_text()
        r = b.command("check", str(b.file))
        assert r.returncode == 1 and "clockwire.yaml:" in r.stdout and "^" in r.stdout, r.stdout
        b.write(RULES)
        (b.secrets / "github").unlink()
        b.start(wait=False)
        assert b.process.wait(10 * SLOW) == 78
        assert "github" in b.log_text().splitlines()[-1] or "secret" in b.log_text()
        assert b.command("check", str(b.file)).returncode == 0  # a warning on a writer's machine


@test
def send_signs():
    with world() as (sim, b):
        file = b.folder / "push.json"
        file.write_text(json.dumps({"ref": "refs/heads/feat/KEY-123-x", "before": "0", "after": "1",
                                    "commits": [], "sender": {"login": "ada-l"},
                                    "head_commit": {"message": "m"}}))
        r = b.command("send", "github", str(file))
        assert r.returncode == 0 and r.stdout.startswith("20"), r
        assert until(lambda: sim.acts() == ["started"])
        r = b.command("send", "githup", str(file))
        assert r.returncode == 1 and "did you mean `github`" in r.stderr, r


@test
def admin_over_tcp_needs_token():
    import bridge
    config = bridge.CONFIG.replace("log:", "admin: { listen: '127.0.0.1:@ADMIN@', token: '${secret.admin}' }\nlog:")
    config = config.replace("@ADMIN@", str(bridge.free_port()))
    with world(config=config, secrets={**SECRETS, "admin": "admin-secret-0123456789"}) as (sim, b):
        import http.client
        port = int(config.split("admin: { listen: '127.0.0.1:")[1].split("'")[0])

        def ask(headers):
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            c.request("GET", "/metrics", headers=headers)
            return c.getresponse().status
        assert ask({}) == 401
        assert ask({"Authorization": "Bearer admin-secret-012345678"}) == 401
        assert ask({"Authorization": "Bearer admin-secret-0123456789"}) == 200
    with world(start=False, config=config.replace(", token: '${secret.admin}'", "")) as (sim, b):
        b.start(wait=False)
        assert b.process.wait(10 * SLOW) == 78


@test
def health():
    with world() as (sim, b):
        assert b.command("health").returncode == 0
        assert b.command("health", "--ready").stdout.startswith("ok")
        b.stop()
        assert b.command("health").returncode == 1


@test
def full_disk():
    """A full volume: 503 with Retry-After and nothing half done; it goes on when there is room."""
    with world(start=False) as (sim, b):
        volume = b.folder / "volume"
        volume.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(volume)],
                          capture_output=True).returncode:
            print("skipped: no right to mount a small volume")
            return
        try:
            b.config = b.config.replace("sqlite:journal.db", f"sqlite:{volume}/journal.db")
            b.config = b.config.replace("journal: {", "admin: { listen: 'unix:%s/clockwire.sock' }\njournal: {" % b.folder)
            b.config = b.config.replace(".db\" }", ".db\", payloads: full }")
            b.write(RULES)
            b.start()
            (volume / "filler").write_bytes(b"x" * (5 << 20))
            pad = "x" * 50000
            for n in range(200):
                body = json.dumps({"ref": "refs/heads/main", "n": n, "pad": pad}).encode()
                last = b.push(body, f"fill-{n}")
                if last >= 300:
                    break
            assert last == 503, last
            stored = b.metrics()['clockwire_events_total{verdict="accepted"}']
            assert stored == n, (stored, n)
            import hashlib
            import hmac
            sign = hmac.new(SECRETS["github"].encode(), body, hashlib.sha256).hexdigest()
            status, headers, _ = b.post("/hooks/github", body, {
                "Content-Type": "application/json", "X-GitHub-Event": "push",
                "X-GitHub-Delivery": "x", "X-Hub-Signature-256": "sha256=" + sign})
            assert status == 503 and int(headers["Retry-After"]) > 0, (status, headers)
            assert b.command("health", "--ready").returncode == 1
            (volume / "filler").unlink()
            assert until(lambda: b.push(body, f"fill-{n}") < 300, 10, every=0.3)
            assert b.command("health", "--ready").returncode == 0
            assert b.branch("KEY-123") < 300
            assert until(lambda: sim.acts() == ["started"])
        finally:
            b.stop()
            b.process = None
            subprocess.run(["umount", str(volume)], check=True)


@test
def slow_start_is_quick():
    """First 2xx within 50 ms after the start (200 here: a loaded machine is no fault)."""
    with world(start=False) as (sim, b):
        begun = time.monotonic()
        b.start(wait=False)

        def up():
            try:
                return b.branch("KEY-123") in (200, 202)
            except OSError:
                return False
        assert until(up, every=0.002)
        assert time.monotonic() - begun < 0.2 * SLOW * 2


main()
