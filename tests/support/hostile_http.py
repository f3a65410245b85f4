#!/usr/bin/env python3
"""Sends hostile requests, byte by byte as written, and judges what the server makes of them.

  hostile_http.py HOST:PORT PATH CORPUS [--secret S] [--header 'X-Hub-Signature-256: sha256={hex}']
                  [--pid PID] [--patience SECONDS] [--only NAME] [--verbose]

CORPUS is a folder with manifest.json and *.raw, or with cases.py (CASES, the same fields, `raw` as
bytes). Levels: must = refused with 4xx, 501 or 505, or closed, never 2xx or another 5xx; policy =
the same by our own choice; survive = no 5xx, no hang. Tokens in a request: @PATH@ @HOST@ @SIG@.
Exit 1 when a must or survive case fails; policy cases are only counted.
"""
import argparse
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import runpy
import socket
import struct
import sys
import time

QUIET = 0.4  # a server that said something and then says nothing for so long has said all


def load(folder):
    cases_py = os.path.join(folder, "cases.py")
    if os.path.exists(cases_py):
        return runpy.run_path(cases_py)["CASES"]
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
        cases = json.load(f)
    for case in cases:
        if "file" in case:
            with open(os.path.join(folder, case["file"]), "rb") as f:
                case["raw"] = f.read()
        if "sig_body" in case:
            case["sig_body"] = base64.b64decode(case["sig_body"])
    return cases


class Target:
    def __init__(self, args):
        self.host, port = args.target.rsplit(":", 1)
        self.address = (self.host.strip("[]"), int(port))
        self.name = args.target.encode()
        self.path = args.path.encode()
        self.secret = args.secret.encode()
        self.header = args.header
        self.pid = args.pid
        self.patience = args.patience

    def signature(self, body):
        if body is None or not self.secret:
            return b""
        mac = hmac.new(self.secret, body, hashlib.sha256)
        digest = {"hex": mac.hexdigest(), "base64": base64.b64encode(mac.digest()).decode()}
        return self.header.format(**digest).encode() + b"\r\n"

    def fill(self, raw, body):
        raw = raw.replace(b"@PATH@", self.path).replace(b"@HOST@", self.name)
        return raw.replace(b"@SIG@", self.signature(body))

    def connect(self):
        s = socket.create_connection(self.address, timeout=5)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def rss_mb(self):
        if not self.pid:
            return 0.0
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def parse(data):
    """The statuses of the answers in `data`; an answer that cannot be read counts as 999."""
    statuses = []
    while data:
        head, sep, rest = data.partition(b"\r\n\r\n")
        words = head.split(b"\r\n")[0].split(b" ")
        if not sep or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
            return statuses + [999]
        status, length = int(words[1]), 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if status >= 200:
            statuses.append(status)
        data = rest if status in (204, 304) or status < 200 else rest[length:]
    return statuses


class Outcome:
    def __init__(self):
        self.data, self.closed, self.seconds, self.growth = b"", False, 0.0, 0.0


def send_generated(target, case, s, out):
    gen = case["gen"]
    unit = target.fill(gen["unit"].encode("latin-1"), None)
    block = unit * max(1, 65536 // len(unit))
    left, before = int(gen["total_mb"] * 1024 * 1024), target.rss_mb()
    s.sendall(target.fill(gen["prefix"].encode("latin-1"), case.get("sig_body")))
    s.settimeout(2 if case.get("no_read") else 5)
    try:
        while left > 0:
            s.sendall(block)
            left -= len(block)
            out.growth = max(out.growth, target.rss_mb() - before)
        s.sendall(gen.get("suffix", "").encode("latin-1"))
    except TimeoutError:
        pass  # it reads no more: that is its right
    except OSError:
        out.closed = True
    out.growth = max(out.growth, target.rss_mb() - before)


def send_plain(target, case, s):
    raw = target.fill(case.get("raw", b""), case.get("sig_body"))
    pieces = case.get("split", 0)
    if pieces is True:
        pieces = 1
    step = pieces if isinstance(pieces, int) and pieces > 0 else len(raw) or 1
    try:
        for at in range(0, len(raw), step):
            s.sendall(raw[at:at + step])
            if step < len(raw):
                time.sleep(0.002)
        if case.get("half_close"):
            s.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # closed already: the answer says the rest


def receive(target, case, s, out):
    end = time.monotonic() + target.patience
    wants_close = case.get("must_close") or case.get("hold") or case["level"] != "survive"
    while not out.closed and time.monotonic() < end:
        s.settimeout(QUIET)
        try:
            got = s.recv(65536)
            out.closed = not got
            out.data += got
        except TimeoutError:
            if out.data and not wants_close:
                return
        except OSError:
            out.closed = True
        if len(out.data) > 1 << 20:
            return


def attempt(target, case):
    out, began = Outcome(), time.monotonic()
    s = target.connect()
    try:
        if "gen" in case:
            send_generated(target, case, s, out)
        else:
            send_plain(target, case, s)
        if case.get("rst"):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            out.closed = True
        elif not case.get("no_read"):
            receive(target, case, s, out)
    finally:
        s.close()
    out.seconds = time.monotonic() - began
    return out


def faults(case, out):
    """What is wrong with this outcome, as texts."""
    statuses, level = parse(out.data), case["level"]
    lenient = level == "survive" or case.get("may_2xx")
    for status in statuses:
        if status == 999:
            yield "an answer that is no HTTP: %r" % out.data[-120:]
        elif status >= 500 and status not in (501, 505):
            yield f"answered {status}"
        elif 200 <= status < 400 and not lenient:
            yield f"answered {status}"
    if len(statuses) > case.get("max_responses", 1 << 30):
        yield f"{len(statuses)} answers: {statuses[:6]}"
    if case.get("must_close") and not out.closed and not case.get("no_read"):
        yield "not closed"
    if not statuses and not out.closed and not case.get("no_read"):
        yield f"no answer in {out.seconds:.1f} s"
    if case.get("must_not_contain", "\0\0").encode("latin-1") in out.data:
        yield "contains " + case["must_not_contain"]
    if out.growth > case.get("max_rss_growth_mb", 1 << 30):
        yield f"memory grew by {out.growth:.0f} MiB"


def judge(target, case):
    try:
        out = attempt(target, case)
        return case, out, list(faults(case, out))
    except OSError as e:
        return case, Outcome(), [f"cannot connect: {e}"]


def is_healthy(target):
    """A correct request gets its 2xx; without a secret any answer will do."""
    body = b'{"id":"healthy_%d","type":"ping","n":1}' % time.monotonic_ns()
    raw = (b"POST @PATH@ HTTP/1.1\r\nHost: @HOST@\r\n@SIG@Content-Type: application/json\r\n"
           b"X-GitHub-Event: ping\r\nX-GitHub-Delivery: %d\r\nContent-Length: %d\r\n"
           b"Connection: close\r\n\r\n%s" % (time.monotonic_ns(), len(body), body))
    try:
        out = attempt(target, {"name": "healthy", "level": "must", "raw": raw, "sig_body": body})
    except OSError:
        return False
    statuses = parse(out.data)
    return len(statuses) == 1 and (not target.secret or 200 <= statuses[0] < 300)


def run(target, cases, verbose):
    """One after another where memory is measured, side by side elsewhere."""
    plain = [c for c in cases if "gen" not in c]
    results = []
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        results += pool.map(lambda c: judge(target, c), plain)
    results += [judge(target, c) for c in cases if "gen" in c]
    score = {level: [0, 0] for level in ("must", "survive", "policy")}
    for case, out, wrong in results:
        score[case["level"]][0] += not wrong
        score[case["level"]][1] += 1
        if wrong or verbose:
            statuses = " ".join(map(str, parse(out.data)[:4])) or "-"
            print(f"{case['level']:8}{case['name']:36}{statuses:10} {out.seconds:5.1f} s  "
                  f"{'; '.join(wrong) or 'ok'}")
    return score, max((out.growth for _, out, _ in results), default=0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("target")
    p.add_argument("path")
    p.add_argument("corpus")
    p.add_argument("--secret", default="")
    p.add_argument("--header", default="X-Hub-Signature-256: sha256={hex}")
    p.add_argument("--pid", type=int, default=0)
    p.add_argument("--patience", type=float, default=20)
    p.add_argument("--only", default="")
    p.add_argument("--verbose", action="store_true")
    args = p.parse_args()
    target = Target(args)
    cases = [c for c in load(args.corpus) if args.only in c["name"]]
    if not is_healthy(target):
        sys.exit("a correct request was not accepted; nothing was judged")
    score, growth = run(target, cases, args.verbose)
    healthy = is_healthy(target)
    print(", ".join(f"{good} of {all_} {level}" for level, (good, all_) in score.items()) +
          f"; memory grew by at most {growth:.1f} MiB")
    if not healthy:
        print("a correct request was not accepted any more")
    failed = any(good < all_ for level, (good, all_) in score.items() if level != "policy")
    sys.exit(1 if failed or not healthy or not cases else 0)


if __name__ == "__main__":
    main()
