"""awork-sim's OAuth: the code flow with PKCE, refresh tokens that rotate, what is good once only,
who the client is, discovery, registration, API users and their keys."""

import base64
import hashlib
import json
import sys
import threading
import urllib.parse

import plain_test
import sim_client as s
from plain_test import equal

START = "2026-03-02T08:00:00Z"
BACK = "http://127.0.0.1:4711/callback"
VERIFIER = "abcdefghijklmnopqrstuvwxyz-._~0123456789ABCDEFG"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def challenge(verifier=VERIFIER):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def authorize(sim, **changed):
    query = {"client_id": "sim-client", "response_type": "code", "redirect_uri": BACK,
             "scope": "full_access offline_access", "state": "a b&c",
             "code_challenge": challenge(), "code_challenge_method": "S256", **changed}
    query = {k: v for k, v in query.items() if v is not None}
    return sim.raw("GET", "/api/v1/accounts/authorize?" + urllib.parse.urlencode(query))


def sent_back(answer, to=BACK):
    """What the client finds in the query of its redirect."""
    equal((answer.status, answer.headers["cache-control"]), (302, "no-store"), answer.text)
    where = answer.headers["location"]
    equal(where.startswith(to), True, where)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(where).query))


def code_of(sim, **changed):
    return sent_back(authorize(sim, **changed))["code"]


def token(sim, headers=None, **fields):
    fields = {k: v for k, v in fields.items() if v is not None}
    return sim.raw("POST", "/api/v1/accounts/token", urllib.parse.urlencode(fields),
                   {**FORM, **(headers or {})})


def exchange(sim, given, **changed):
    return token(sim, **{"grant_type": "authorization_code", "client_id": "sim-client",
                         "code": given, "redirect_uri": BACK, "code_verifier": VERIFIER, **changed})


def refresh(sim, text, **changed):
    return token(sim, **{"grant_type": "refresh_token", "client_id": "sim-client",
                         "refresh_token": text, **changed})


def no(answer, error, status=400):
    equal((answer.status, answer.json()["error"]), (status, error), answer.text)
    equal(answer.headers["cache-control"], "no-store")


def me(sim, access):
    answer = sim.api("GET", "/me", access)
    return answer.json()["firstName"] if answer.status == 200 else answer.status


def test_the_whole_flow(sim):
    sim.reset(START)
    back = sent_back(authorize(sim))
    equal((sorted(back), back["state"]), (["code", "state"], "a b&c"))
    answer = exchange(sim, back["code"])
    equal((answer.status, answer.headers["cache-control"]), (200, "no-store"), answer.text)
    one = answer.json()
    equal({k: one[k] for k in one if k not in ("access_token", "refresh_token")},
          {"token_type": "Bearer", "resource": "awork.com", "expires_in": 86400})
    equal(me(sim, one["access_token"]), "Ada")
    equal(sim.start(token=one["access_token"]).json()["createdBy"], s.ADA_ID)
    two = refresh(sim, one["refresh_token"]).json()
    equal(len({one["access_token"], one["refresh_token"], two["access_token"],
               two["refresh_token"]}), 4)
    equal((me(sim, two["access_token"]), me(sim, one["access_token"])), ("Ada", "Ada"))
    equal(me(sim, two["refresh_token"]), 401)  # it is no access token
    no(refresh(sim, two["access_token"]), "invalid_grant")
    equal(refresh(sim, two["refresh_token"]).status, 200)


def test_a_refresh_token_is_good_once(sim):
    sim.reset(START)
    first = exchange(sim, code_of(sim)).json()["refresh_token"]
    second = refresh(sim, first).json()["refresh_token"]
    no(refresh(sim, first), "invalid_grant")
    equal(refresh(sim, second).status, 200)  # the thief's try did not hurt
    no(refresh(sim, second), "invalid_grant")
    third = exchange(sim, code_of(sim)).json()["refresh_token"]
    got = []
    threads = [threading.Thread(target=lambda: got.append(refresh(sim, third).status))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(got), [200] + [400] * 7)


def test_a_lost_answer_has_used_the_refresh_token(sim):
    sim.reset(START)
    first = exchange(sim, code_of(sim)).json()["refresh_token"]
    sim.fault("drop_before", match="/accounts/token")
    plain_lost(lambda: refresh(sim, first))
    second = refresh(sim, first).json()["refresh_token"]
    sim.fault("reset_after", match="/accounts/token")
    plain_lost(lambda: refresh(sim, second))
    no(refresh(sim, second), "invalid_grant")


def plain_lost(call):
    try:
        call()
    except OSError:
        return
    raise AssertionError("got an answer")


def test_everything_ends_by_the_clock(sim):
    sim.reset(START)
    code = code_of(sim)
    sim.advance(300)
    no(exchange(sim, code), "invalid_grant")
    code = code_of(sim)
    sim.advance(299)
    got = exchange(sim, code).json()
    sim.advance(86399)
    equal(me(sim, got["access_token"]), "Ada")
    sim.advance(1)
    equal(me(sim, got["access_token"]), 401)
    sim.advance(29 * 86400 - 1)
    got = refresh(sim, got["refresh_token"]).json()
    sim.advance(30 * 86400)
    no(refresh(sim, got["refresh_token"]), "invalid_grant")
    sim.control("POST", "/oauth", {"accessSeconds": 5, "refreshSeconds": 9})
    got = exchange(sim, code_of(sim)).json()
    equal(got["expires_in"], 5)
    sim.advance(5)
    equal(me(sim, got["access_token"]), 401)
    sim.advance(4)
    no(refresh(sim, got["refresh_token"]), "invalid_grant")
    sim.reset()
    equal(sim.control("GET", "/oauth")["accessSeconds"], 86400)


def test_a_code_is_good_once_and_its_second_use_ends_the_first(sim):
    sim.reset(START)
    code = code_of(sim)
    got = exchange(sim, code).json()
    other = exchange(sim, code_of(sim)).json()
    no(exchange(sim, code), "invalid_grant")
    equal((me(sim, got["access_token"]), me(sim, other["access_token"])), (401, "Ada"))
    no(refresh(sim, got["refresh_token"]), "invalid_grant")
    equal(refresh(sim, other["refresh_token"]).status, 200)


def test_codes_that_do_not_fit(sim):
    sim.reset(START)
    basic = {"Authorization": "Basic " + base64.b64encode(b"sim-confidential:sim-client-secret").decode()}
    for changed in ({"code_verifier": VERIFIER + "x"}, {"code_verifier": None},
                    {"code_verifier": "short"}, {"redirect_uri": BACK + "x"}, {"redirect_uri": None},
                    {"redirect_uri": "http://127.0.0.1:4712/callback"}, {"code": "x"},
                    {"code": None}, {"client_id": None, "headers": basic}):
        no(exchange(sim, code_of(sim), **changed), "invalid_grant")
    code = code_of(sim)
    no(exchange(sim, code, code_verifier="x" * 43), "invalid_grant")
    no(exchange(sim, code), "invalid_grant")  # a guess has used it up
    plain = code_of(sim, code_challenge=None, code_challenge_method=None)
    no(exchange(sim, plain), "invalid_grant")
    plain = code_of(sim, code_challenge=None, code_challenge_method=None)
    equal(exchange(sim, plain, code_verifier=None).status, 200)


def test_scopes(sim):
    sim.reset(START)
    got = exchange(sim, code_of(sim, scope="full_access")).json()
    equal(("refresh_token" in got, me(sim, got["access_token"])), (False, "Ada"))
    equal("refresh_token" in exchange(sim, code_of(sim, scope=None)).json(), False)
    equal(sent_back(authorize(sim, scope="everything"))["error"], "invalid_scope")


def test_authorize_refuses(sim):
    sim.reset(START)
    for changed in ({"client_id": None}, {"client_id": "nobody"}):
        no(authorize(sim, **changed), "invalid_client")
    for uri in (None, "http://127.0.0.1:4711/other", "http://evil.example.org/callback", "x",
                "http://127.0.0.1.evil.example.org/callback", BACK + "#x",
                "https://127.0.0.1:4711/callback"):
        no(authorize(sim, redirect_uri=uri), "invalid_request")
    for uri in ("http://localhost:1/callback", "http://[::1]:99/callback", "http://127.0.0.1/callback"):
        equal("code" in sent_back(authorize(sim, redirect_uri=uri), uri), True)
    no(authorize(sim, redirect_uri="https://clockwire.example.org/callback"), "invalid_request")
    uri = "https://clockwire.example.org/callback"
    equal("code" in sent_back(authorize(sim, redirect_uri=uri, client_id="sim-confidential"), uri), True)
    for changed, error in (({"response_type": "token"}, "unsupported_response_type"),
                           ({"response_type": None}, "unsupported_response_type"),
                           ({"code_challenge_method": "plain"}, "invalid_request"),
                           ({"code_challenge_method": None}, "invalid_request"),
                           ({"code_challenge": None}, "invalid_request"),
                           ({"code_challenge": "short"}, "invalid_request")):
        equal(sent_back(authorize(sim, **changed)), {"error": error, "state": "a b&c"})
    equal("state" in sent_back(authorize(sim, state=None)), False)


def test_who_consents(sim):
    sim.reset(START)
    sim.control("POST", "/oauth", {"consentAs": s.GRACE_ID})
    equal(me(sim, exchange(sim, code_of(sim)).json()["access_token"]), "Grace")
    for hint, who in ((s.ADA_ID, "Ada"), ("ADMIN@example.org", "Root")):
        equal(me(sim, exchange(sim, code_of(sim, login_hint=hint)).json()["access_token"]), who)
    for hint in ("nobody@example.org", s.DENNIS_ID, s.API_ID):
        equal(sent_back(authorize(sim, login_hint=hint))["error"], "access_denied")
    sim.control("POST", "/oauth", {"consentAs": None})
    equal(sent_back(authorize(sim))["error"], "access_denied")
    for bad in ({"consentAs": "ada"}, {"accessSeconds": 0}, {"codeSeconds": "x"}, {"x": 1}, []):
        equal(sim.raw("POST", "/_sim/oauth", json.dumps(bad)).status, 400, bad)
    sim.reset(START)
    equal("code" in sent_back(authorize(sim)), True)


def test_clients_prove_themselves(sim):
    sim.reset(START)
    def basic(pair):
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    good = basic("sim-confidential:sim-client-secret")
    def ask(headers=None, **fields):
        code = code_of(sim, client_id="sim-confidential")
        return token(sim, headers, grant_type="authorization_code", code=code, redirect_uri=BACK,
                     code_verifier=VERIFIER, **fields)
    got = ask(good)
    equal((got.status, me(sim, got.json()["access_token"])), (200, "Ada"))
    equal(ask(client_id="sim-confidential", client_secret="sim-client-secret").status, 200)
    for headers, fields in ((basic("sim-confidential:wrong"), {}), (basic("sim-confidential"), {}),
                            (basic("nobody:x"), {}), ({"Authorization": "Basic !!!"}, {}), (None, {}),
                            (None, {"client_id": "sim-confidential"}), (None, {"client_id": "x"}),
                            (None, {"client_id": "sim-confidential", "client_secret": "x"}),
                            (None, {"client_id": "sim-client", "client_secret": "x"})):
        no(ask(headers, **fields), "invalid_client", 401)
    no(token(sim, good, grant_type="refresh_token",
             refresh_token=exchange(sim, code_of(sim)).json()["refresh_token"]), "invalid_grant")
    equal(token(sim, good, grant_type="refresh_token",
                refresh_token=got.json()["refresh_token"]).status, 200)


def test_forms_that_are_none(sim):
    sim.reset(START)
    no(token(sim), "invalid_request")
    no(token(sim, client_id="sim-client"), "invalid_request")
    no(token(sim, client_id="sim-client", grant_type="password"), "unsupported_grant_type")
    no(token(sim, client_id="sim-client", grant_type="client_credentials"), "unsupported_grant_type")
    no(token(sim, client_id="sim-client", grant_type="refresh_token"), "invalid_grant")
    text = urllib.parse.urlencode({"grant_type": "refresh_token", "client_id": "sim-client"})
    no(sim.raw("POST", "/api/v1/accounts/token", text, {"Content-Type": "text/plain"}),
       "invalid_request")
    no(sim.raw("POST", "/api/v1/accounts/token", '{"grant_type":"refresh_token"}',
               {"Content-Type": "application/json"}), "invalid_request")
    no(sim.raw("POST", "/api/v1/accounts/token", b"%%%", FORM), "invalid_request")
    equal(sim.raw("GET", "/api/v1/accounts/token").status, 405)


def test_revoked_and_deactivated(sim):
    sim.reset(START)
    got = exchange(sim, code_of(sim)).json()
    sim.control("POST", "/tokens", {"token": got["access_token"], "revoked": True})
    equal(me(sim, got["access_token"]), 401)
    sim.control("POST", "/tokens", {"userId": s.ADA_ID, "kind": "refresh", "revoked": True})
    no(refresh(sim, got["refresh_token"]), "invalid_grant")
    got = exchange(sim, code_of(sim)).json()
    sim.control("POST", "/reset")
    equal(me(sim, got["access_token"]), 401)  # not of the seed


def test_no_log_has_a_secret(sim):
    sim.reset(START)
    code = code_of(sim)
    got = exchange(sim, code).json()
    refresh(sim, got["refresh_token"])
    text = b"".join(sim.raw("GET", "/_sim" + p).text for p in ("/log", "/state", "/tokens", "/oauth"))
    for secret in (code, VERIFIER, got["access_token"], got["refresh_token"], "sim-client-secret"):
        equal(secret.encode() in text, False, secret)
    line = sim.log()[-1]
    equal((line["body"], line["status"], line["user"]), ("(a secret)", 200, s.ADA_ID))


def test_discovery(sim):
    answer = sim.raw("GET", "/.well-known/openid-configuration")
    found = answer.json()
    base = f"http://127.0.0.1:{sim.port}"
    equal((found["issuer"], found["authorization_endpoint"], found["token_endpoint"]),
          (base, base + "/api/v1/accounts/authorize", base + "/api/v1/accounts/token"))
    equal(found["code_challenge_methods_supported"], ["S256"])
    evil = sim.raw("GET", "/.well-known/openid-configuration", None, {"Host": "a\"/b"})
    equal(evil.json()["issuer"], "http://127.0.0.1")
    equal(sim.raw("GET", "/.well-known/other").status, 404)


def register(sim, body):
    return sim.raw("POST", "/api/v1/clientapplications/register",
                   body if isinstance(body, bytes) else json.dumps(body))


def test_registration(sim):
    sim.reset(START)
    made = register(sim, {"redirect_uris": ["http://127.0.0.1/cb"], "client_name": "mine",
                          "token_endpoint_auth_method": "none"})
    equal(made.status, 201, made.text)
    mine = made.json()
    equal(("client_secret" in mine, mine["client_name"]), (False, "mine"))
    uri = "http://127.0.0.1:99/cb"
    code = sent_back(authorize(sim, client_id=mine["client_id"], redirect_uri=uri), uri)["code"]
    equal(exchange(sim, code, client_id=mine["client_id"], redirect_uri=uri).status, 200)
    secret = register(sim, {"redirect_uris": ["http://127.0.0.1/cb"]}).json()["client_secret"]
    equal(len(secret), 64)
    for body, error in ((b"", "invalid_redirect_uri"), ({}, "invalid_redirect_uri"),
                        ({"redirect_uris": []}, "invalid_redirect_uri"),
                        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
                        ({"redirect_uris": ["x"], "token_endpoint_auth_method": "magic"},
                         "invalid_client_metadata")):
        answer = register(sim, body)
        equal((answer.status, answer.json()["error"]), (400, error), body)
    sim.reset(START)
    no(authorize(sim, client_id=mine["client_id"], redirect_uri=uri), "invalid_client")


def test_clients_have_a_ceiling(sim):
    sim.reset()
    there = sim.control("GET", "/oauth")["clients"]
    made = [register(sim, {"redirect_uris": ["http://127.0.0.1/cb"]}).status for _ in range(1001 - there)]
    equal((made[:-1] == [201] * (1000 - there), made[-1]), (True, 400))
    sim.reset()


def test_tokens_have_a_ceiling(sim):
    sim.reset()
    first = exchange(sim, code_of(sim)).json()
    last = first
    for _ in range(5002):
        last = refresh(sim, last["refresh_token"]).json()
    equal((me(sim, first["access_token"]), me(sim, last["access_token"]), me(sim, s.ADA)),
          (401, "Ada", "Ada"))
    equal(len(sim.control("GET", "/tokens")), 10006)
    sim.reset()


def test_api_users_and_their_keys(sim):
    sim.reset(START)
    made = sim.api("POST", "/apiusers", s.KEY, {"name": "second bridge"})
    user = made.json()
    equal((made.status, user["firstName"]), (200, "second bridge"))
    equal("second bridge" in [u["firstName"] for u in sim.api("GET", "/users").json()], True)
    made = sim.api("POST", "/clientapplications/sim-client/generateapikey", s.KEY,
                   {"apiUserId": user["id"]})
    key = made.json()["access_token"]
    equal((made.status, me(sim, key), sim.start(s.ADA_ID, key).status), (200, "second bridge", 200))
    for path, token_, body, status in (
            ("/apiusers", s.ADA, {"name": "x"}, 401), ("/apiusers", s.KEY, {}, 400),
            ("/apiusers", s.KEY, b"x", 400),
            ("/clientapplications/sim-client/generateapikey", s.ADA, {"apiUserId": user["id"]}, 401),
            ("/clientapplications/nobody/generateapikey", s.KEY, {"apiUserId": user["id"]}, 404),
            ("/clientapplications/sim-client/generateapikey", s.KEY, {"apiUserId": s.ADA_ID}, 400),
            ("/clientapplications/sim-client/generateapikey", s.KEY, {}, 400)):
        equal(sim.api("POST", path, token_, body).status, status, (path, body))
    sim.reset(START)
    equal((me(sim, key), sim.api("GET", "/users/" + user["id"]).status), (401, 404))


def test_faulty_seeds(sim):
    def faulty(oauth):
        def change(seed):
            seed["oauth"] = oauth
        with s.changed_seed(change) as path:
            return s.refusal("--seed", path, "--listen", "127.0.0.1:0")
    client = {"clientId": "c", "redirectUris": ["http://127.0.0.1/x"]}
    for oauth, what in (({"clients": [{"clientId": "c"}]}, "oauth.clients[0]"),
                        ({"clients": [client, client]}, "oauth.clients[1]: clientId"),
                        ({"clients": [{**client, "redirectUris": []}]}, "redirectUris is"),
                        ({"clients": 5}, "clients is a list"), ({"consentAs": "x"}, "consentAs is"),
                        ({"accessSeconds": -1}, "tokens live"), ({"x": 1}, "oauth is"), (5, "oauth")):
        equal(what in faulty(oauth), True, faulty(oauth))


def main():
    with s.Sim("--rate-second", "0", "--rate-minute", "0") as sim:
        return 1 if plain_test.run(sys.modules["__main__"], sim) else 0


sys.exit(main())
