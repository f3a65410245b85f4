"""The gate seen from outside: order, half-closes, deadlines, ceilings, clients that leave."""

import os
import random
import resource
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

import plain_test
from plain_test import equal

SERVER = os.path.join(os.environ["CW_BUILD"], "tests", "gate_server")
# A sanitizer and a busy machine make everything late; being early would be a fault.
LATE = 1.5


class Server:
    """gate_server with these settings; must end by itself with 0 at SIGTERM."""

    def __init__(self, *settings, address="127.0.0.1:0", files=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        self.process = subprocess.Popen([SERVER, address, *settings], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, preexec_fn=limit)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise AssertionError(self.process.stderr.read())
        self.address = line.split()[1]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        _, err = self.process.communicate(timeout=30)
        if kind is None and (self.process.returncode != 0 or err):
            raise AssertionError(f"the server ended with {self.process.returncode}: {err}")

    def connect(self):
        if self.address.startswith("unix:"):
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.address[5:])
            s.settimeout(10)
        else:
            host, port = self.address.rsplit(":", 1)
            s = socket.create_connection((host.strip("[]"), int(port)), timeout=10)
        return Client(s)

    def counters(self):
        words = self.ask(get("/counters")).decode().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def ask(self, request):
        with self.connect() as c:
            c.send(request)
            return c.answer()[2]

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    def __init__(self, s):
        self.s, self.data = s, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, data):
        self.s.sendall(data)

    def done_sending(self):
        self.s.shutdown(socket.SHUT_WR)

    def reset(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.s.close()

    def more(self):
        got = self.s.recv(1 << 18)
        self.data += got
        return bool(got)

    def until(self, mark):
        while mark not in self.data:
            if not self.more():
                raise AssertionError(f"closed after {self.data[-200:]!r}")
        part, _, self.data = self.data.partition(mark)
        return part

    def answer(self, bodiless=False):
        lines = self.until(b"\r\n\r\n").decode().split("\r\n")
        fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        status, length = int(lines[0].split()[1]), int(fields.get("content-length", 0))
        if bodiless:
            length = 0
        while len(self.data) < length:
            if not self.more():
                raise AssertionError("closed within a body")
        body, self.data = self.data[:length], self.data[length:]
        return status, fields, body

    def is_closed(self, within):
        """True once nothing but the end is there; False when the time is over."""
        self.s.settimeout(within)
        try:
            while self.more():
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            pass
        return True


def get(path, method="GET", fields=""):
    return f"{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode()


def post(path, body=b"", fields=""):
    return get(path, "POST", f"Content-Length: {len(body)}\r\n{fields}") + body


def checksum(body):
    value = 0
    for byte in body:
        value = value * 31 + byte & 0xffffffff
    return b"%d bytes, sum %08x" % (len(body), value)


def is_true(what, text=""):
    if not what:
        raise AssertionError(text or "not so")


def test_keep_alive():
    with Server() as server, server.connect() as c:
        for i in range(5):
            c.send(post(f"/echo/0?{i}", b"x" * i))
            status, fields, body = c.answer()
            equal((status, fields.get("connection")), (200, None))
            is_true(body.startswith(b"POST /echo/0 ?%d 2 fields, %d bytes" % (i, i)), body)
        equal(server.counters()["accepted"], 2)


def test_pipelined_answers_come_in_order():
    waits = [30, 0, 5, 0, 250, 0, 30, 5] * 5
    with Server() as server, server.connect() as c:
        c.send(b"".join(post(f"/echo/{ms}?{i}", b"b" * (i * 37)) for i, ms in enumerate(waits)))
        for i, ms in enumerate(waits):
            status, _, body = c.answer()
            equal(status, 200)
            is_true(body.startswith(b"POST /echo/%d ?%d 2 fields, %d bytes" % (ms, i, i * 37)), body)


def test_half_close_gets_every_answer():
    with Server() as server:
        for wait in (0, 30):
            with server.connect() as c:
                c.send(get(f"/echo/{wait}") * 3)
                c.done_sending()
                equal([c.answer()[0] for _ in range(3)], [200, 200, 200])
                is_true(c.is_closed(2), "stays open")
        with server.connect() as c:
            c.send(get("/big/3000000"))
            c.done_sending()
            time.sleep(0.2)  # the end of the client's sending is there before the answer is gone
            equal(len(c.answer()[2]), 3000000)


def test_byte_by_byte():
    body = bytes(range(256))
    with Server() as server, server.connect() as c:
        for byte in post("/echo/0", body) + get("/echo/0?second"):
            c.send(bytes([byte]))
        is_true(checksum(body) in c.answer()[2])
        is_true(b"?second" in c.answer()[2])


def test_bodies_of_all_sizes():
    with Server() as server, server.connect() as c:
        for size in (1, 4000, 4096, 5000, 65535, 65536, 65537, 300000, 1048576):
            body = random.Random(size).randbytes(size)
            c.send(post("/echo/0", body))
            is_true(checksum(body) in c.answer()[2], f"{size}")
            cuts = random.Random(size)
            c.send(get("/echo/0", "POST", "Transfer-Encoding: chunked\r\n"))
            at = 0
            while at < size:
                n = cuts.randint(1, 1 + size // 3)
                part = body[at:at + n]
                c.send(b"%x\r\n%s\r\n" % (len(part), part))
                at += n
            c.send(b"0\r\n\r\n")
            is_true(checksum(body) in c.answer()[2], f"{size} in chunks")


def test_continue_only_for_bodies_that_are_wanted():
    expect = "Expect: 100-continue\r\nContent-Length: %d\r\n"
    with Server() as server:
        with server.connect() as c:
            c.send(get("/echo/0", "POST", expect % 5))
            equal(c.until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue")
            c.send(b"hello")
            is_true(b"5 bytes" in c.answer()[2])
            c.send(get("/echo/0", "POST", expect % 5) + b"hello")
            is_true(b"5 bytes" in c.answer()[2], "a body that is there needs no invitation")
        for path, size, status in (("/nowhere", 5, 404), ("/hook", 5000000, 413)):
            with server.connect() as c:
                c.send(get(path, "POST", expect % size))
                equal(c.answer()[0], status)
                is_true(c.is_closed(3), "stays open after a refusal")


def test_head_has_no_body():
    with Server() as server, server.connect() as c:
        c.send(get("/big/1000", "HEAD") + get("/echo/0"))
        status, fields, _ = c.answer(bodiless=True)
        equal((status, fields["content-length"]), (200, "1000"))
        equal(c.answer()[0], 200)
        c.send(get("/nowhere", "HEAD"))
        equal(c.answer(bodiless=True)[0], 404)
        is_true(c.is_closed(3) and not c.data, "an answer to HEAD with a body")


def test_refusals_come_in_order_and_close():
    with Server() as server, server.connect() as c:
        c.send(get("/echo/100") + b"GET / HTTP/1.1\r\n\r\n" + get("/echo/0"))
        equal(c.answer()[0], 200)
        status, fields, _ = c.answer()
        equal((status, fields["connection"]), (400, "close"))
        is_true(c.is_closed(3) and not c.data, "an answer after a refusal")
    with Server() as server, server.connect() as c:
        c.send(get("/hook", "PUT"))
        status, fields, _ = c.answer()
        equal((status, fields["allow"]), (405, "POST"))


def test_http10_and_close():
    with Server() as server:
        for request in (b"GET /echo/0 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
                        get("/echo/0", fields="Connection: close\r\n")):
            with server.connect() as c:
                c.send(request + get("/echo/0"))
                equal(c.answer()[1]["connection"], "close")
                is_true(c.is_closed(3) and not c.data, "goes on after close")


def test_an_answer_survives_what_is_still_being_sent():
    with Server() as server:
        for _ in range(20):
            with server.connect() as c:
                c.send(post("/nowhere", b"x" * 40000))
                equal(c.answer()[0], 404)


def test_clients_that_leave():
    with Server() as server:
        before = server.descriptors()
        for i in range(60):
            c = server.connect()
            c.send(post(f"/echo/{(0, 5, 30, 250)[i % 4]}", b"b" * 5000) * (1 + i % 3))
            if i % 2:
                c.reset()
            else:
                c.s.close()
        time.sleep(0.6)
        equal(server.ask(get("/echo/0"))[:3], b"GET")
        equal(server.counters()["open"], 1)
        wait_for(lambda: server.descriptors() <= before, 3, "descriptors are left open")


def wait_for(condition, seconds, text):
    end = time.monotonic() + seconds
    while not condition():
        is_true(time.monotonic() < end, text)
        time.sleep(0.05)


def closes_after(c, low, high, drip=None):
    """The connection lives at least `low` and at most `high` seconds. Returns: what came."""
    began = time.monotonic()
    while time.monotonic() - began < high:
        if c.is_closed(0.1):
            is_true(time.monotonic() - began >= low, f"closed after {time.monotonic() - began:.2f} s")
            return c.data
        if drip:
            try:
                c.send(drip)
            except ConnectionError:
                pass
    raise AssertionError(f"still open after {high} s")


def test_deadlines():
    settings = ("head_ms=1000", "request_ms=1600", "idle_ms=700", "answer_ms=1000")
    with Server(*settings) as server:
        with server.connect() as c:  # silent
            equal(closes_after(c, 0.8, 1.0 + LATE), b"")
        with server.connect() as c:  # slow head
            c.send(b"GET /echo/0 HTTP/1.1\r\nHost: a\r\nX: ")
            is_true(b" 408 " in closes_after(c, 0.8, 1.0 + LATE, b"x"))
        with server.connect() as c:  # slow body
            c.send(get("/echo/0", "POST", "Content-Length: 100000\r\n"))
            is_true(b" 408 " in closes_after(c, 1.4, 1.6 + LATE, b"x"))
        with server.connect() as c:  # slow chunks
            c.send(get("/echo/0", "POST", "Transfer-Encoding: chunked\r\n"))
            is_true(b" 408 " in closes_after(c, 1.4, 1.6 + LATE, b"1\r\nx\r\n"))
        with server.connect() as c:  # idle between requests
            c.send(get("/echo/0"))
            c.answer()
            equal(closes_after(c, 0.5, 0.7 + LATE), b"")
        with server.connect() as c:  # the second request of a connection is slow
            c.send(get("/echo/0") + b"GET /ec")
            c.answer()
            is_true(b" 408 " in closes_after(c, 0.8, 1.0 + LATE, b"x"))
        equal(server.counters()["timeouts"], 6)


def test_a_peer_that_never_reads():
    with Server("answer_ms=800") as server:
        before = server.descriptors()
        with server.connect() as c:
            c.send(get("/big/30000000") + get("/echo/0") * 1000)
            wait_for(lambda: server.counters()["dropped"] == 1, 0.8 + LATE + 1, "not dropped")
            wait_for(lambda: server.descriptors() <= before + 1, 2, "not closed")


def test_ceiling_of_connections():
    with Server("connections=8") as server:
        clients = [server.connect() for _ in range(8)]
        time.sleep(0.1)
        with server.connect() as waiting:
            waiting.send(get("/echo/0"))
            is_true(not waiting.is_closed(0.4) and not waiting.data, "served above the ceiling")
            waiting.s.settimeout(10)
            clients.pop().s.close()
            equal(waiting.answer()[0], 200)
        for c in clients:
            c.s.close()
        equal(server.counters()["accepted"], 10)


def test_slow_clients_make_room():
    with Server("connections=8", "head_ms=60000", "idle_ms=60000", "request_ms=60000") as server:
        busy = server.connect()
        busy.send(get("/echo/2500"))
        slow = [server.connect() for _ in range(7)]
        for c in slow:
            c.send(b"GET /slow")
        with server.connect() as c:
            c.send(get("/echo/0"))
            equal(c.answer()[0], 200)
        equal(busy.answer()[0], 200)
        for c in slow + [busy]:
            c.s.close()


def test_bodies_share_their_memory():
    with Server("memory_bytes=150000") as server:
        with server.connect() as first, server.connect() as second:
            first.send(post("/echo/0", b"x" * 100000)[:-1])
            time.sleep(0.2)
            second.send(post("/echo/0", b"x" * 100000)[:-1])
            status, fields, _ = second.answer()
            equal((status, fields["retry-after"]), (503, "1"))
            first.send(b"x")
            equal(first.answer()[0], 200)
        is_true(b"100000 bytes" in server.ask(post("/echo/0", b"x" * 100000)))


def test_unix_socket():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        stale = socket.socket(socket.AF_UNIX)
        stale.bind(path)
        stale.close()
        with Server(address="unix:" + path) as server:
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            is_true(server.ask(post("/echo/0", b"x" * 9000)).endswith(checksum(b"x" * 9000) + b"\n"))
            second = subprocess.run([SERVER, "unix:" + path], capture_output=True, text=True,
                                    timeout=10, check=False)
            is_true(second.returncode == 1 and "served by another" in second.stderr, second.stderr)
            equal(server.ask(get("/echo/0"))[:3], b"GET")
        is_true(not os.path.exists(path), "the socket is left behind")
        with open(path, "w", encoding="ascii") as f:
            f.write("precious")
        third = subprocess.run([SERVER, "unix:" + path], capture_output=True, text=True, timeout=10,
                               check=False)
        is_true(third.returncode == 1 and "no socket" in third.stderr, third.stderr)


def test_addresses():
    with Server(address="[::1]:0") as server:
        is_true(server.address.startswith("[::1]:"), server.address)
        equal(server.ask(get("/echo/0"))[:3], b"GET")
        again = subprocess.run([SERVER, server.address], capture_output=True, text=True, timeout=10,
                               check=False)
        is_true(again.returncode == 1 and "in use" in again.stderr, again.stderr)
    for address in ("", "127.0.0.1", "127.0.0.1:", ":80", "::1:80", "127.0.0.1:x", "127.0.0.1:99999",
                    "unix:", "unix:/nowhere/at/all"):
        bad = subprocess.run([SERVER, address], capture_output=True, text=True, timeout=10, check=False)
        is_true(bad.returncode == 1 and bad.stderr, address)


def test_stop_drains():
    server = Server()
    idle, busy, begun = server.connect(), server.connect(), server.connect()
    idle.send(get("/echo/0"))
    idle.answer()
    busy.send(get("/echo/300"))
    begun.send(post("/echo/0", b"hello")[:-2])
    time.sleep(0.1)
    server.process.terminate()
    is_true(idle.is_closed(2), "an idle connection stays")
    begun.send(b"lo")
    for c in (busy, begun):
        status, fields, _ = c.answer()
        equal((status, fields["connection"]), (200, "close"))
    equal(server.process.wait(10), 0)
    for c in (idle, busy, begun):
        c.s.close()
    equal(server.process.stderr.read(), "")
    server.process.stdout.close()
    server.process.stderr.close()


def test_an_answer_after_the_end_is_harmless():
    with Server() as server:
        clients = [server.connect() for _ in range(4)]
        for c in clients:
            c.send(post("/echo/3000", b"x" * 5000) * 2)
        time.sleep(0.1)
        server.process.terminate()
        for c in clients:
            is_true(c.is_closed(10) and not c.data, "answered after the end")
            c.s.close()
        equal(server.process.wait(10), 0)


def test_no_descriptors_left():
    with Server("head_ms=60000", files=24) as server:
        clients = [server.connect() for _ in range(60)]
        time.sleep(1)
        before = server.cpu_s()
        time.sleep(1)
        is_true(server.cpu_s() - before < 0.3, "spins while descriptors are short")
        for c in clients:
            c.s.close()
        time.sleep(0.5)
        is_true(server.counters()["shed"] > 0, "nobody was shown out")


def storm(server, seed, end):
    rnd = random.Random(seed)
    requests = [get("/echo/0"), get("/echo/5"), post("/echo/30", b"x" * 3000), post("/hook", b"y"),
                get("/big/200000"), get("/nowhere"), b"rubbish\r\n\r\n", get("/echo/250"),
                get("/echo/0", "POST", "Transfer-Encoding: chunked\r\n") + b"3\r\nabc\r\n0\r\n\r\n"]
    while time.monotonic() < end:
        try:
            c = server.connect()
            data = b"".join(rnd.choice(requests) for _ in range(rnd.randint(1, 6)))
            data = data[:rnd.randint(0, len(data))] if rnd.random() < 0.3 else data
            for at in range(0, len(data), max(1, len(data) // rnd.randint(1, 5))):
                c.send(data[at:at + max(1, len(data) // 3)])
                if rnd.random() < 0.3:
                    time.sleep(rnd.random() * 0.02)
            how = rnd.random()
            if how < 0.3:
                c.done_sending()
            if how < 0.6:
                c.is_closed(rnd.random() * 0.1)
            c.reset() if rnd.random() < 0.3 else c.s.close()
        except OSError:
            pass


def test_storm():
    with Server("head_ms=800", "request_ms=1000", "idle_ms=300", "answer_ms=500") as server:
        before, end = server.descriptors(), time.monotonic() + 4
        threads = [threading.Thread(target=storm, args=(server, seed, end)) for seed in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        wait_for(lambda: server.descriptors() <= before, 5, "descriptors are left open")
        equal(server.counters()["open"], 1)


if __name__ == "__main__":
    sys.exit(1 if plain_test.run(sys.modules[__name__]) else 0)
