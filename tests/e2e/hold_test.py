"""clockwire hold and release: nothing is done for a person, or for anybody, and nothing is lost."""

import re
import signal

from bridge import ADA, GRACE, RULES, Unix, main, test, until, world


def told(b, *words, code=0):
    r = b.command(*words)
    assert r.returncode == code, (r.returncode, r.stdout, r.stderr)
    return re.sub(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d", "TIME", (r.stderr if code else r.stdout).rstrip("\n"))


def ready(b):
    c = Unix(str(b.folder / "clockwire.sock"))
    c.request("GET", "/readyz", headers={"Host": "localhost"})
    text = c.getresponse().read().decode()
    c.close()
    return re.sub(r"(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d", "TIME", text)


@test
def one_person_is_held_and_released_over_a_kill():
    with world() as (sim, b):
        assert told(b, "hold", "--list") == "nobody is held"
        assert told(b, "hold", "ada@example.org", "--for", "2h") == \
            "ada is held until TIME by `clockwire hold`: events are kept, and nothing is done"
        b.branch("KEY-123")
        b.branch("KEY-123", login="ghopper")
        assert until(lambda: sim.acts(GRACE) == ["started"])
        b.stop(signal.SIGKILL)
        b.start()
        assert sim.acts(ADA) == []
        assert told(b, "hold", "--list") == \
            "ada               since TIME  held until TIME by `clockwire hold`  (Europe/Berlin)"
        assert ready(b) == "ok, but 1 person is held\n"
        assert b.metrics()['clockwire_holds{whom="person"}'] == 1
        why = told(b, "why", "2")
        assert "matched → start waits for its turn, held until TIME by `clockwire hold`" in why, why
        pending = told(b, "pending")
        assert pending.startswith("1 hold; times of Europe/Berlin\n"), pending
        assert re.search(r"TIME +ada +held until TIME by `clockwire hold`$", pending), pending
        assert told(b, "release", "ADA") == "ada is held no more"
        assert until(lambda: sim.acts(ADA) == ["started"])
        assert told(b, "release", "ada", code=1) == "ada is not held"
        assert ready(b) == "ok\n"
        events = told(b, "events")
        assert re.search(r"event 1  TIME.\d+  command.hold  \S+: ada is held until TIME by", events), events
        assert re.search(r"command.release  \S+: ada is held no more", events), events
        assert "ada is held until TIME by `clockwire hold`" in told(b, "why", "1")
        assert {x["msg"] for x in b.log()} >= {"held", "released"}
        assert [x for x in b.events() if x.get("event") and not x.get("runs")]


@test
def everybody_is_held_for_a_moment():
    with world() as (sim, b):
        assert told(b, "hold", "--for", "2", "seconds") == \
            "everybody is held until TIME by `clockwire hold`: events are kept, and nothing is done"
        b.branch("KEY-123")
        assert ready(b) == "ok, but everybody is held until TIME by `clockwire hold`\n"
        assert b.metrics()['clockwire_holds{whom="everybody"}'] == 1
        assert told(b, "release", "ada", code=1) == \
            "ada is not held by name; everybody is, until TIME by `clockwire hold`: `clockwire release` ends that"
        assert sim.acts() == []
        assert until(lambda: sim.acts(ADA) == ["started"])  # by itself
        assert told(b, "release", code=1) == "everybody is not held"
        assert told(b, "hold") == \
            "everybody is held until it is released, by `clockwire hold`: events are kept, and nothing is done"
        told(b, "hold", "grace")
        assert "1 of them" in told(b, "release")
        mark = b.pending("hold")[0]["id"]
        b.branch("KEY-123", login="ghopper")
        assert told(b, "pending", "--cancel", mark) == "cancelled"
        assert until(lambda: sim.acts(GRACE) == ["started"])


@test
def who_is_unknown_and_what_is_no_duration():
    with world() as (sim, b):
        assert told(b, "hold", "adda", code=1) == "there is no user `adda`; did you mean `ada`?"
        assert told(b, "release", "eve", code=1) == "there is no user `eve`"
        assert told(b, "hold", "ada", "--for", "soon", code=64) == \
            'clockwire: --for: "soon" is no duration; say "2 hours" or "90m"'
        assert told(b, "hold", "ada", "grace", code=64) == "clockwire: hold takes one person, or none for everybody"
        assert told(b, "hold", "--list", "ada", code=64) == "clockwire: hold --list takes nothing else"
        assert told(b, "hold", "ada", "--json", code=64) == "clockwire: --json is for hold --list"
        assert b.events()[:-1] == []


@test
def who_opts_out_is_left_alone():
    with world(rules=RULES.replace("1 second", "2 seconds")) as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts(ADA) == ["started"])
        b.calendar("MEETING_ENDED", "m1")
        text = b.file.read_text()
        b.file.write_text(text.replace("    token: ${secret.awork_ada}\n", "    automation: off\n"))
        plan = told(b, "plan")
        assert "ada has opted out of automation" in plan, plan
        assert b.command("reload").returncode == 0
        assert until(lambda: "refused TIME: ada has opted out of automation" in told(b, "why", "2")), told(b, "why", "2")
        b.branch("KEY-124")
        assert "ada has opted out of automation" in told(b, "why", "3")
        assert sim.acts(ADA) == ["started"]


if __name__ == "__main__":
    main()
