"""awork-sim's lists: filters, orders, pages; projects, tasks, settings, who sees what."""

import random
import sys
import urllib.parse

import plain_test
import sim_client as s
from plain_test import equal

EVE, CALL_HOME = "6a2c1d3e-0000-4000-8000-00000000e0e0", "9d000000-0000-4000-8000-0000000000ca"


def change(seed):
    """More people than the usual seed has, and a private task of Ada's."""
    grace = next(u for u in seed["users"] if u["id"] == s.GRACE_ID)
    grace["contacts"] = [{"value": "grace@home.example.org", "subType": "private"}]
    seed["users"].insert(3, {"id": "6a2c1d3e-0000-4000-8000-0000000000a1", "firstName": "Archie",
                             "lastName": "Left", "archived": True})
    seed["users"].append({"id": EVE, "firstName": "Eve", "archived": True, "seesOthers": False})
    seed["tokens"].append({"token": "sim-token-eve", "userId": EVE, "kind": "oauth"})
    seed["tasks"].append({"id": CALL_HOME, "name": "Call home", "assignees": [s.ADA_ID],
                          "typeOfWorkId": s.DEVELOPMENT})


def listed(sim, path, filterby=None, token=s.KEY, **query):
    """The answer to a list, with its filter encoded."""
    if filterby is not None:
        query["filterby"] = filterby
    text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    return sim.api("GET", path + ("?" + text if text else ""), token)


def names(answer, key="firstName"):
    equal(answer.status, 200, answer.text)
    return [x[key] for x in answer.json()]


def bad(answer, code="invalid-filter-or-order"):
    equal((answer.status, answer.json()["code"]), (400, code))


def test_filters_of_users(sim):
    everybody = ["Ada", "Grace", "Dennis", "Root", "clockwire"]
    for text, wanted in (
            (f"id eq guid'{s.GRACE_ID}'", ["Grace"]),
            (f"id eq guid'{s.GRACE_ID.upper()}'", ["Grace"]),
            (f"id in (guid'{s.GRACE_ID}',guid'{s.ADA_ID}')", ["Ada", "Grace"]),
            ("firstName eq 'Ada'", ["Ada"]), ("FIRSTNAME eq 'ADA'", ["Ada"]),
            ("firstName ne 'Ada'", everybody[1:]),
            ("firstName in ('Ada', 'Root','Nobody')", ["Ada", "Root"]),
            ("lastName eq 'O''Hara'", []), ("lastName eq null", ["clockwire"]),
            ("lastName ne null", everybody[:4]), ("null eq lastName", ["clockwire"]),
            ("userContactInfos/any(c: c/value eq 'grace@example.org')", ["Grace"]),
            ("userContactInfos/any(x:x/value eq 'GRACE@example.org' and x/type eq 'email')", ["Grace"]),
            ("userContactInfos/any(c: c/value eq 'grace@home.example.org')", ["Grace"]),
            ("userContactInfos/any(c: c/value eq 'grace@example.org' and c/subType eq 'private')", []),
            ("userContactInfos/any(c: c/value eq 'g@x' or c/value eq 'ada@example.org')", ["Ada"]),
            ("userContactInfos/any()", everybody[:4]),
            ("not userContactInfos/any()", ["clockwire"]),
            ("userContactInfos/count() gt 1", ["Grace"]),
            ("userContactInfos/count() eq 0", ["clockwire"]),
            ("userContactInfos/any(c: c/value eq firstName)", []),
            ("substringof('rac', firstName)", ["Grace"]), ("substringof('RAC', firstName)", ["Grace"]),
            ("startswith(firstName, 'a')", ["Ada"]), ("endswith(lastName,'er')", ["Grace"]),
            ("tolower(firstName) eq 'ada'", ["Ada"]),
            ("startswith(tolower(lastName), 'lov')", ["Ada"]),
            ("firstName gt 'B' and firstName lt 'G'", ["Grace", "Dennis", "clockwire"][1:]),
            ("firstName ge 'Grace'", ["Grace", "Root"]), ("firstName le 'Ada'", ["Ada"]),
            ("isDeactivated", ["Dennis"]), ("isDeactivated eq true", ["Dennis"]),
            ("status/isDeactivated eq true", ["Dennis"]),
            ("not (isDeactivated or firstName eq 'Ada') and lastName ne null", ["Grace", "Root"]),
            ("firstName eq 'Ada' or firstName eq 'Root' and isDeactivated", ["Ada"]),
            ("(firstName eq 'Ada' or firstName eq 'Root') and isDeactivated", []),
            ("createdOn lt now", everybody), ("createdOn gt datetime'2025-01-06'", everybody),
            ("createdOn gt datetime'2025-01-06T09:00'", []),
            ("createdOn ge datetime'2025-01-06T08:00:00Z'", everybody),
            ("createdOn le datetime'2025-01-06T10:00:00+02:00'", everybody),
            ("resourceVersion gt 5", everybody), ("resourceVersion lt -5", []),
            ("teams/any(t: t/name eq 'x')", [])):
        equal(names(listed(sim, "/users", text)), wanted, text)
    equal(names(listed(sim, "/users", "id eq me.id", s.ADA)), ["Ada"])


def test_filters_that_are_none(sim):
    deep = "(" * 40 + "isDeactivated" + ")" * 40
    for text in ("", " ", "firstName", "firstName eq", "firstName eq Ada", "age gt 3", "eq 'Ada'",
                 "firstName eq 'Ada' or true", "firstName eq 'Ada", "firstName is 'Ada'", "true",
                 "firstName eq 3", "id eq 'x'", "id eq guid'x'", f"firstName eq guid'{s.ADA_ID}'",
                 "isDeactivated eq 'true'", "createdOn gt '2025'", "createdOn gt datetime'soon'",
                 "createdOn gt datetime'2025-01-06X'", "createdOn gt datetime'2025-01-06T25:00'",
                 "createdOn gt datetime'2025-01-06T10:00X'", "createdOn gt datetime'2025-02-29'",
                 "createdOn gt datetime'2025-01-06T10:00:00.'", "createdOn gt datetime'2025-1-6'",
                 "createdOn gt today-xd", "createdOn gt today-", "createdOn gt today-30",
                 "resourceVersion gt 3x", "resourceVersion gt 99999999999999999999",
                 "firstName eq 'a')", "(firstName eq 'a'", "not", "firstName in ()",
                 "firstName in ('a'", "firstName in 'a'", "substringof('a')", "substringof('a',",
                 "startswith(id,'a')", "tolower(id) eq 'a'", "userContactInfos eq 'x'",
                 "userContactInfos", "userContactInfos/", "userContactInfos/all(c: c/value eq 'x')",
                 "userContactInfos/any(c/value eq 'x')", "userContactInfos/any(c: d/value eq 'x')",
                 "userContactInfos/any(c: value eq 'x')", "userContactInfos/any(c: c/age eq 'x')",
                 "userContactInfos/any(c: c/value eq 'x'", "status eq null and", "status eq null",
                 "status/", "status/x eq true", "userContactInfos/count eq 1", deep,
                 "firstName eq '" + "x" * 9000 + "'", " or ".join(["isDeactivated"] * 200)):
        bad(listed(sim, "/users", text))
    for text in ("height", "firstName,", ",firstName", "firstName, lastName", "firstName up",
                 "firstName desc asc", "userContactInfos", "status", "status/x", "",
                 ",".join(["firstName"] * 9)):
        bad(listed(sim, "/users", orderby=text))
    bad(listed(sim, "/users", "firstName", orderby="firstName"))
    fits = " or ".join(["isDeactivated"] * 100)
    equal(names(listed(sim, "/users", fits)), ["Dennis"])
    equal(names(listed(sim, "/users", "(" * 30 + "isDeactivated" + ")" * 30)), ["Dennis"])


def test_what_chance_makes_of_filters(sim):
    """Pieces of filters in any order: good or refused, nothing else."""
    pieces = ["firstName", "lastName", "id", "userContactInfos", "status", "isDeactivated", "createdOn",
              "/", "any(", "count()", "c:", "c/value", "(", ")", ",", " ", " eq ", " ne ", " gt ", " in ",
              " and ", " or ", "not ", "'x'", "'", "''", "guid'", "datetime'2026'", "null", "true", "12",
              "-", "today", "-30d", "now", "me.id", "tolower(", "endswith(", "substringof(", "\u00e9"]
    dice = random.Random(7)
    seen = set()
    for _ in range(1500):
        text = "".join(dice.choice(pieces) for _ in range(dice.randint(1, 9)))
        answer = listed(sim, "/users", text)
        seen.add(answer.status)
        equal(answer.status in (200, 400), True, text)
    equal(seen, {200, 400})


def test_days_count_from_the_clock(sim):
    sim.reset("2025-02-05T07:00:00Z")  # the people were made on 2025-01-06 at 08:00
    equal(len(names(listed(sim, "/users", "createdOn gt today-30d"))), 5)
    equal(len(names(listed(sim, "/users", "createdOn gt now-30d"))), 5)
    sim.advance(7200)
    equal(len(names(listed(sim, "/users", "createdOn gt now-30d"))), 0)
    equal(len(names(listed(sim, "/users", "createdOn gt today-30d"))), 5)
    equal(len(names(listed(sim, "/users", "createdOn lt today+1d"))), 5)


def test_orders(sim):
    equal(names(listed(sim, "/users", orderby="firstName")),
          ["Ada", "clockwire", "Dennis", "Grace", "Root"])
    equal(names(listed(sim, "/users", orderby="FirstName DESC")),
          ["Root", "Grace", "Dennis", "clockwire", "Ada"])
    equal(names(listed(sim, "/users", orderby="lastName")),
          ["clockwire", "Root", "Dennis", "Grace", "Ada"])
    equal(names(listed(sim, "/users", orderby="isDeactivated desc,firstName asc")),
          ["Dennis", "Ada", "clockwire", "Grace", "Root"])
    equal(names(listed(sim, "/users", orderby="status/isDeactivated desc")),
          ["Dennis", "Ada", "Grace", "Root", "clockwire"])  # equal ones keep their order


def test_filter_order_and_page_together(sim):
    answer = listed(sim, "/users", "lastName ne null", orderby="firstName desc", page=2, pageSize=3)
    equal(names(answer), ["Ada"])
    equal([answer.headers["aw-" + n] for n in ("page", "pagesize", "items", "totalitems")],
          ["2", "3", "1", "4"])
    equal(names(listed(sim, "/users", page=0, pageSize=0)), ["Ada"])
    bad(listed(sim, "/users", page="-1"), "validation-failed")


def test_archived_users(sim):
    with s.changed_seed(change) as seed, s.Sim("--short-pages", seed=seed) as short:
        for one in (sim, short):
            equal("Archie" in names(listed(one, "/users", pageSize=1000)), False)
            equal("Archie" in names(listed(one, "/users", pageSize=1000, showArchived="true")), True)
        answer = listed(short, "/users", page=1, pageSize=4)
        equal((len(answer.json()), answer.headers["aw-items"], answer.headers["aw-totalitems"]),
              (3, "3", "7"))
        equal(names(listed(short, "/users", page=2, pageSize=4)), ["Root", "clockwire"])


def test_who_sees_whom(sim):
    equal(names(listed(sim, "/users", token="sim-token-eve", showArchived="true")), ["Eve"])
    equal(sim.api("GET", "/users/" + s.ADA_ID, "sim-token-eve").json()["code"], "unauthorized")
    equal(sim.api("GET", "/users/" + EVE, "sim-token-eve").status, 200)
    infos = sim.api("GET", f"/users/{s.GRACE_ID}/contactinfo", s.GRACE).json()
    equal([(i["value"], i["subType"]) for i in infos],
          [("grace@example.org", "work"), ("grace@home.example.org", "private")])
    equal(sim.api("GET", f"/users/{s.GRACE_ID}/contactinfo", s.KEY).json(), infos)
    equal(sim.api("GET", f"/users/{s.GRACE_ID}/contactinfo", s.ADA).status, 401)
    equal(sim.api("GET", f"/users/{s.NOBODY_ID}/contactinfo").status, 404)


def test_types_of_work_by_name(sim):
    equal(names(listed(sim, "/typeofwork", "name eq 'Meetings'"), "name"), ["Meetings"])
    equal(names(listed(sim, "/typeofwork", orderby="name desc", showArchived="true"), "name"),
          ["Meetings", "Fax", "Development"])
    equal(names(listed(sim, "/typeofwork", "isArchived", showArchived="True"), "name"), ["Fax"])
    bad(listed(sim, "/typeofwork", "firstName eq 'x'"))


def test_projects(sim):
    equal(names(listed(sim, "/projects"), "projectKey"), ["KEY", "SEC", "OLD", "AW"])
    equal(names(listed(sim, "/projects", token=s.GRACE), "projectKey"), ["KEY", "OLD", "AW"])
    equal("ANC" in names(listed(sim, "/projects", showArchived="true"), "projectKey"), True)
    equal(names(listed(sim, "/projects", "projectStatus/type eq 'closed'"), "projectKey"), ["OLD"])
    equal(names(listed(sim, "/projects", f"members/any(m: m/userId eq guid'{s.ADA_ID}')"),
                "projectKey"), ["SEC"])
    one = sim.api("GET", "/projects/" + s.WEBSITE).json()
    equal((one["projectKey"], one["company"]["name"], one["isBillableByDefault"]),
          ("KEY", "Example Ltd", True))
    equal(sim.api("GET", "/projects/key/KEY").json(), one)
    for path, status, code in (("/projects/" + s.NOBODY_ID, 404, "not-found"),
                               ("/projects/key/NONE", 404, "not-found"),
                               ("/projects/key/a_b", 400, "validation-failed"),
                               ("/projects/" + s.SECRET, 401, "unauthorized"),
                               ("/projects/key/SEC", 401, "unauthorized"),
                               (f"/projects/{s.SECRET}/projecttasks", 401, "unauthorized"),
                               (f"/projects/{s.SECRET}/timeentries", 401, "unauthorized"),
                               (f"/projects/{s.NOBODY_ID}/projecttasks", 404, "not-found")):
        answer = sim.api("GET", path, s.GRACE)
        equal((answer.status, answer.json()["code"]), (status, code), path)


def test_tasks_of_a_project_and_of_mine(sim):
    keys = names(listed(sim, f"/projects/{s.WEBSITE}/projecttasks"), "taskIdentifier")
    equal(keys, ["KEY-123", "KEY-7"])
    equal(names(listed(sim, f"/projects/{s.WEBSITE}/projecttasks", "taskIdentifier eq 'KEY-7'"),
                "name"), ["Contact form"])
    mine = {t["name"] for t in listed(sim, "/me/allavailabletasks", token=s.GRACE).json()}
    equal(mine, {"Landing page", "Contact form", "Timer lanes", "Buy milk"})
    mine = {t["name"] for t in listed(sim, "/me/allavailabletasks", token=s.ADA).json()}
    equal(mine, {"Landing page", "Contact form", "Timer lanes", "Buy milk", "Plan A", "Call home"})
    mine = listed(sim, "/me/allavailabletasks", "project/projectKey eq 'AW'", s.ADA)
    equal(names(mine, "taskIdentifier"), ["AW-117"])
    mine = listed(sim, "/me/allavailabletasks", "assignees/any(a: a/id eq me.id)", s.ADA)
    equal(names(mine, "name"), ["Call home"])
    equal(sim.api("GET", "/tasks/" + CALL_HOME, s.GRACE).status, 401)
    equal(sim.api("GET", "/tasks/" + CALL_HOME, s.ADA).status, 200)


def test_settings_are_shown(sim):
    shown = sim.api("GET", "/timetracking/settings", s.ADA).json()
    equal(shown, [{"type": "prevent-on-done-projects", "enabled": True}])
    sim.control("POST", "/settings", [{"type": "allow-on-past-days", "enabled": True, "dayCount": 3},
                                      {"type": "prevent-on-done-projects", "enabled": False}])
    shown = sim.api("GET", "/timetracking/settings", s.ADA).json()
    equal(shown, [{"type": "prevent-on-done-projects", "enabled": False},
                  {"type": "allow-on-past-days", "enabled": True, "dayCount": 3}])
    sim.reset()
    equal(len(sim.api("GET", "/timetracking/settings").json()), 1)
    for wrong in ({}, [{"type": "x", "enabled": True}], [{"type": "prevent-private"}], [5],
                  [{"type": "allow-on-past-days", "enabled": True, "dayCount": -3}],
                  [{"type": "time-tracking-limit", "enabled": True, "hours": 25}]):
        try:
            sim.control("POST", "/settings", wrong)
        except ValueError:
            continue
        raise AssertionError(wrong)


def main():
    with s.changed_seed(change) as seed, \
            s.Sim("--rate-second", "0", "--rate-minute", "0", seed=seed) as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
