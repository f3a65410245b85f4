"""The corpora of malformed requests, JSON and YAML against the daemon that ships."""

import os
import pathlib
import subprocess
import sys
import time

from bridge import CLOCKWIRE, CONFIG, ROOT, SECRETS, SLOW, main, test, world

sys.path.insert(0, str(ROOT / "tests/hostile/json"))
from cases import CASES  # noqa: E402  (its folder is known now)

SHARED = pathlib.Path(os.environ.get("CW_SHARED", ROOT / ".." / "shared")) / "hostile"
# Requests that never end are judged by the deadline of the whole request.
SHORT = CONFIG.replace("body: 64 KiB", "body: 1 MiB, request_time: 2 seconds")
# A source that reads its names from the body, signed as GitHub signs: corpora post to it.
OPEN = SHORT.replace("users:", """  open:
    path: /hooks/open
    type: ${body.type}
    id: ${body.id}
    user: ${body.user}
    verify: { hmac: sha256, header: X-Hub-Signature-256, prefix: "sha256=", secret: "${secret.github}" }
users:""", 1)


def corpus_of_requests(folder):
    with world(config=OPEN) as (sim, b):
        measure = [] if os.environ.get("CW_SANITIZE") else ["--pid", str(b.process.pid)]
        r = subprocess.run(
            [sys.executable, str(ROOT / "tests/support/hostile_http.py"), f"127.0.0.1:{b.port}",
             "/hooks/open", str(folder), "--secret", SECRETS["github"], "--patience", "20", *measure],
            capture_output=True, text=True, timeout=300 * SLOW)
        print(r.stdout.strip().splitlines()[-1] if r.stdout.strip() else r.stderr)
        assert r.returncode == 0, r.stdout[-3000:] + r.stderr[-2000:]
        assert sim.acts() == []
        assert b.process.poll() is None


@test
def our_requests():
    corpus_of_requests(ROOT / "tests/hostile/http")


@test
def shared_requests():
    if not (SHARED / "http/manifest.json").exists():
        print("skipped: ../shared/hostile/http is not there")
        return
    corpus_of_requests(SHARED / "http")


def bodies(given):
    """Correctly signed bodies: legal ones never 4xx for their JSON, illegal ones never 2xx."""
    wrong = []
    with world(config=OPEN) as (sim, b):
        for n, (name, body) in enumerate(given):
            kind = name[:2]
            # GitHub's type stands in a header: legal JSON is an event whatever it holds.
            seen = [b.push(body, f"json-{n}"), b.push(body, "-", path="/hooks/open")]
            object_or_list = body.strip()[:1] in (b"{", b"[")
            if max(seen) >= 500 or (kind == "n_" and seen[1] < 300) or \
                    (kind == "y_" and object_or_list and seen[0] >= 300):
                wrong.append((name, seen))
        assert b.process.poll() is None
        said = b.log_text()
    print(f"{len(given)} bodies")
    assert not any(ord(c) < 32 and c != "\n" for c in said)
    assert not wrong, wrong


@test
def shared_json():
    files = sorted([*(SHARED / "json").glob("*.json"), *(SHARED / "json-suite").glob("*.json")])
    if not files:
        print("skipped: ../shared/hostile/json is not there")
        return
    bodies([(file.name, file.read_bytes()) for file in files])


@test
def our_json():
    bodies(list(CASES.items()))


@test
def shared_yaml():
    """Each is refused within 0.2 s with a place, without control bytes."""
    files = sorted((SHARED / "yaml").glob("*.yaml"))
    if not files:
        print("skipped: ../shared/hostile/yaml is not there")
        return
    wrong = []
    slowest = 0
    for file in files:
        begun = time.monotonic()
        r = subprocess.run([CLOCKWIRE, "check", str(file)], capture_output=True, timeout=20 * SLOW)
        took = time.monotonic() - begun
        slowest = max(slowest, took)
        text = (r.stdout + r.stderr).decode("utf-8", "replace")
        place = f"{file}:"
        at = text.find(place)
        located = at >= 0 and text[at + len(place)].isdigit()
        controls = any(ord(c) < 32 and c != "\n" or ord(c) == 127 for c in text)
        if r.returncode != 1 or not located or controls or took > 0.2 * SLOW:
            wrong.append((file.name, r.returncode, located, controls, round(took, 3)))
    print(f"{len(files)} configurations, the slowest took {slowest * 1000:.0f} ms")
    assert not wrong, wrong


@test
def pattern_at_its_limit():
    """Text that a careless pattern is slow on: kept, counted, told; others are not held up."""
    rules = """
  - id: careless
    when: github.push
    user: ada
    if: { event.ref: { matches: '^refs/heads/(a+)+$' } }
    then: { log: matched }
  - id: careful
    when: github.push
    user: ada
    if: { event.ref: { starts_with: refs/heads/ } }
    then: { log: "${event.ref | truncate: 20}" }
"""
    with world(rules=rules) as (sim, b):
        evil = {"ref": "refs/heads/" + "a" * 4000 + "!", "sender": {"login": "ada-l"}}
        for n in range(40):
            assert b.push({**evil, "n": n}, f"evil-{n}") < 300
        assert b.push({**evil, "ref": "refs/heads/aaaa"}, "good") < 300
        m = b.metrics()
        assert m["clockwire_rule_errors_total"] == 40, m
        told = b.log("a pattern hit its limit")
        assert told and all(line["rule"] == "careless" for line in told), told
        why = b.command("why", "1").stdout
        assert "careless" in why and "the pattern hit a limit" in why, why
        assert "careful" in why and "matched" in why, why
        assert "careless" in b.command("why", "41").stdout
        stat = pathlib.Path(f"/proc/{b.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        seconds = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
        print(f"{seconds:.2f} s of CPU")
        assert seconds < 1 * SLOW


main()
