"""Configurations of tests/hostile/yaml: refused soon, with a place, in little memory and in words."""

import os
import re
import resource
import subprocess
import sys
import tempfile

from bridge import CLOCKWIRE, ROOT, SLOW, main, test

sys.path.insert(0, str(ROOT / "tests/hostile/yaml"))
import cases  # noqa: E402  (its folder is known now)

SOON = 0.2 * SLOW
MEMORY = 64 << 20  # of data; a shortage is a fault of its own
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


def limit_memory():
    if not os.environ.get("CW_SANITIZE"):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def check(folder, name, data):
    """The exit code, what was said and the seconds of CPU of one `clockwire check`."""
    path = f"{folder}/{name}.yaml"
    with open(path, "wb") as f:
        f.write(data)
    with open(f"{folder}/said", "w+b") as said:
        p = subprocess.Popen([CLOCKWIRE, "check", path], stdout=said, stderr=said, preexec_fn=limit_memory)
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    os.unlink(path)
    return p.returncode, text.replace(path.encode(), b"FILE"), used.ru_utime + used.ru_stime


def faults(name, seen):
    code, text, seconds = seen
    if code != 1:
        yield f"exit code {code}"
    if not re.search(rb"^FILE:[1-9][0-9]*:[1-9][0-9]*: error", text, re.M):
        yield "no place"
    if CONTROL.search(text) or not is_utf8(text):
        yield "control bytes"
    if len(text) > 64 << 10:
        yield f"{len(text)} bytes are said"
    if seconds > SOON:
        yield f"{seconds:.2f} s"
    if b"memory" in text:
        yield "too much memory"


def is_utf8(text):
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False


def judge(wrong, folder, name, data):
    seen = check(folder, name, data)
    found = list(faults(name, seen))
    if found and seen[2] > SOON:  # once more: others may use the machine, too
        seen = check(folder, name, data)
        found = list(faults(name, seen))
    if found:
        wrong.append((name, found, seen[1][:300]))
    return seen


@test
def refused():
    wrong, slowest = [], (0, "")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in cases.CASES.items():
            seen = judge(wrong, folder, name, data)
            slowest = max(slowest, (seen[2], name))
    print(f"{len(cases.CASES)} configurations; slowest {slowest[0] * 1000:.0f} ms ({slowest[1]})")
    for name, found, said in wrong:
        print(f"{name}: {', '.join(found)}: {said!r}")
    assert not wrong, f"{len(wrong)} of {len(cases.CASES)}"


@test
def taken():
    """What looks as odd and is good."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {"plain": cases.GOOD.encode(), **cases.TAKEN}.items():
            code, text, seconds = check(folder, name, data)
            assert b": error" not in text and code == 0 and seconds < SOON, (name, code, text[:300])


main()
