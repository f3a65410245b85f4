/* The file as a whole: settings and what must go together. Sources and rules have their own. */
#include "config.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], file[128];
static struct cw_diags *diags;

static struct config *load(const char *text, enum cw_severity missing)
{
    snprintf(folder, sizeof folder, "/tmp/cw-config.XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/c.yaml", folder);
    FILE *f = fopen(file, "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
    struct config *config = NULL;
    struct config_opts opts = {NULL, missing};
    diags = cw_diags_create();
    if (config_load(file, &opts, diags, &config))
        config = NULL;
    unlink(file);
    return config;
}

static void done(struct config *config)
{
    config_destroy(config);
    cw_diags_destroy(diags);
    rmdir(folder);
}

/* True when some diagnostic has this code at this line and says this. */
static bool has(const char *code, unsigned line, const char *words)
{
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        if (strcmp(d->code, code) == 0 && d->place.line == line &&
            (strstr(d->text, words) || (d->hint && strstr(d->hint, words))))
            return true;
    }
    char *text = cw_diags_render(diags, false);
    fprintf(stderr, "no %s at line %u with \"%s\" in:\n%s\n", code, line, words, text);
    free(text);
    return false;
}

TEST(defaults)
{
    struct config *c = load("version: 1\nrules: []\n", CW_ERROR);
    CHECK(c != NULL);
    CHECK_INT(c->listen.n, 1);
    CHECK_STR(c->listen.items[0], "127.0.0.1:8080");
    CHECK_INT(c->body_bytes, 1 << 20);
    CHECK_INT(c->head_bytes, 16384);
    CHECK_INT(c->request_ms, 15000);
    CHECK_STR(c->target.url, "https://api.awork.com/api/v1");
    CHECK_INT(c->target.n_windows, 2);
    CHECK_INT(c->target.windows[0].requests, 50);
    CHECK_INT(c->target.windows[1].window_ms, 60000);
    CHECK(strncmp(c->store, "sqlite:/", 8) == 0 && strstr(c->store, "/clockwire.db"));
    CHECK(strncmp(c->admin_listen, "unix:/", 6) == 0 && strstr(c->admin_listen, "clockwire.sock"));
    done(c);
}

TEST(settings_are_read)
{
    setenv("CLOCKWIRE_SECRET_KEY", "the-awork-key\n", 1);
    struct config *c = load("version: 1\n"
                            "server: { listen: ['127.0.0.1:1', 'unix:/x'], limits: { body: 2 MiB, "
                            "queue: 7 } }\n"
                            "journal: { store: 'memory:', payloads: none }\n"
                            "log: { level: warn, format: json }\n"
                            "target:\n"
                            "  awork:\n"
                            "    token: ${secret.key}\n"
                            "    rate_limit: [5 per second]\n"
                            "    without_user_token: skip\n"
                            "    retry: { base: 10 milliseconds }\n"
                            "rules: []\n",
                            CW_ERROR);
    CHECK(c != NULL);
    if (!c)
        return;
    CHECK_INT(c->listen.n, 2);
    CHECK_STR(c->listen.items[1], "unix:/x");
    CHECK_INT(c->body_bytes, 2 << 20);
    CHECK_INT(c->queue, 7);
    CHECK_STR(c->store, "memory:");
    CHECK_INT(c->payloads, PAYLOADS_NONE);
    CHECK_INT(c->log_level, LOG_WARN);
    CHECK_STR(c->target.token, "the-awork-key");
    CHECK_INT(c->target.n_windows, 1);
    CHECK_INT(c->target.without_user_token, WITHOUT_TOKEN_SKIP);
    CHECK_INT(c->target.retry_base_ms, 10);
    done(c);
    unsetenv("CLOCKWIRE_SECRET_KEY");
}

TEST(all_faults_at_once)
{
    CHECK(!load("version: 1\n"
                "server:\n"
                "  lissten: 127.0.0.1:1\n"
                "  limits: { body: much, connections: 0 }\n"
                "  threads: 2\n"
                "journal: { payloads: all, keep: { done: 0 days, dead: x, for: 1 day } }\n"
                "log: [info]\n"
                "target:\n"
                "  awork: { token: \"${secret.not_there}\", rate_limit: fast }\n"
                "rules: []\n",
                CW_ERROR));
    CHECK(has("unknown-key", 3, "did you mean `listen`?"));
    CHECK(has("bad-value", 4, "a size such as"));
    CHECK(has("bad-value", 4, "whole number from 1"));
    CHECK(has("not-in-this-build", 5, "in the grammar, but this build has not"));
    CHECK(has("bad-value", 6, "used, full or none"));
    CHECK(has("bad-duration", 6, "`journal.keep.dead`"));
    CHECK(has("unknown-key", 6, "`journal.keep` has no key `for`"));
    CHECK(has("wrong-kind", 7, "`log` is a mapping"));
    CHECK(has("bad-secret", 9, "not_there"));
    CHECK(has("bad-value", 9, "50 per second"));
    done(NULL);
}

TEST(missing_secret_may_be_a_warning)
{
    struct config *c = load("version: 1\ntarget: { awork: { token: \"${secret.not_there}\" } }\n"
                            "rules: []\n",
                            CW_WARNING);
    CHECK(c != NULL);
    CHECK_INT(cw_diags_count(diags, CW_WARNING), 1);
    done(c);
}

#define CHATTY                                                                                     \
    "version: 1\ntimezone: UTC\ntarget:\n  awork: { token: x }\n"                                  \
    "  outside: { http: [mattermost, 10.0.0.5] }\n"                                                \
    "users:\n"                                                                                     \
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, chat: \"%s\" }\n"                       \
    "rules:\n"                                                                                     \
    "  - { id: a, when: timer.started, user: ada, then: { call: { url: \"%s\" } } }\n"

static struct config *chatty(const char *chat, const char *url)
{
    char text[1000];
    snprintf(text, sizeof text, CHATTY, chat, url);
    return load(text, CW_ERROR);
}

/* Where `notify` and `call` may go is known before anything starts. */
TEST(other_hosts)
{
    setenv("CLOCKWIRE_SECRET_CHAT", "k3y", 1);
    setenv("STAGE", "test", 1);
    struct config *c =
        chatty("http://mattermost:8065/hooks/${secret.chat}",
               "https://x/${secret.chat}/${env.STAGE}/${env.NOT_SET_HERE | default: y}");
    if (CHECK(c != NULL)) {
        CHECK_STR(c->people.items[0].chat, "http://mattermost:8065/hooks/k3y");
        CHECK_STR(people_outside(&c->people, CW_TEXT("secret.chat")), "k3y");
        CHECK_STR(people_outside(&c->people, CW_TEXT("env.STAGE")), "test");
        CHECK(people_outside(&c->people, CW_TEXT("env.NOT_SET_HERE")) == NULL);
        CHECK_STR(c->people.target.plain_hosts[1], "10.0.0.5");
        CHECK(c->people.target.plain_hosts[2] == NULL);
        CHECK(c->people.rules == c->rules);
    }
    done(c);
    c = chatty("http://chat.example.org/${secret.chat}", "https://x/");
    CHECK(c == NULL);
    CHECK(has("bad-value", 7, "the address begins with http://, which is only for this machine"));
    CHECK(strstr(cw_diags_get(diags, 0)->text, "k3y") == NULL);
    done(c);
    c = chatty("mattermost:ada", "http://x/");
    CHECK(c == NULL);
    CHECK(has("bad-value", 7, "the address is not a URL"));
    CHECK(has("bad-value", 9, "the address begins with http://, which is only for this machine"));
    done(c);
    setenv("CLOCKWIRE_SECRET_CHAT", "a b", 1);
    c = chatty("https://x/${secret.chat}", "https://x/");
    CHECK(c == NULL);
    CHECK(has("bad-value", 7, "`chat`: the address is empty, too long, or holds blanks"));
    done(c);
    c = chatty("https://x/${secret.nowhere}", "https://x/${secret.gone}");
    CHECK(c == NULL);
    CHECK(has("bad-secret", 7, "`nowhere` is missing"));
    CHECK(has("bad-secret", 9, "`gone` is missing"));
    done(c);
    c = load(
        "version: 1\nrules: []\ntarget:\n  outside: { http: [\"mattermost:8065\", \"a/b\"] }\n",
        CW_ERROR);
    CHECK(c == NULL);
    CHECK(has("bad-value", 4, "a host without its port is expected"));
    CHECK(has("bad-value", 4, "a host such as `mattermost` is expected"));
    done(c);
}

TEST(admin_over_tcp_needs_a_token)
{
    CHECK(!load("version: 1\nadmin: { listen: '127.0.0.1:1' }\nrules: []\n", CW_ERROR));
    CHECK(has("admin-open", 2, "admin.token"));
    done(NULL);
}

TEST(a_missing_admin_token_is_one_fault)
{
    CHECK(!load("version: 1\nadmin: { listen: '127.0.0.1:1', token: \"${secret.gone}\" }\n"
                "rules: []\n",
                CW_ERROR));
    CHECK(has("bad-secret", 2, "gone"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 1);
    done(NULL);
}

TEST(a_target_needs_its_token)
{
    CHECK(!load("version: 1\ntarget: { awork: { url: 'http://127.0.0.1:1' } }\nrules: []\n",
                CW_WARNING));
    CHECK(has("missing-key", 2, "target.awork.token"));
    done(NULL);
    CHECK(!load("version: 1\ntarget: { awork: { tokn: x } }\nrules: []\n", CW_WARNING));
    CHECK(has("unknown-key", 2, "`token`"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 1);
    done(NULL);
}

TEST(addresses_and_the_journal_are_checked)
{
    CHECK(!load("version: 1\n"
                "server: { listen: 8080 }\n"
                "admin: { listen: 'localhost' }\n"
                "journal: { store: clockwire.db }\n"
                "rules: []\n",
                CW_ERROR));
    CHECK(has("bad-value", 2, "HOST:PORT") && has("bad-value", 3, "HOST:PORT"));
    CHECK(has("bad-value", 4, "sqlite:PATH"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 3);
    done(NULL);
    CHECK(!load("version: 1\nserver: { listen: [] }\nrules: []\n", CW_ERROR));
    CHECK(has("bad-value", 2, "empty"));
    done(NULL);
}

TEST(the_admin_socket_beside_a_deep_journal)
{
    char text[400], deep[121] = {0};
    memset(deep, 'x', 120);
    snprintf(text, sizeof text, "version: 1\njournal: { store: 'sqlite:/%s/c.db' }\nrules: []\n",
             deep);
    CHECK(!load(text, CW_ERROR));
    CHECK(has("bad-value", 2, "admin.listen"));
    done(NULL);
}

TEST(settings_alone_are_read_from_a_file_with_faults)
{
    struct config *c = NULL;
    struct config_opts opts = {NULL, CW_WARNING};
    CHECK(!load("version: 1\nadmin: { listen: 'unix:/x/y.sock' }\nruless: []\n", CW_ERROR));
    done(NULL);
    snprintf(folder, sizeof folder, "/tmp/cw-config.XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    snprintf(file, sizeof file, "%s/c.yaml", folder);
    FILE *f = fopen(file, "w");
    CHECK(f && fputs("version: 1\nadmin: { listen: 'unix:/x/y.sock' }\nruless: []\n", f) >= 0);
    CHECK(fclose(f) == 0);
    diags = cw_diags_create();
    CHECK_INT(config_load_settings(file, &opts, diags, &c), CW_OK);
    CHECK_STR(c->admin_listen, "unix:/x/y.sock");
    unlink(file);
    done(c);
    diags = cw_diags_create();
    CHECK_INT(config_load_settings(file, &opts, diags, &c), CW_EINVAL);
    CHECK(has("cannot-read", 1, "No such file"));
    cw_diags_destroy(diags);
}

TEST(a_mistyped_key_of_a_source_is_one_fault)
{
    CHECK(!load("version: 1\nsources:\n"
                "  one: { pth: /a, preset: generic, verfy: none }\n"
                "  two: { path: /b, preset: generic, verify: { beare: x } }\n"
                "  three: { path: /c, preset: gitlab, verify: { secret: \"${env.PATH}\" } }\n"
                "rules: []\n",
                CW_ERROR));
    CHECK(has("unknown-key", 3, "`path`") && has("unknown-key", 3, "`verify`"));
    CHECK(has("unknown-key", 4, "`bearer`") && has("not-in-this-build", 5, "gitlab"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 4);
    done(NULL);
}

TEST(two_sources_on_one_path)
{
    setenv("CLOCKWIRE_SECRET_A", "a secret of good length", 1);
    CHECK(!load("version: 1\nsources:\n"
                "  one: { path: /a, preset: generic, verify: { bearer: \"${secret.a}\" } }\n"
                "  two: { path: /a, preset: generic, verify: { bearer: \"${secret.a}\" } }\n"
                "rules: []\n",
                CW_ERROR));
    CHECK(has("duplicate-path", 4, "`one`"));
    done(NULL);
    unsetenv("CLOCKWIRE_SECRET_A");
}

TEST(a_file_that_is_not_there)
{
    struct config *config = NULL;
    struct config_opts opts = {NULL, CW_ERROR};
    diags = cw_diags_create();
    CHECK_INT(config_load("/nowhere/c.yaml", &opts, diags, &config), CW_EINVAL);
    CHECK(has("cannot-read", 1, "No such file"));
    cw_diags_destroy(diags);
}

#define LOGS_IN                                                                                    \
    "version: 1\nusers:\n  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, token: oauth }\n"
#define GOOD_KEY "journal: { key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= }\n"

TEST(who_logs_in_needs_a_key_and_a_client)
{
    struct config *c = load(LOGS_IN "target: { awork: { token: x } }\nrules: []\n", CW_ERROR);
    CHECK(c == NULL);
    CHECK(has("missing-key", 3, "`token: oauth` needs `journal.key`"));
    CHECK(has("missing-key", 3, "head -c 32 /dev/urandom | base64"));
    CHECK(has("missing-key", 3, "`token: oauth` needs `target.awork.oauth.client_id`"));
    done(c);
    c = load(LOGS_IN GOOD_KEY
             "target: { awork: { token: x, oauth: { client_id: me } } }\nrules: []\n",
             CW_ERROR);
    CHECK(c && c->people.items[0].oauth && !c->people.items[0].token);
    CHECK_STR(c->people.target.oauth.id, "me");
    CHECK(c->people.target.oauth.secret == NULL);
    CHECK_STR(c->people.target.oauth.token_url, "https://api.awork.com/api/v1/accounts/token");
    CHECK_STR(c->people.target.oauth.authorize_url,
              "https://api.awork.com/api/v1/accounts/authorize");
    CHECK_STR(c->people.target.oauth.redirect_url, "http://127.0.0.1/callback");
    done(c);
    c = load(
        "version: 1\nusers:\n  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules: []\n",
        CW_ERROR); /* nobody logs in */
    CHECK(c != NULL);
    done(c);
}

TEST(a_key_is_32_bytes)
{
    static const char *const keys[] = {"password", "AAECAwQF",
                                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygp"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[400];
        snprintf(text, sizeof text, "version: 1\njournal: { key: %s }\nrules: []\n", keys[i]);
        struct config *c = load(text, CW_ERROR);
        CHECK(c == NULL);
        CHECK(has("bad-value", 2, "`journal.key`: a key is 32 random bytes"));
        done(c);
    }
    struct config *c =
        load(LOGS_IN "journal: { key: \"${secret.nothing}\" }\n"
                     "target: { awork: { token: x, oauth: { client_id: me } } }\nrules: []\n",
             CW_WARNING); /* check without the secrets */
    CHECK(c != NULL);
    CHECK(has("bad-secret", 4, "the secret `nothing` is missing"));
    done(c);
}

TEST(endpoints_are_urls)
{
    struct config *c = load("version: 1\ntarget:\n  awork:\n    token: x\n    oauth:\n"
                            "      token_url: http://example.org/token\n      redirect_uri: x\n"
                            "      authorize_url: https://example.org/authorize\nrules: []\n",
                            CW_ERROR);
    CHECK(c == NULL);
    CHECK(has("bad-value", 6, "`target.awork.oauth.token_url`: "));
    CHECK(has("unknown-key", 7, "did you mean `redirect_url`?"));
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 2);
    done(c);
}

CHECK_MAIN
