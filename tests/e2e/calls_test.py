"""Calls under faults, end to end: every fault at every operation has its effect exactly once, the
rate is held or its refusal obeyed, a refused key loses nothing."""

import contextlib
import pathlib
import shutil
import signal
import tempfile
import threading
import time

from bridge import ADA, CONFIG, GRACE, SECRETS, Bridge, Sim, Unix, main, test, until, world

# A firewall's 403 is retried after 15 s and more: too long for this test.
FAULTS = [
    {"fault": "status", "arg": 500}, {"fault": "status", "arg": 429}, {"fault": "drop_before"},
    {"fault": "drop_after"}, {"fault": "garbage"}, {"fault": "truncate"},
]


def settled(b, n):
    """All of n events have no open run."""
    return until(lambda: len(b.events()) == n and all(
        r["state"] in ("done", "failed", "refused", "cancelled")
        for e in b.events() for r in e["runs"]), 30)


def ready(b):
    c = Unix(str(b.folder / "clockwire.sock"))
    c.request("GET", "/readyz", headers={"Host": "localhost"})
    r = c.getresponse()
    text = r.read().decode()
    c.close()
    return r.status, text


@contextlib.contextmanager
def narrow(options, config=CONFIG, secrets=SECRETS):
    """As world(), with options for the simulator."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clockwire-test."))
    sim = Sim(folder, *options)
    b = Bridge(folder, sim.url, config=config, secrets=secrets)
    try:
        b.start()
        yield sim, b
    finally:
        b.stop()
        sim.end()
        shutil.rmtree(folder, ignore_errors=True)


def requests(sim):
    return [x for x in sim.log() if x["path"].startswith("/api/")]


@test
def each_fault_of_a_start():
    with world() as (sim, b):
        want = []
        for n, fault in enumerate(FAULTS):
            sim.fault(match="timetracking/start", count=1, **fault)
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            want.append("started")
            assert settled(b, n + 1), (fault, b.events()[-1])
            assert sim.acts(ADA) == want, (fault, sim.acts(ADA))


@test
def each_fault_of_a_look():
    with world() as (sim, b):
        for n, fault in enumerate(FAULTS):
            sim.fault(match="timeentries/last", count=2, **fault)
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            assert settled(b, n + 1), (fault, b.events()[-1])
            assert sim.acts(ADA) == ["started"] * (n + 1), (fault, sim.acts(ADA))


@test
def each_fault_of_a_pause_and_resume():
    """Ada's with her own token, Grace's emulated."""
    for user, ident, pauses, resumes in (("ada", ADA, "paused", "resumed"),
                                         ("grace", GRACE, "stopped", "started")):
        with world() as (sim, b):
            b.branch("KEY-123", login="ada-l" if user == "ada" else "ghopper")
            assert settled(b, 1)
            want, n = ["started"], 1
            for fault in FAULTS:
                for event, effect in (("idle_started", pauses), ("idle_ended", resumes)):
                    sim.fault(match=f"POST *{ident}/timetracking/*", count=1, **fault)
                    b.desktop(event, user)
                    n += 1
                    want.append(effect)
                    assert settled(b, n), (fault, b.events()[-1])
                    assert sim.acts(ident) == want, (user, fault, sim.acts(ident))


@test
def a_byte_0_in_a_text():
    """What an event brings may have it: the call is made."""
    with world() as (sim, b):
        b.branch("KEY-123", note="a\0b", delivery="d")
        assert until(lambda: sim.acts() == ["started"]), b.events()
        assert b.events()[0]["calls"][0]["args"]["note"] == "a\0b", b.events()


@test
def a_reused_connection_that_dies():
    """With and without a reset, before and after awork has acted, at the look and at the act, which
    go by one connection: one effect, and each request that awork saw is an attempt of its own."""
    with world() as (sim, b):
        b.branch("KEY-123", n=0)
        assert settled(b, 1)
        n = 1
        for fault in ("drop_before", "drop_after", "reset_before", "reset_after"):
            for match in ("GET *last", "POST *start"):
                b.branch("AW-117" if n // 2 % 2 else "KEY-7", login="ghopper", n=n)  # to be reused
                assert settled(b, n + 1)
                sim.fault(fault=fault, match=match, user=ADA, count=1, reused=True)
                b.branch("KEY-7" if n % 4 == 1 else "KEY-123", n=n + 1)
                assert settled(b, n + 2), (fault, match, b.events()[-1])
                n += 2
                assert sim.acts(ADA) == ["started"] * (n // 2 + 1), (fault, match, sim.acts(ADA))
        attempts = [a["request"] for e in b.events() for c in e["calls"] for a in c["attempts"]]
        seen = [f"{x['method']} {x['path'].removeprefix('/api/v1')}" for x in requests(sim)]
        assert sorted(seen) == sorted(attempts), (len(seen), len(attempts))
        hurt = [x for x in requests(sim) if x.get("fault")]
        assert len(hurt) == 8, hurt
        acts = sum(x.startswith("POST") for x in attempts)
        again = sum(x["method"] == "POST" and x["fault"].endswith("_before") for x in hurt)
        assert acts == n + again, (acts, n, again, sim.acts())


@test
def a_kill_between_act_and_memory():
    """awork has acted, and the bridge dies before it can write that down: the next life sees it,
    remembers what an emulated pause stopped, and does nothing twice."""
    for user, ident, pauses, resumes in (("ada", ADA, "paused", "resumed"),
                                         ("grace", GRACE, "stopped", "started")):
        with world() as (sim, b):
            b.branch("KEY-123", login="ada-l" if user == "ada" else "ghopper", note="the one")
            assert settled(b, 1)
            want = ["started"]
            for n, (event, effect) in enumerate([("idle_started", pauses), ("idle_ended", resumes),
                                                 ("idle_started", pauses)]):
                sim.fault(match=f"POST *{ident}/timetracking/*", fault="delay", arg=5000, count=1)
                b.desktop(event, user)
                want.append(effect)
                assert until(lambda: sim.acts(ident) == want), sim.acts(ident)
                b.stop(signal.SIGKILL)
                b.start()
                assert settled(b, n + 2), b.events()[-1]
                call = b.events()[-1]["calls"][0]
                assert call["state"] == "done", call
                assert [a["verdict"] for a in call["attempts"]][-2:] == ["lost", "done"], call
            assert sim.acts(ident) == want, (user, sim.acts(ident))
            assert sim.log(effect="started")[-1]["body"]["note"] == "the one"


@test
def the_rate_is_held():
    config = CONFIG.replace("100000 per second", "8 per second")
    with narrow(["--rate-second", "10"], config) as (sim, b):
        for n in range(12):
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            b.branch("AW-117" if n % 2 else "KEY-7", login="ghopper", n=n)
        assert until(lambda: len(sim.acts()) == 24, 40), len(sim.acts())
        assert not [x for x in requests(sim) if x["status"] == 429]


@test
def a_429_is_obeyed_by_all():
    """Nobody told us the right rate: few refusals, no storm, nothing lost."""
    with narrow(["--rate-second", "10"]) as (sim, b):
        for n in range(12):
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            b.branch("AW-117" if n % 2 else "KEY-7", login="ghopper", n=n)
        assert until(lambda: len(sim.acts()) == 24, 60), len(sim.acts())
        refused = [x for x in requests(sim) if x["status"] == 429]
        assert len(refused) <= 2 + len(requests(sim)) / 10, (len(refused), len(requests(sim)))
        assert settled(b, 24)


@test
def others_use_the_workspace_too():
    """Somebody else takes 14 of the 20 requests a second: what awork says is left is believed."""
    config = CONFIG.replace("100000 per second", "20 per second")
    with narrow(["--rate-second", "20"], config) as (sim, b):
        done = threading.Event()

        def another():
            while not done.wait(1 / 14):
                sim.ask("GET", "/api/v1/typeofwork")  # counted before it is refused
        thread = threading.Thread(target=another)
        thread.start()
        try:
            for n in range(8):
                b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
                b.branch("AW-117" if n % 2 else "KEY-7", login="ghopper", n=n)
            assert until(lambda: len(sim.acts()) == 16, 60), len(sim.acts())
        finally:
            done.set()
            thread.join()
        attempts = [a for e in b.events() for c in e["calls"] for a in c["attempts"]]
        refused = sum(a["status"] == 429 for a in attempts)
        others = [x for x in requests(sim) if x["path"].endswith("/typeofwork")]
        assert len(others) > 20, len(others)
        assert refused <= 3, (refused, len(attempts))
        print(f"  {refused} of {len(attempts)} refused beside {len(others)} requests of another")


@test
def an_outage_is_asked_after_by_one_at_a_time():
    """A few requests, one line at the begin and one at the end, all within 10 s of the end."""
    with world() as (sim, b):
        sim.fault(match="*", count=0, fault=503)
        for n in range(4):
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            b.branch("AW-117" if n % 2 else "KEY-7", login="ghopper", n=n)
        assert until(lambda: "out of reach" in ready(b)[1], 20), ready(b)
        assert ready(b)[0] == 200  # events are taken all the same
        before, turns = len(requests(sim)), b.metrics()["clockwire_commits_total"]
        time.sleep(3)
        assert b.metrics()["clockwire_commits_total"] - turns <= 9  # nor does it turn for nothing
        assert len(requests(sim)) - before <= 4, (before, len(requests(sim)))
        assert b.metrics()['clockwire_api_held{cause="outage"}'] == 1
        sim.ask("DELETE", "/_sim/faults")
        ended = time.monotonic()
        assert until(lambda: len(sim.acts()) == 8, 20), sim.acts()
        assert time.monotonic() - ended < 10
        assert settled(b, 8)
        assert ready(b)[1] == "ok\n", ready(b)
        assert b.metrics()['clockwire_api_held{cause="outage"}'] == 0
        assert b.metrics()["clockwire_api_probes_total"] >= 1
        told = [x["msg"] for x in b.log() if x["msg"].startswith("awork is ")]
        assert told == ["awork is out of reach; calls wait, and one probes", "awork is back"], told


@test
def a_refused_key_loses_nothing():
    with narrow([], secrets={**SECRETS, "awork_key": "revoked-key"}) as (sim, b):
        for n in range(4):
            b.branch("KEY-123" if n % 2 else "KEY-7", n=n)
            b.branch("AW-117" if n % 2 else "KEY-7", login="ghopper", n=n)
        assert until(lambda: "refuses the API key" in ready(b)[1]), ready(b)
        assert "revoked-key" not in ready(b)[1]
        time.sleep(1)
        assert len(requests(sim)) <= 2, requests(sim)
        assert len([x for x in b.log() if "refuses the API key" in x["msg"]]) == 1
        (b.secrets / "awork_key").write_text("sim-api-key\n")
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: len(sim.acts()) == 8), sim.acts()
        assert until(lambda: "API key" not in ready(b)[1]), ready(b)
        assert settled(b, 8)
        assert "revoked-key" not in b.log_text() and "sim-api-key" not in b.log_text()


if __name__ == "__main__":
    main()
