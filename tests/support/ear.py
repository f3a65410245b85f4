"""A server that hears webhooks and keeps what it heard."""

import http.server
import json
import threading
import time


class Ear:
    """Hears webhooks; answers what `say(number of the delivery)` says: a status, or seconds to
    wait for one."""

    def __init__(self, say=lambda n: 200):
        self.heard, self.headers, self.at = [], [], []
        ear = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append(json.loads(body))
                ear.headers.append({k.lower(): v for k, v in self.headers.items()})
                ear.at.append((self.path, time.monotonic()))
                status = say(len(ear.heard))
                if status < 100:
                    time.sleep(status)
                    status = 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        self.uri = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def types(self):
        """`added` and so on, of awork's time entries."""
        return [b["eventType"].removeprefix("timetracking_") for b in self.heard]


def wait(what, seconds=10):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"it did not happen within {seconds} s")
        time.sleep(0.01)
