"""See ingest.sh."""

import hashlib
import hmac
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import bridge
from bridge import BUILD, ROOT, SECRETS, Bridge, free_port, until

ROUNDS, SECONDS = int(sys.argv[1]), int(sys.argv[2])
N_RULES = 1000


def payload():
    """A push of the size that a push has: 7.7 KB, of our own making."""
    commits = [{"id": hashlib.sha1(str(i).encode()).hexdigest(), "message": f"step {i}: " + "words " * 40,
                "timestamp": "2026-03-02T09:00:00+01:00", "url": f"https://git.example/commit/{i}",
                "author": {"name": "Ada", "email": "ada@example.org", "username": "ada-l"},
                "added": [], "removed": [], "modified": [f"src/file{j}.c" for j in range(8)]} for i in range(11)]
    body = {"ref": "refs/heads/feat/KEY-123-x", "before": "0" * 40, "after": "1" * 40, "deleted": False,
            "repository": {"id": 1, "name": "r", "full_name": "example/r500", "private": True},
            "sender": {"login": "ada-l", "id": 1}, "commits": commits}
    pad = 7700 - len(json.dumps(body)) - 12
    body["pad"] = "x" * max(pad, 0)
    return json.dumps(body).encode()


def rules():
    """1,000 rules on the same event type, each for a repository of its own."""
    return "".join(f"""
  - id: rule-{i}
    when: github.push
    if: {{ event.repository.full_name: example/r{i}, event.deleted: true }}
    then: {{ log: "never {i}" }}""" for i in range(N_RULES)) + "\n"


# wrk makes each delivery a new one: a counter in the unsigned part would be a duplicate by its
# hash, so the body carries the number and the signature is made per request, outside the clock.
LUA = """
local bodies = {}
local n = 0
function init(args)
  for line in io.lines("@FILE@") do
    local sign, body = line:match("^(%x+) (.*)$")
    bodies[#bodies + 1] = wrk.format("POST", "@PATH@", {
      ["Content-Type"] = "application/json", ["X-GitHub-Event"] = "push",
      ["X-GitHub-Delivery"] = sign:sub(1, 36), ["X-Hub-Signature-256"] = "sha256=" .. sign }, body)
  end
end
function request()
  n = n + 1
  return bodies[(n - 1) % #bodies + 1]
end
local bad = 0
function response(status)
  if status >= 300 then bad = bad + 1; print("status " .. status) end
end
"""


def make_load(folder, first, count):
    base = payload()
    file = folder / f"load-{first}.txt"
    with open(file, "w") as f:
        for i in range(first, first + count):
            body = base.replace(b'"before": "' + b"0" * 40, b'"before": "%040d' % i)
            f.write(hmac.new(SECRETS["github"].encode(), body, hashlib.sha256).hexdigest() + " " + body.decode() + "\n")
    return file


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def load(folder, port, path, file, pid):
    lua = folder / "load.lua"
    lua.write_text(LUA.replace("@FILE@", str(file)).replace("@PATH@", path))
    before = cpu_s(pid)
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", str(lua), "--latency",
                          f"http://127.0.0.1:{port}"], capture_output=True, text=True).stdout
    assert "status " not in out and "Non-2xx" not in out, out[:2000]
    n = int(re.search(r"(\d+) requests in", out).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    p99 = re.search(r"99%\s+(\S+)", out).group(1)
    return rate, (cpu_s(pid) - before) / n * 1e6, p99, n


def memory(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {k: int(re.search(rf"{k}:\s+(\d+)", text).group(1)) / 1024 for k in ("RssAnon", "VmRSS")}


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clockwire-bench."))
    config = bridge.CONFIG.replace("level: debug", "level: warn").replace("body: 64 KiB", "body: 1 MiB")
    b = Bridge(folder, "http://127.0.0.1:1/api/v1", rules=rules(), config=config)
    starts = []
    for _ in range(5):
        body = make_load(folder, 10 ** 9 + len(starts), 1).read_text().split(" ", 1)[1].rstrip("\n").encode()
        begun = time.monotonic()
        b.start(wait=False)

        def up():
            try:
                return b.push(body, str(begun)) < 300
            except OSError:
                return False
        assert until(up, every=0.001)
        starts.append((time.monotonic() - begun) * 1000)
        b.stop()
    b.start()
    subprocess.run(["taskset", "-pc", "0", str(b.process.pid)], capture_output=True)
    time.sleep(1)
    idle = memory(b.process.pid)
    port = free_port()
    bare = subprocess.Popen(["taskset", "-c", "0", str(BUILD / "bin" / "bare_evhttp"), str(port)],
                            stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    ours, theirs = [], []
    serial = 0
    try:
        for i in range(ROUNDS):
            file = make_load(folder, serial, 30000 * SECONDS)
            serial += 30000 * SECONDS
            theirs.append(load(folder, port, "/hooks/github", file, bare.pid))
            ours.append(load(folder, b.port, "/hooks/github", file, b.process.pid))
            file.unlink()
            print(f"round {i + 1}: bare {theirs[-1][0]:.0f}/s {theirs[-1][1]:.1f} us p99 {theirs[-1][2]}"
                  f"   clockwire {ours[-1][0]:.0f}/s {ours[-1][1]:.1f} us p99 {ours[-1][2]}", flush=True)
        stored = b.metrics()['clockwire_events_total{verdict="accepted"}']
        sent = sum(x[3] for x in ours)
        assert stored >= sent, (stored, sent)  # each was stored, none was taken for a duplicate
    finally:
        bare.terminate()
        bare.wait()
        loaded = memory(b.process.pid)
        b.stop()
        subprocess.run(["rm", "-rf", str(folder)])
    mid = lambda xs, k: statistics.median(x[k] for x in xs)
    print(f"median: bare evhttp {mid(theirs, 0):.0f}/s, {mid(theirs, 1):.1f} us CPU;"
          f" clockwire durable {mid(ours, 0):.0f}/s, {mid(ours, 1):.1f} us CPU")
    print(f"ratio: {mid(ours, 0) / mid(theirs, 0):.3f} (goal 0.15)")
    print(f"idle: RssAnon {idle['RssAnon']:.1f} MiB (goal 6), RSS {idle['VmRSS']:.1f} MiB (goal 20);"
          f" after the load RssAnon {loaded['RssAnon']:.1f} MiB")
    print(f"start to first 2xx: {statistics.median(starts):.0f} ms (goal 50)")


main()
