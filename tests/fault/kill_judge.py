"""The judge of the kill test: what awork-sim's log of effects says about what was acknowledged."""

import re
import sqlite3

from bench import Failure

COLLAPSED = re.compile(r"collapsed into call (\d+) of event (\d+)")


def starts_of(log):
    """person → [(number, request)] in the order in which awork did them; waiting rules apart."""
    started, later = {}, {}
    for line in log:
        if line.get("effect") != "started":
            continue
        person, *kind, n = line["body"]["note"].split()
        to = later if kind else started
        to.setdefault(person.split("@")[0], []).append((int(n), line["n"]))
    return started, later


def verify(acknowledged, log, collapsed=frozenset()):
    """What is wrong, as lines. acknowledged: person → numbers in order of their 2xx; collapsed:
    (person, number) of what the journal says a later call stood in for."""
    started, _ = starts_of(log)
    wrong = []
    for person, numbers in acknowledged.items():
        seen, last = {}, 0
        for n, at in started.get(person, []):
            if n in seen:
                wrong.append(f"{person} {n}: started twice (requests {seen[n]} and {at})")
            elif n < last:
                wrong.append(f"{person} {n}: started after {last} (request {at})")
            if (person, n) in collapsed:
                wrong.append(f"{person} {n}: started, and the journal says it was collapsed")
            seen.setdefault(n, at)
            last = max(last, n)
        wrong += [f"{person} {n}: acknowledged and never started"
                  for n in numbers if n not in seen and (person, n) not in collapsed]
        wrong += [f"{person} {n}: started and never acknowledged"
                  for n in sorted(set(seen) - set(numbers))]
    return wrong


def verify_later(person, numbers, log):
    """A waiting rule: each newer event replaces the one that waits; the last one must act. Its
    events take many tasks in turn, since those that act are not every second one."""
    notes = [n for n, _ in starts_of(log)[1].get(person, [])]
    wrong = [f"{person} later {n}: started twice" for n in set(notes) if notes.count(n) > 1]
    if numbers and numbers[-1] not in notes:
        wrong.append(f"{person} later {numbers[-1]}: its wait did not survive")
    return wrong


def collapsed_of(events):
    """(person, number) of each event whose call was dropped for a newer call of the same person,
    which in the end was made. events: as `clockwire events --json` tells them."""
    calls = {c["call"]: (e, c) for e in events for c in e["calls"]}
    found, wrong = set(), []
    for e, c in calls.values():
        person, _, n = e["id"].rpartition("-")
        told = COLLAPSED.search(c.get("reason") or "")
        if not told:
            continue
        into_event, into = calls.get(int(told[1]), (None, None))
        if into is None or int(told[1]) <= c["call"] or into_event["event"] != int(told[2]) or \
                into_event["id"].rpartition("-")[0] != person or c["state"] != "skipped":
            wrong.append(f"{e['id']}: {c['state']}, {c['reason']}: no such call stands in for it")
        found.add((person, int(n)))
    return found, wrong


def by_hand(events):
    """What was taken for a change by hand, though nobody acts here."""
    found = []
    for e in events:
        for what, reason in [("event", e.get("reason"))] + [
                (x["state"], x.get("reason")) for x in e["runs"] + e["calls"]]:
            if "by hand" in (reason or "") or "meanwhile" in (reason or ""):
                found.append(f"event {e['event']} {e['id']}: {what}: {reason}")
    return found


# ---- Planted faults: what the judge is worth

def rows(db, sql):
    return db.execute(sql).fetchall()


def plant_lost(db):
    """A call that was never made is forgotten."""
    ready = rows(db, "SELECT max(id) FROM call WHERE state=0 AND tries=0 AND rule LIKE 'start-_'")
    db.execute("UPDATE call SET state=3, reason='planted' WHERE id=?", ready[0])
    return ready[0][0] is not None


def plant_double(db):
    """Calls that were made are to be made again; of two tasks one is another than what runs."""
    done = rows(db, "SELECT id, person FROM call WHERE state=2 AND rule LIKE 'start-_'"
                    " ORDER BY id DESC LIMIT 200")
    for person in {person for _, person in done}:
        ids = [i for i, p in done if p == person]
        if len(ids) >= 4:
            db.execute("UPDATE call SET state=0, tries=0, progress='', reason='' WHERE id IN (?,?)",
                       ids[2:4])
            db.execute("UPDATE run SET state=1 WHERE id IN (SELECT run FROM call WHERE state=0)")
            return True
    return False


def plant_reordered(db):
    """Two calls of a person change places: those of one task, with another one between them."""
    ready = rows(db, "SELECT person, id, args FROM call WHERE state=0 AND tries=0"
                     " AND rule LIKE 'start-_' ORDER BY id")
    for person in {person for person, _, _ in ready}:
        mine = [(i, args) for p, i, args in ready if p == person]
        if len(mine) >= 4:
            db.execute("UPDATE call SET args=? WHERE id=?", (mine[3][1], mine[1][0]))
            db.execute("UPDATE call SET args=? WHERE id=?", (mine[1][1], mine[3][0]))
            return True
    return False


# What the judge must say of each, and whether it needs calls that wait, or such as were made.
PLANTS = {"lost": (plant_lost, "never started", True),
          "double": (plant_double, "started twice", False),
          "reordered": (plant_reordered, "started after", True)}


def plant(journal, kind):
    """Into the journal of a bridge that is dead. Returns: whether there was a place for it."""
    db = sqlite3.connect(journal)
    try:
        done = PLANTS[kind][0](db)
        db.commit()
        return done
    finally:
        db.close()


def self_test():
    """It must see each kind of fault in a log, too."""
    def log(*numbers):
        return [{"n": i + 1, "effect": "started", "body": {"note": f"p0@example.org {n}"}}
                for i, n in enumerate(numbers)]

    def event(n, reason, state="skipped"):
        return {"event": n, "id": f"p0-{n}", "calls": [{"call": n, "state": state, "reason": reason}]}
    cases = [((1, 2, 3), (), ""), ((1, 3), (), "never started"), ((1, 2, 2, 3), (), "twice"),
             ((1, 3, 2), (), "started after 3"), ((1, 2, 3, 4), (), "never acknowledged"),
             ((1, 2, 3, 1), (), "twice"), ((1, 3), ((2, 3, 3),), ""),
             ((1, 2, 3), ((2, 3, 3),), "says it was collapsed"),
             ((1, 3), ((2, 1, 1),), "no such call"), ((1, 3), ((2, 3, 1),), "no such call")]
    for numbers, drops, expected in cases:
        told = {n: f"collapsed into call {call} of event {of}" for n, call, of in drops}
        collapsed, wrong = collapsed_of([event(n, told.get(n, ""), "skipped" if n in told else
                                               "done") for n in (1, 2, 3)])
        wrong += verify({"p0": [1, 2, 3]}, log(*numbers), collapsed)
        if (expected == "") != (wrong == []) or expected not in " ".join(wrong):
            raise Failure(f"the judge says {wrong} of {numbers} and {drops}")
