"""Where the parts of the daemon meet: doors and reloads, floods, hostile senders with a good key."""

import http.client
import json
import signal
import time

import bridge
from bridge import RULES, SECRETS, main, test, until, world


@test
def reload_opens_no_door():
    """Admin over TCP stays shut when a new configuration names a unix socket and no token."""
    port = bridge.free_port()
    tcp = "admin: { listen: '127.0.0.1:%d', token: '${secret.admin}' }\nlog:" % port
    config = bridge.CONFIG.replace("log:", tcp)
    with world(config=config, secrets={**SECRETS, "admin": "admin-secret-0123456789"}) as (_, b):
        def ask(headers):
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            c.request("GET", "/events", headers=headers)
            status = c.getresponse().status
            c.close()
            return status
        good = {"Authorization": "Bearer admin-secret-0123456789"}
        assert ask({}) == 401 and ask(good) == 200
        assert ask({**good, "Host": "rebind.attacker.net"}) == 421
        b.config = bridge.CONFIG
        b.write(RULES)
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: b.log("configuration reloaded")), b.log_text()
        assert ask({}) == 401 and ask(good) == 401
        b.config = config
        b.write(RULES)
        b.process.send_signal(signal.SIGHUP)
        assert until(lambda: len(b.log("configuration reloaded")) == 2), b.log_text()
        time.sleep(0.1)
        for _ in range(4):  # one wrong guess was made above, when there was no token
            assert ask({"Authorization": "Bearer guess"}) == 401
        assert ask(good) == 429


main()
