"""A small chat server on this machine."""

import contextlib
import http.server
import json
import socket
import threading
import time


class Chat:
    """Answers as `how` says: a status, or "slow", "drop", "garbage", "moved"."""

    def __init__(self):
        self.got, self.how, self.times, self.open = [], 200, [], 0
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                chat.open += 1
                try:
                    self.take()
                finally:
                    chat.open -= 1

            do_DELETE = do_GET = do_PUT = do_POST

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                chat.got.append((self.command, self.path, dict(self.headers), body))
                chat.times.append(time.monotonic())
                how = chat.how.pop(0) if isinstance(chat.how, list) else chat.how
                if how == "slow":
                    time.sleep(3)
                    how = 200
                if how == "drop":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                elif how == "garbage":
                    self.wfile.write(b"HTTP/1.1 zwei null null\r\n\r\nnope")
                    self.close_connection = True
                elif how == "endless":
                    with contextlib.suppress(OSError):
                        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                        for _ in range(4000):
                            self.wfile.write(b"x" * 1024)
                    self.close_connection = True
                else:
                    self.send_response(302 if how == "moved" else how)
                    if how == "moved":
                        self.send_header("Location", "/elsewhere")
                    if how == 429:
                        self.send_header("Retry-After", "1")
                    self.send_header("Content-Length", "21")
                    self.end_headers()
                    self.wfile.write(b"you said k3y-of-ada-0")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def texts(self):
        return [json.loads(body)["text"] for method, _, _, body in self.got if method == "POST"]

    def end(self):
        self.server.shutdown()
        self.server.server_close()
