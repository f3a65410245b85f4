"""Idle time that is taken back, and a backlog that comes down to what it leaves: the daemon and
awork-sim."""

import datetime
import http.client
import json
import signal
import time

from bridge import ADA, CONFIG, main, test, until, world

RULES = """
  - id: track-branch
    when: github.push
    if: { event.ref: { matches: '^refs/heads/feat/(?<task>[A-Z]{2,}-\\d+)' } }
    then:
      - start: { task: "${match.task}", note: "${event.head_commit.message | first_line}" }
      - log: ${user.name} on ${match.task}
  - id: idle
    when: desktop.idle
    then: { stop: { as_of: "2 seconds before ${now}" } }
  - id: away
    when: desktop.locked
    then: { pause: { as_of: "2 seconds before ${now}" } }
  - id: back
    when: desktop.active
    then: resume
  - id: over
    when: calendar.meeting_ended
    user: ${event.attendees}
    then: stop
"""
# Nobody has a token: a pause is emulated.
PLAIN = CONFIG.replace("    token: ${secret.awork_ada}\n", "").replace("    retry:", "    collapse: 1 second\n    retry:")


def here(start=True):
    return world(start, sim=("--strict",), rules=RULES, config=PLAIN)


def entries(sim):
    c = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=20)
    c.request("GET", "/api/v1/timeentries?page=1&pageSize=100", headers={"Authorization": "Bearer sim-api-key"})
    found = [e for e in json.loads(c.getresponse().read()) if e["userId"] == ADA]
    c.close()
    return sorted(found, key=lambda e: e["startDateUtc"][:10] + e["startTimeUtc"])


def seconds(entry, which):
    text = entry[which + "DateUtc"][:10] + "T" + (entry[which + "TimeUtc"] + ".0")[:15].ljust(15, "0")
    return datetime.datetime.fromisoformat(text[:26]).timestamp()


def length(entry):
    return seconds(entry, "end") - seconds(entry, "start")


def calls(b, action):
    return [c for e in b.events() for c in e["calls"] if c["action"] == action]


def ended(b, action):
    return until(lambda: [c for c in calls(b, action) if c["state"] not in ("ready", "sent")])


@test
def a_stop_takes_back_idle_time():
    with here() as (sim, b):
        b.branch("KEY-123", note="the note")
        assert until(lambda: sim.acts() == ["started"])
        time.sleep(3.5)
        b.desktop("idle")
        (call,) = ended(b, "stop")
        assert call["state"] == "done" and call["reason"].startswith("its end was taken back from "), call
        (entry,) = entries(sim)
        assert 1 < length(entry) < 2.5, entry
        assert entry["note"] == "the note" and entry["taskId"] and entry["projectId"], entry
        assert entry["duration"] == round(length(entry)), entry
        (put,) = [x for x in sim.log() if x["method"] == "PUT"]
        assert put["status"] == 200, put
        why = b.command("why", "2").stdout
        assert "its end was taken back from" in why, why


@test
def an_emulated_pause_too():
    with here() as (sim, b):
        b.branch("KEY-123", note="the note")
        assert until(lambda: sim.acts() == ["started"])
        time.sleep(3.5)
        b.desktop("locked")
        (call,) = ended(b, "pause")
        assert call["reason"].startswith("its end was taken back from "), call
        b.desktop("active")
        assert until(lambda: sim.acts() == ["started", "stopped", "started"]), sim.acts()
        before, now = entries(sim)
        assert 1 < length(before) < 2.5 and now["taskId"] == before["taskId"], (before, now)


@test
def a_lost_answer_and_a_kill_correct_once():
    with here() as (sim, b):
        b.branch("KEY-123")
        assert until(lambda: sim.acts() == ["started"])
        time.sleep(2.5)
        sim.fault(match="PUT", fault="drop_after", count=1)
        b.desktop("idle")
        assert until(lambda: [x for x in sim.log() if x["method"] == "PUT"])
        b.stop(signal.SIGKILL)
        b.start()
        (call,) = ended(b, "stop")
        assert call["state"] == "done" and call["reason"].startswith("its end was taken back from "), call
        assert sim.acts() == ["started", "stopped"]
        assert length(entries(sim)[0]) < 2.5


@test
def a_backlog_comes_down_to_its_net_effect():
    with here() as (sim, b):
        assert b.command("hold", "ada").returncode == 0
        b.branch("KEY-123", note="one")
        b.calendar("MEETING_ENDED", "u1")
        b.branch("KEY-124", note="two")
        b.calendar("MEETING_ENDED", "u2")
        b.branch("KEY-123", note="three")
        assert until(lambda: len(b.events()) == 6)
        time.sleep(1.3)
        b.stop(signal.SIGKILL)
        b.start()
        assert b.command("release", "ada").returncode == 0
        assert until(lambda: len([c for c in calls(b, "log") if c["state"] == "done"]) == 3)
        assert until(lambda: not [c for c in calls(b, "start") if c["state"] == "ready"])
        assert sim.acts() == ["started"], sim.acts()
        (entry,) = entries(sim)
        assert entry["note"] == "three", entry
        told = [c["reason"] for a in ("start", "stop") for c in calls(b, a) if c["state"] == "skipped"]
        assert len(told) == 4 and all(t == "collapsed into call 7 of event 6" for t in told), told
        assert b.metrics()['clockwire_calls_total{state="collapsed"}'] == 4
        assert "collapsed into call 7 of event 6" in b.command("why", "2").stdout


main()
