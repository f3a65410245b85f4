/* What the endpoints of OAuth are asked, and what is made of their answers. */
#include "check.h"
#include "oauth.h"
#include "secret.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static const struct oauth_client open_client = {.id = "my client"};
static const struct oauth_client closed_client = {.id = "my client", .secret = "a:b/ü"};

static void is_text(char *got, const char *want)
{
    CHECK_STR(got, want);
    secret_free(got);
}

TEST(forms)
{
    is_text(oauth_refresh_form(&open_client, "r+1"),
            "grant_type=refresh_token&refresh_token=r%2B1&client_id=my%20client");
    is_text(oauth_refresh_form(&closed_client, "r"), "grant_type=refresh_token&refresh_token=r");
    is_text(oauth_exchange_form(&open_client, "c", "http://127.0.0.1:1/cb", "v"),
            "grant_type=authorization_code&code=c&redirect_uri=http%3A%2F%2F127%2E0%2E0%2E1%3A1%2F"
            "cb&code_verifier=v&client_id=my%20client");
}

TEST(who_has_a_secret_proves_it_in_a_header)
{
    CHECK(oauth_basic(&open_client) == NULL);
    /* "my%20client:a%3Ab%2F%C3%BC": both are encoded before they are joined */
    is_text(oauth_basic(&closed_client),
            "Authorization: Basic bXklMjBjbGllbnQ6YSUzQWIlMkYlQzMlQkM=");
}

TEST(the_challenge_of_rfc_7636)
{
    char challenge[OAUTH_TEXT];
    oauth_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge);
    CHECK_STR(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(a_login_is_like_no_other)
{
    struct oauth_login a, b;
    oauth_login_begin(&a);
    oauth_login_begin(&b);
    CHECK_INT(strlen(a.state), 43);
    CHECK_INT(strlen(a.verifier), 43);
    CHECK_INT(
        strspn(a.verifier, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), 43);
    CHECK(strcmp(a.state, b.state) && strcmp(a.verifier, b.verifier) &&
          strcmp(a.state, a.verifier));
    char *url = oauth_authorize_url("https://a.test/authorize", "x&y", "http://127.0.0.1/cb", &a);
    CHECK(strstr(url, "https://a.test/authorize?response_type=code&") == url);
    CHECK(strstr(url, "client_id=x%26y&") != NULL);
    CHECK(strstr(url, a.state) != NULL);
    CHECK(strstr(url, "code_challenge_method=S256") != NULL);
    CHECK(strstr(url, a.verifier) == NULL); /* the browser never has it */
    free(url);
}

/* ---- Answers ---- */

static const struct {
    int status;
    const char *body;
    enum oauth_verdict verdict;
    const char *access, *refresh;
    int64_t seconds;
    const char *why;
} answers[] = {
    {200,
     "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":86400,"
     "\"refresh_token\":\"r\"}",
     OAUTH_GOOD, "a", "r", 86400, ""},
    {200, "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"refresh_token\":null}", OAUTH_GOOD,
     "a", NULL, 3600, ""},
    {201, "{\"access_token\":\"a\"}", OAUTH_GOOD, "a", NULL, 3600, ""},
    /* a pair is kept, whatever stands beside it */
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":\"7200\"}", OAUTH_GOOD,
     "a", "r", 7200, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":0}", OAUTH_GOOD, "a", "r",
     3600, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":-5}", OAUTH_GOOD, "a",
     "r", 3600, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":\"soon\"}", OAUTH_GOOD,
     "a", "r", 3600, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":[1]}", OAUTH_GOOD, "a",
     "r", 3600, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":1.5}", OAUTH_GOOD, "a",
     "r", 1, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":1e300}", OAUTH_GOOD, "a",
     "r", 365 * 86400, ""},
    {200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":99999999999999999999}",
     OAUTH_GOOD, "a", "r", 365 * 86400, ""},
    /* no tokens */
    {200, "", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    {200, "<html>", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    {200, "[]", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    {200, "{\"access_token\":1}", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"\"}", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a b\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\\r\\nX: y\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\\u0000b\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"\xc3\xbc\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\",\"refresh_token\":7}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\",\"access_token\":\"b\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork's answer holds no tokens"},
    {200, "{\"access_token\":\"a\"", OAUTH_LOST, NULL, NULL, 0, "awork's answer holds no tokens"},
    /* refusals */
    {400, "{\"error\":\"invalid_grant\"}", OAUTH_GONE, NULL, NULL, 0,
     "awork answered 400 invalid_grant"},
    {401, "{\"error\":\"invalid_client\"}", OAUTH_CLIENT, NULL, NULL, 0,
     "awork answered 401 invalid_client"},
    {401, "", OAUTH_CLIENT, NULL, NULL, 0, "awork answered 401"},
    {400, "{\"error\":\"unsupported_grant_type\"}", OAUTH_CLIENT, NULL, NULL, 0,
     "awork answered 400 unsupported_grant_type"},
    {404, "not here", OAUTH_CLIENT, NULL, NULL, 0, "awork answered 404"},
    {302, "", OAUTH_CLIENT, NULL, NULL, 0, "awork answered 302"},
    {400, "{\"error\":\"Invalid\\u001b[2J\"}", OAUTH_AGAIN, NULL, NULL, 0, "awork answered 400"},
    {403, "<html>", OAUTH_AGAIN, NULL, NULL, 0, "awork answered 403"},
    {429, "{\"message\":\"API rate limit exceeded\"}", OAUTH_AGAIN, NULL, NULL, 0,
     "awork answered 429"},
    {500, "{\"error\":\"invalid_grant\"}", OAUTH_LOST, NULL, NULL, 0,
     "awork answered 500 invalid_grant"},
    {502, "", OAUTH_LOST, NULL, NULL, 0, "awork answered 502"},
};

TEST(every_answer_has_its_meaning)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct oauth_pair pair = {0};
        char why[200];
        enum oauth_verdict verdict =
            oauth_judge(answers[i].status, cw_text_of(answers[i].body), &pair, why);
        CHECK_INT(verdict, answers[i].verdict);
        CHECK_STR(why, answers[i].why);
        CHECK_STR(pair.access ? pair.access : "-", answers[i].access ? answers[i].access : "-");
        CHECK_STR(pair.refresh ? pair.refresh : "-", answers[i].refresh ? answers[i].refresh : "-");
        CHECK_INT(pair.expires_in_ms, answers[i].seconds * 1000);
        oauth_pair_wipe(&pair);
    }
}

TEST(sizes)
{
    char *token = xcalloc(1, OAUTH_TOKEN_MOST + 2);
    memset(token, 'x', OAUTH_TOKEN_MOST);
    for (int more = 0; more < 2; more++) {
        struct oauth_pair pair = {0};
        char why[200];
        token[OAUTH_TOKEN_MOST] = more ? 'x' : '\0';
        char *body = xprintf("{\"access_token\":\"%s\"}", token);
        CHECK_INT(oauth_judge(200, cw_text_of(body), &pair, why), more ? OAUTH_LOST : OAUTH_GOOD);
        oauth_pair_wipe(&pair);
        free(body);
    }
    free(token);
    char *wide = xprintf("{\"access_token\":\"a\",\"x\":\"%*s\"}", OAUTH_ANSWER_MOST, "");
    struct oauth_pair pair = {0};
    char why[200];
    CHECK_INT(oauth_judge(200, cw_text_of(wide), &pair, why), OAUTH_LOST);
    free(wide);
}

CHECK_MAIN
