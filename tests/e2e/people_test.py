"""People whom the configuration knows by their e-mail address, and who is who."""

import contextlib
import json
import signal
import time

from bridge import ADA, CONFIG, GRACE, RULES, Unix, main, test, until, world
from sim_client import changed_seed

BY_EMAIL = CONFIG.replace(f"awork: {ADA}", "awork: Ada@Example.org")


def ready(b):
    c = Unix(str(b.folder / "clockwire.sock"))
    c.request("GET", "/readyz", headers={"Host": "localhost"})
    text = c.getresponse().read().decode()
    c.close()
    return text


@contextlib.contextmanager
def changed(change, *options, config=BY_EMAIL, **more):
    with changed_seed(change) as seed, world(sim=("--seed", seed, *options), config=config, **more) as both:
        yield both


def users(seed, *more):
    seed["users"] += [{"id": f"6a2c1d3e-0000-4000-8000-{0x1000 + i:012x}", **user} for i, user in enumerate(more)]


def rename(seed, email=None, **more):
    """Ada has another address, and there is more to know of her."""
    seed["users"][0] = {**seed["users"][0], "email": email or "countess@example.org", **more}


@test
def an_address_is_enough():
    with world(config=BY_EMAIL) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"]), sim.log()
        assert ready(b) == "ok\n", ready(b)
        (line,) = b.log("awork knows this address")
        assert (line["email"], line["awork"], line["name"]) == ("Ada@Example.org", ADA, "Ada Lovelace"), line
        assert len([x for x in sim.log() if x["path"].startswith("/api/v1/users?")]) <= 1, sim.log()


@test
def the_journal_remembers():
    """With awork's list out of reach a restart goes on with what it knew."""
    with world(config=BY_EMAIL) as (sim, b):
        assert until(lambda: b.log("awork knows this address"))
        b.stop(signal.SIGKILL)
        sim.fault(match="GET */api/v1/users", fault="status", arg=500, count=1000)
        b.start()
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"]), sim.log()
        assert ready(b) == "ok\n", ready(b)


@test
def nobody_is_lost():
    """Calls of somebody whom awork does not know wait, say why, and are made once they are known."""
    with changed(rename) as (sim, b):
        assert until(lambda: ready(b) == "ok, but awork does not know Ada@Example.org (yet)\n"), ready(b)
        b.branch("KEY-123")
        b.branch("KEY-7", login="ghopper")
        assert until(lambda: sim.acts() == ["started"]), "others do not wait"
        call = until(lambda: "reason" in b.events()[0]["calls"][0] and b.events()[0]["calls"][0])
        assert (call["state"], call["reason"]) == ("ready", "awork does not know Ada@Example.org (yet)"), call
        assert "awork does not know Ada@Example.org (yet)" in b.command("why", "1").stdout, b.command("why", "1").stdout
        b.config = BY_EMAIL.replace("Ada@Example.org", "countess@example.ORG")
        b.write(RULES)
        assert b.command("reload").returncode == 0
        assert until(lambda: sim.acts(ADA) == ["started"]), sim.log()
        assert until(lambda: ready(b) == "ok\n"), ready(b)


@test
def another_reload_asks_again():
    with changed(rename) as (sim, b):
        assert until(lambda: "does not know" in ready(b))
        asked = len([x for x in sim.log() if "/users" in x["path"]])
        assert b.command("reload").returncode == 0
        assert until(lambda: len([x for x in sim.log() if "/users" in x["path"]]) > asked)


@test
def who_is_left_out():
    for more, said in (({"deactivated": True}, "is deactivated"), ({"archived": True}, "does not know"),
                       ({"external": True}, "is external")):
        with changed(lambda seed: rename(seed, "ada@example.org", **more)) as (sim, b):
            assert until(lambda: said in ready(b)), (said, ready(b))
            b.branch("KEY-123")
            assert until(lambda: b.events()[0]["calls"])
            assert sim.acts() == []


@test
def several_of_an_address():
    twin = {"firstName": "Eve", "lastName": "Twin", "email": "ADA@example.org"}
    with changed(lambda seed: users(seed, twin)) as (sim, b):
        said = until(lambda: "is the address of" in ready(b) and ready(b))
        assert said == ("ok, but Ada@Example.org is the address of 2 users of awork: Ada Lovelace "
                        f"({ADA}) and Eve Twin (6a2c1d3e-0000-4000-8000-000000001000)\n"), said
        b.branch("KEY-123")
        time.sleep(0.3)
        assert sim.acts() == []
    private = {"firstName": "Eve", "contacts": [{"type": "email", "subType": "private", "value": "ada@example.org"}]}
    with changed(lambda seed: users(seed, private)) as (sim, b):  # an address for work comes first
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"]), ready(b)


@test
def one_user_for_two_people():
    config = BY_EMAIL.replace(f"awork: {GRACE}", f"awork: {ADA}")
    with world(config=config) as (sim, b):
        said = until(lambda: "same user" in ready(b) and ready(b))
        assert said == f"ok, but ada and grace are the same user of awork ({ADA})\n", said
        b.branch("KEY-123", login="ghopper")
        assert until(lambda: sim.acts(ADA) == ["started"]), "who stands in the file with the id keeps it"
        assert b.log("two people are one user of awork")


@test
def pages_and_their_faults():
    """Short pages, 429, 5xx, garbage and lost answers in the middle of a list of 350."""
    def many(seed):
        rename(seed)
        users(seed, *({"firstName": f"N{i}", "email": f"n{i}@example.org", "archived": i % 3 == 0 or 100 < i < 230}
                      for i in range(350)), {"firstName": "Last", "email": "ada@example.org"})
    for fault in ({"fault": "status", "arg": 429}, {"fault": "status", "arg": 503}, {"fault": "garbage"},
                  {"fault": "drop_after"}, {"fault": "truncate"}, {"fault": "reset_before"}, {"fault": "status", "arg": 500}):
        with changed(many, "--short-pages", start=False) as (sim, b):
            sim.fault(match="page=2", count=1, **fault)
            b.start()
            b.branch("KEY-123")
            assert until(lambda: sim.acts() == ["started"], 20), (fault, ready(b))
            asked = [x["path"] for x in sim.log() if "/users?" in x["path"]]
            assert len(asked) <= 8, asked


@test
def the_key_may_not_list():
    """A key that sees only itself: said, and asked again with back-off."""
    with changed(lambda seed: seed["users"][-1].update(seesOthers=False)) as (sim, b):
        assert until(lambda: "does not know" in ready(b)), ready(b)


@test
def an_alias_of_the_id():
    """awork's own events name people by their ids."""
    rules = "  - { id: hello, when: desktop.active, user: 'awork:${event.user}', then: { log: hello } }\n"
    with world(config=BY_EMAIL, rules=rules) as (sim, b):
        assert until(lambda: b.log("awork knows this address"))
        b.desktop("active", ADA)
        assert until(lambda: b.log("hello")), b.events()
        assert b.log("hello")[0]["person"] == "ada"


@test
def tests_need_no_awork():
    tests = """
tests:
  - name: by an address
    timer: running
    user: ada
    steps:
      - at: "2026-03-02 10:00"
        event: calendar.meeting_ended
        with: { attendees: [ada@example.org] }
      - { after: 1 second, expect: stop, by: stop-after-meeting }
"""
    with world(config=BY_EMAIL, rules=RULES + tests) as (sim, b):
        r = b.command("test")
        assert r.returncode == 0, (r.stdout, r.stderr)


def told(b, *words):
    r = b.command("people", *words, "--json")
    assert r.returncode == 0, r.stderr
    return [json.loads(x) for x in r.stdout.splitlines()]


@test
def who_is_who():
    with changed(lambda seed: rename(seed)) as (sim, b):
        assert until(lambda: "does not know" in ready(b))
        b.branch("KEY-123")
        ada, grace = until(lambda: "reason" in told(b)[0] and told(b))
        assert (ada["person"], ada["email"], ada["token"], ada["lane"], ada["action"]) == \
            ("ada", "Ada@Example.org", "own", "waits", "start"), ada
        assert "awork" not in ada and ada["trouble"] == "awork does not know Ada@Example.org (yet)", ada
        assert grace == {"person": "grace", "awork": GRACE, "token": "workspace", "lane": "idle"}, grace
        text = b.command("people").stdout
        assert "ada               not known at awork  Ada@Example.org  token: own  call 1 start waits\n" in text, text
        assert f"grace             {GRACE}  token: workspace\n" in text, text
    with world(config=BY_EMAIL) as (sim, b):
        (ada, grace) = until(lambda: "name" in told(b)[0] and told(b))
        assert (ada["awork"], ada["name"]) == (ADA, "Ada Lovelace") and ada["known"], ada
        text = b.command("people").stdout
        assert f"ada               {ADA}  Ada@Example.org (Ada Lovelace, known since 2" in text, text
        assert "sim-token" not in text and "sim-api-key" not in json.dumps(told(b))
        assert b.command("people", "nobody").returncode == 64


@test
def who_is_nobody():
    """Unknown senders are counted over a restart, listed with a line to paste, and gone when it was."""
    with world() as (sim, b):
        assert b.command("people", "unknown").stdout == "every sender is known\n"
        for n in range(3):
            b.branch("KEY-123", login="octocat", n=n)
        b.branch("KEY-123", login="octocat", n=2)  # a duplicate
        b.calendar("MEETING_ENDED", "m1", email="eve@example.org")
        assert until(lambda: len(told(b, "unknown")) == 2)
        b.stop()
        b.start()
        first, second = told(b, "unknown")
        assert (first["alias"], first["count"], first["event"], first["source"], first["type"]) == \
            ("github:octocat", 3, 3, "github", "push"), first
        assert first["first"] < first["last"], first
        assert first["paste"] == 'octocat: { awork: THE-ID-IN-AWORK, aliases: ["github:octocat"] }', first
        assert second["paste"] == 'eve: { awork: eve@example.org, aliases: ["eve@example.org"] }', second
        text = b.command("people", "unknown").stdout
        assert "     3  last 2" in text and "event 3, github.push\n        octocat: {" in text, text
        b.config = CONFIG.replace("users:\n", "users:\n  " + first["paste"].replace("THE-ID-IN-AWORK",
                                  "6a2c1d3e-0000-4000-8000-000000000009") + "\n  " + second["paste"] + "\n")
        b.write(RULES)
        r = b.command("reload")
        assert r.returncode == 0, (r.stdout, r.stderr)
        assert told(b, "unknown") == []
        assert until(lambda: [x["person"] for x in told(b) if "trouble" in x] == ["eve"]), told(b)


if __name__ == "__main__":
    main()
