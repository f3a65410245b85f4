"""What a start is about: type of work by name, task and project by key, and what awork refuses of it."""

import json

from bridge import main, test, until, world
from sim_client import DEVELOPMENT, FAX, KEY_123, MEETINGS, SEC_1, WEBSITE, changed_seed

# What the rule says, who, and what becomes of it: the fields of the start, or the reason.
CASES = [
    ("task: KEY-123", "ada-l", {"taskId": KEY_123, "typeOfWorkId": DEVELOPMENT}),
    ("task: key-123", "ada-l", {"taskId": KEY_123, "typeOfWorkId": DEVELOPMENT}),
    (f"task: {KEY_123}", "ada-l", {"taskId": KEY_123, "typeOfWorkId": DEVELOPMENT}),
    ("task: KEY-123, type_of_work: meetings", "ada-l", {"taskId": KEY_123, "typeOfWorkId": MEETINGS}),
    ("project: KEY", "ada-l", {"projectId": WEBSITE, "typeOfWorkId": DEVELOPMENT}),
    ("project: KEY, task: KEY-123", "ada-l", {"taskId": KEY_123, "projectId": WEBSITE}),
    ("task: SEC-1", "ada-l", {"taskId": SEC_1}),
    ("task: NO-404", "ada-l", "awork knows no task NO-404"),
    ("task: 9d000000-0000-4000-8000-00000000dead", "ada-l", "awork answered 400 validation-failed"),
    ("project: NONE", "ada-l", "awork knows no project NONE"),
    ("project: ANC", "ada-l", "awork answered 400 entity-archived: The project is archived."),
    ("task: KEY-123, type_of_work: Fax", "ada-l", "awork has no type of work named Fax"),
    (f"task: KEY-123, type_of_work: {FAX}", "ada-l", "awork answered 400 entity-archived: The type of work is archived."),
    ("project: AW, task: KEY-123", "ada-l", "The task does not belong to the project."),
    ("task: SEC-1", "ghopper", "awork answered 401 unauthorized: The call to Project was blocked due to "
                               "insufficient permissions."),
]
RULES = "".join(f"  - {{ id: c{i}, when: github.push, if: {{ event.ref: c{i} }}, then: {{ start: {{ {args} }} }} }}\n"
                for i, (args, _, _) in enumerate(CASES))
RULES += "  - { id: stop, when: github.push, if: { event.ref: stop }, then: stop }\n"


def push(b, i, login):
    return b.push({"ref": f"c{i}", "sender": {"login": login}}, f"d-{login}-{i}")


def body_of(line):
    return line["body"] if isinstance(line["body"], dict) else json.loads(line["body"])


@test
def each_case():
    """One after the other; what is refused for good says why, and holds up nobody."""
    with world(rules=RULES) as (sim, b):
        for i, (args, login, wanted) in enumerate(CASES):
            push(b, i, login)
            call = until(lambda: b.events()[-1]["calls"][0]["state"] in ("done", "dead") and b.events()[-1]["calls"][0])
            assert call, (args, b.events()[-1])
            if isinstance(wanted, str):
                assert call["state"] == "dead" and wanted in call["reason"], (args, call)
                continue
            assert call["state"] == "done", (args, call)
            started = [body_of(x) for x in sim.log(effect="started")][-1]
            assert {name: started.get(name) for name in wanted} == wanted, (args, started)
            b.push({"ref": "stop", "n": i, "sender": {"login": login}}, f"stop-{i}")
            assert until(lambda: sim.acts()[-1] == "stopped"), sim.acts()
        letters = b.command("dead", "--json").stdout.splitlines()
        assert len(letters) == sum(isinstance(x[2], str) for x in CASES), letters


@test
def two_of_a_name():
    def twins(seed):
        seed["typesOfWork"] += [{"id": f"7b000000-0000-4000-8000-00000000000{i}", "name": name}
                                for i, name in ((4, "Review"), (5, "review"), (6, "Same"), (7, "Same"))]
    rules = ("  - { id: a, when: github.push, if: { event.ref: a }, then: { start: { task: KEY-123, type_of_work: %s } } }\n")
    for name, said in (("review", None), ("Review", None), ("REVIEW", "more than one type of work is named REVIEW"),
                       ("Same", "more than one type of work is named Same")):
        with changed_seed(twins) as seed, world(sim=("--seed", seed), rules=rules % name) as (sim, b):
            b.push({"ref": "a", "sender": {"login": "ada-l"}})
            call = until(lambda: b.events()[0]["calls"][0]["state"] in ("done", "dead") and b.events()[0]["calls"][0])
            assert (call["state"] == "done") if said is None else call["reason"] == said, (name, call)


if __name__ == "__main__":
    main()
