"""clockwire events: what came and what was done about it; filters, the last ones, and those that come."""

import json
import re
import subprocess
import time

from bridge import CLOCKWIRE, main, test, until, world


def numbers(b, *words):
    r = b.command("events", "--json", *words)
    assert r.returncode == 0, r.stderr
    return [json.loads(x)["event"] for x in r.stdout.splitlines()]


@test
def for_people():
    with world() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done")
        b.calendar("MEETING_ENDED", "m1", email="eve@example.org")
        out = re.sub(r"\d\d:\d\d:\d\d\.\d{3}", "TIME", b.command("events").stdout).splitlines()
        assert re.fullmatch(r"\d{4}-\d\d-\d\d, UTC", out[0]), out
        assert out[1] == "event 1  TIME  github.push  ada-l-KEY-123-first-0", out
        assert out[2] == "    track-branch for ada  done", out
        assert out[3] == '      start {"task":"KEY-123","note":"first"}  done', out
        assert any(re.fullmatch(r"        TIME  POST /users/\S+/start -> 200  done", x) for x in out), out
        assert out[-2].startswith("event 2  TIME  calendar.meeting_ended  MEETING_ENDED/m1/"), out
        assert out[-2].endswith(": nobody has the name or alias eve@example.org"), out
        assert out[-1] == "    began no run", out


@test
def a_byte_0_in_a_text():
    """It hides no event."""
    with world() as (sim, b):
        b.branch("KEY-123", note="a\0b", delivery="d-1")
        assert until(lambda: b.events()[0]["runs"][0]["state"] == "done")
        for words in ("events",), ("why", "1"):
            r = b.command(*words)
            assert r.returncode == 0 and "event 1  " in r.stdout and "track-branch" in r.stdout, r


@test
def filters():
    with world() as (sim, b):
        b.branch("KEY-123")                              # 1: ada, track-branch
        b.branch("KEY-7", login="ghopper")               # 2: grace, track-branch
        b.calendar("MEETING_ENDED", "m1")                # 3: ada, stop-after-meeting
        b.desktop("idle", "grace")                       # 4: grace, pause-when-idle
        b.push({"ref": "refs/heads/main", "sender": {"login": "ada-l"}}, "no-run")  # 5: ada, no run
        assert numbers(b) == [1, 2, 3, 4, 5]
        assert numbers(b, "--source", "github") == [1, 2, 5]
        assert numbers(b, "--source", "calendar.meeting_ended") == [3]
        assert numbers(b, "--rule", "track-branch") == [1, 2]
        assert numbers(b, "--user", "ada@example.org") == [1, 3, 5]
        assert numbers(b, "--person", "grace", "--rule", "track-branch") == [2]
        assert numbers(b, "--after", "2", "--user", "ada") == [3, 5]
        assert numbers(b, "--since", "1 hour") == [1, 2, 3, 4, 5]
        assert numbers(b, "--since", "2100-01-01 00:00") == []
        assert numbers(b, "--since", "2020-01-01T00:00:00Z", "--source", "desktop") == [4]
        assert numbers(b, "--rule", "no-such-rule") == []
        for words, said in ((["--user", "eve"], "there is no user `eve`"),
                            (["--since", "tea time"], '"tea time" is no time')):
            r = b.command("events", *words)
            assert r.returncode == 1 and said in r.stderr and not r.stdout, r
        assert b.command("events", "--after", "x").returncode == 64


@test
def the_last_ones():
    with world() as (sim, b):
        for n in range(120):
            assert b.push({"ref": "refs/heads/main", "n": n, "sender": {"login": "ada-l" if n % 4 else "ghopper"}},
                          f"p{n}") in (200, 202)
        assert numbers(b) == list(range(71, 121))
        assert numbers(b, "--user", "grace") == list(range(1, 121, 4))
        assert numbers(b, "--user", "ada") == [n for n in range(1, 121) if n % 4 != 1][-50:]
        assert numbers(b, "--after", "0") == list(range(1, 121))


@test
def followed():
    with world() as (sim, b):
        b.desktop("idle", "ada", "one")
        p = subprocess.Popen([CLOCKWIRE, "events", "--follow", "--source", "desktop", "-c", str(b.file),
                              "--secrets", str(b.secrets)], stdout=subprocess.PIPE, text=True)
        try:
            seen = []

            def read_until(text):
                while not any(text in x for x in seen):
                    seen.append(p.stdout.readline())
                return True
            assert read_until("desktop.idle  one")
            b.branch("KEY-123")
            b.desktop("active", "ada", "two")
            assert read_until("desktop.active  two")
            assert not any("github" in x for x in seen), seen
            time.sleep(0.6)
            assert p.poll() is None
        finally:
            p.terminate()
            p.wait(10)
            p.stdout.close()


if __name__ == "__main__":
    main()
