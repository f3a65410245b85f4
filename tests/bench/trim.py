"""See trim.sh."""

import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import bridge
from bridge import Bridge, until

EVENTS, SECONDS = int(sys.argv[1]), int(sys.argv[2])
RULES = "\n  - { id: never, when: github.push, if: { event.n: -1 }, then: { log: never } }\n"


def fill(file):
    """Events of a month ago, all of which has ended."""
    db = sqlite3.connect(file)
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    ms = int(time.time() * 1000) - 30 * 86400000
    used = '{"event.ref":"refs/heads/feat/KEY-123-x","event.deleted":false}'
    for i in range(1, EVENTS + 1):
        db.execute("INSERT INTO event VALUES(?,?,?,?,?,0,0,'',?,x'')",
                   (i, ms, "github", "push", f"d-{i}", used))
        db.execute("INSERT INTO dedup VALUES(?,?)", (i, os.urandom(32)))
        db.execute("INSERT INTO run(id,event,rule,person,key,state,due_ms,changed_ms,condition,vars,reason)"
                   " VALUES(?,?,'track-branch','ada','',2,?,?,'','{}','')", (i, i, ms, ms))
        db.execute("INSERT INTO call(id,run,event,rule,person,step,action,args,condition,state,due_ms,created_ms,"
                   "changed_ms,expires_ms,tries,progress,reason) VALUES(?,?,?,'track-branch','ada',0,'start',"
                   "'{\"task\":\"KEY-123\"}','',2,?,?,?,0,1,'{}','')", (i, i, i, ms, ms, ms))
        db.execute("INSERT INTO attempt VALUES(?,?,'POST /users/x/timetracking/start','{}',?,?,200,?,'done')",
                   (i, i, ms, ms, '{"id":"' + "e" * 300 + '"}'))
    db.commit()
    db.close()


def deliver(b, seconds):
    """100 in a second; the milliseconds that each took, sorted."""
    took, begun = [], time.monotonic()
    while time.monotonic() - begun < seconds:
        at = time.monotonic()
        assert b.branch("KEY-1", n=time.monotonic_ns()) == 202
        took.append((time.monotonic() - at) * 1000)
        time.sleep(max(0, 0.01 - (time.monotonic() - at)))
    return sorted(took)


def at(took, part):
    return took[min(len(took) - 1, int(len(took) * part))]


def deleted(b):
    return b.metrics()["clockwire_events_deleted_total"]


def anon(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("RssAnon:")[1].split()[0]) / 1024


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clockwire-bench."))
    keep = '"sqlite:journal.db", keep: { done: @KEEP@ }'
    base = bridge.CONFIG.replace("level: debug", "level: warn").replace('"sqlite:journal.db"', keep)
    b = Bridge(folder, "http://127.0.0.1:1/api/v1", rules=RULES, config=base.replace("@KEEP@", "900 days"))
    b.start()
    b.stop()
    fill(folder / "journal.db")
    size = (folder / "journal.db").stat().st_size
    b.start()
    kept = deliver(b, SECONDS)
    memory = anon(b.process.pid)
    b.stop()
    b.config = base.replace("@KEEP@", "7 days")
    b.write(RULES)
    b.start()
    begun, first = time.monotonic(), deleted(b)
    going = deliver(b, SECONDS)
    meanwhile = (deleted(b) - first) / (time.monotonic() - begun)
    assert until(lambda: deleted(b) >= EVENTS, 600, 0.2)
    took = time.monotonic() - begun
    assert until(lambda: (folder / "journal.db").stat().st_size < size / 2, 900, 1)
    print(f"{EVENTS} events, {size >> 20} MiB: deleted in {took:.1f} s, {meanwhile:.0f}/s while deliveries came, "
          f"the file shrunk to {(folder / 'journal.db').stat().st_size >> 20} MiB after {time.monotonic() - begun:.0f} s")
    print(f"memory {memory:.1f} MiB before, {anon(b.process.pid):.1f} MiB after")
    for name, x in (("kept", kept), ("deleted", going)):
        print(f"{name}: {len(x)} deliveries, p50 {at(x, .5):.2f} ms, p99 {at(x, .99):.2f} ms, most {x[-1]:.2f} ms")
    b.stop()
    subprocess.run(["rm", "-rf", str(folder)])


main()
