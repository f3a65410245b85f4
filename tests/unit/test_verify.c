/* Every scheme with what it accepts and what it must refuse, and the vectors of real providers. */
#include "source_kit.h"

#include <jansson.h>

#define BODY CW_TEXT("{\"event\":\"idle\"}")

/* ---- hmac ---- */

/* Well-formed, and of something else. */
static const char MAC[] = "4e0fa5cfbcd2b4ac43fcb6b4d7b4be1a2f5b3c8b6ee1a9a9fcf6f34e1b52a1c7";

static const char HMAC[] = "a: { path: /a, type: '${body.event}', verify: { hmac: sha256, "
                           "header: X-Sig, prefix: 'sha256=', secret: 0123456789abcdef0123 } }\n";

static void sign(struct kit *kit, char *out, size_t size)
{
    struct http_header *headers;
    size_t n;
    CHECK_INT(source_sign(kit->source, BODY, KIT_NOW_MS, kit->arena, &headers, &n, NULL), CW_OK);
    snprintf(out, size, "%.*s", (int)headers[n - 1].value.len, headers[n - 1].value.at);
}

static void hmac_case(const char *value, const char *again, enum source_verdict want)
{
    struct kit kit;
    kit_good(&kit, HMAC);
    kit_header(&kit, "Content-Type", "application/json");
    if (value)
        kit_header(&kit, "x-sig", value);
    if (again)
        kit_header(&kit, "X-SIG", again);
    if (!CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), want))
        fprintf(stderr, "  %s\n", value ? value : "(none)");
    CHECK_INT(kit.got.reason != NULL, want != SOURCE_EVENTS);
    kit_close(&kit);
}

TEST(hmac_forms)
{
    struct kit kit;
    char good[200], other[300];
    kit_good(&kit, HMAC);
    sign(&kit, good, sizeof good);
    kit_close(&kit);
    CHECK_INT(strlen(good), 7 + 64);
    hmac_case(good, NULL, SOURCE_EVENTS);
    hmac_case(NULL, NULL, SOURCE_DENIED);
    hmac_case("", NULL, SOURCE_DENIED);
    hmac_case("sha256=", NULL, SOURCE_DENIED);
    hmac_case(good, good, SOURCE_DENIED); /* twice */
    hmac_case(good + 7, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "sha256=%s", MAC);
    hmac_case(other, NULL, SOURCE_DENIED); /* well formed, another one */
    snprintf(other, sizeof other, "%s0", good);
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "%s00", good);
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "%s ", good);
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "%.*s", (int)strlen(good) - 2, good);
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "SHA256=%s", good + 7);
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "%s", good);
    other[20] = 'g';
    hmac_case(other, NULL, SOURCE_DENIED);
    snprintf(other, sizeof other, "%s", good);
    other[70] = other[70] == '0' ? '1' : '0';
    hmac_case(other, NULL, SOURCE_DENIED);
}

TEST(every_body_byte_counts)
{
    struct kit kit;
    char good[200], body[] = "{\"event\":\"idle\"}";
    kit_good(&kit, HMAC);
    sign(&kit, good, sizeof good);
    kit_header(&kit, "Content-Type", "application/json");
    kit_header(&kit, "X-Sig", good);
    for (size_t i = 0; i < sizeof body - 1; i++) {
        body[i] ^= 1;
        CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), SOURCE_DENIED);
        body[i] ^= 1;
    }
    CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_INT(kit_send(&kit, CW_TEXT(""), KIT_NOW_MS), SOURCE_DENIED);
    kit_close(&kit);
}

TEST(digests_and_encodings)
{
    const char *const digests[] = {"sha1", "sha256", "sha512"}, *const codes[] = {"hex", "base64"};
    for (size_t d = 0; d < 3; d++)
        for (size_t e = 0; e < 2; e++) {
            struct kit kit;
            char yaml[400], value[300];
            snprintf(yaml, sizeof yaml,
                     "a: { path: /a, type: '${body.event}', verify: { hmac: %s, header: X-Sig, "
                     "encoding: %s, secret: 0123456789abcdef0123 } }\n",
                     digests[d], codes[e]);
            kit_good(&kit, yaml);
            CHECK_INT(kit_signed(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
            CHECK_INT(kit.got.n_events, 1);
            sign(&kit, value, sizeof value);
            kit_header(&kit, "Content-Type", "application/json");
            kit_header(&kit, "X-Sig", value);
            CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
            value[3] = value[3] == 'a' ? 'b' : 'a';
            CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_DENIED);
            kit_close(&kit);
        }
}

TEST(base64_only_in_its_canonical_form)
{
    struct kit kit;
    char good[200], other[300];
    kit_good(&kit, "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, "
                   "encoding: base64, secret: 0123456789abcdef0123 } }\n");
    sign(&kit, good, sizeof good);
    CHECK_INT(strlen(good), 44);
    kit_header(&kit, "Content-Type", "application/json");
    kit_header(&kit, "X-Sig", good);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
    snprintf(other, sizeof other, "%.43s", good); /* no padding */
    kit.headers[1].value = cw_text_of(other);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_DENIED);
    snprintf(other, sizeof other, "%s", good);
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    other[42] = alphabet[(size_t)(strchr(alphabet, good[42]) - alphabet) | 1]; /* an unused bit */
    kit.headers[1].value = cw_text_of(other);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_DENIED);
    kit_close(&kit);
}

TEST(a_scheme_written_out_takes_nothing_from_the_preset)
{
    struct kit kit;
    char value[300], prefixed[400];
    kit_good(&kit, "a: { path: /a, preset: generic, verify: { hmac: sha256, header: X-Sig, "
                   "secret: 0123456789abcdef0123 } }\n");
    sign(&kit, value, sizeof value);
    kit_header(&kit, "Content-Type", "application/json");
    kit_header(&kit, "X-Sig", value);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
    snprintf(prefixed, sizeof prefixed, "sha256=%s", value);
    kit.headers[1].value = cw_text_of(prefixed);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_DENIED);
    kit_close(&kit);
}

TEST(rotation_takes_the_old_and_the_new_secret)
{
    static const char both[] = "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, "
                               "secret: [new-secret-0123456789, old-secret-0123456789] } }\n";
    const char *const secrets[] = {"new-secret-0123456789", "old-secret-0123456789",
                                   "bad-secret-0123456789"};
    for (size_t i = 0; i < 3; i++) {
        struct kit sender, kit;
        char yaml[300], value[200];
        snprintf(yaml, sizeof yaml,
                 "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, secret: %s } }\n",
                 secrets[i]);
        kit_good(&sender, yaml);
        sign(&sender, value, sizeof value);
        kit_good(&kit, both);
        kit_header(&kit, "Content-Type", "application/json");
        kit_header(&kit, "X-Sig", value);
        CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), i < 2 ? SOURCE_EVENTS : SOURCE_DENIED);
        kit_close(&kit);
        kit_close(&sender);
    }
}

TEST(timestamps)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, "
                   "secret: 0123456789abcdef0123, content: 'v0:${header.X-Time}:${body}', "
                   "time: { from: '${header.X-Time}', tolerance: 5 minutes } } }\n");
    struct http_header *headers;
    size_t n;
    CHECK_INT(source_sign(kit.source, BODY, KIT_NOW_MS, kit.arena, &headers, &n, NULL), CW_OK);
    for (size_t i = 0; i < n; i++)
        kit.headers[i] = (struct http_header){cw_text_of(strdup(kit_str(&kit, headers[i].name))),
                                              cw_text_of(strdup(kit_str(&kit, headers[i].value)))};
    kit.request.n_headers = n;
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS + 300000), SOURCE_EVENTS);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS + 300001), SOURCE_DENIED);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS - 300000), SOURCE_EVENTS);
    CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS - 300001), SOURCE_DENIED);
    for (size_t i = 0; i < n; i++) {
        free((char *)(uintptr_t)kit.headers[i].name.at);
        free((char *)(uintptr_t)kit.headers[i].value.at);
    }
    kit_close(&kit);
}

/* The time counts as it stands: digits only, not too many, there. */
TEST(odd_timestamps)
{
    static const char *const times[] = {
        "",     "-1780000000",           " 1780000000", "1780000000.0",
        "0x6A", "178000000000000000000", "1780000000a", "9999999999999"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct kit kit;
        char yaml[400], value[200];
        snprintf(yaml, sizeof yaml,
                 "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, secret: "
                 "0123456789abcdef0123 } }\n");
        kit_good(&kit, yaml);
        sign(&kit, value, sizeof value);
        kit_close(&kit);
        kit_good(&kit, "a: { path: /a, type: x, verify: { hmac: sha256, header: X-Sig, secret: "
                       "0123456789abcdef0123, time: { from: '${header.X-Time}', tolerance: "
                       "5 minutes } } }\n");
        kit_header(&kit, "Content-Type", "application/json");
        kit_header(&kit, "X-Sig", value);
        kit_header(&kit, "X-Time", times[i]);
        CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_DENIED);
        kit.headers[2].value = CW_TEXT("1780000000");
        CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), SOURCE_EVENTS);
        kit_close(&kit);
    }
}

/* Gitea signs the JSON even when it sends a form; and it may be long. */
TEST(the_field_of_a_form_is_signed)
{
    struct kit kit;
    kit_good(&kit,
             "a: { path: /a, decode: [form.payload], type: '${body.event}', id: '${body.id}', "
             "verify: { hmac: sha256, header: X-Gitea-Signature, content: "
             "'${form.payload}', secret: 0123456789abcdef } }\n");
    CHECK_INT(kit_signed(&kit, CW_TEXT("payload=%7B%22event%22%3A%22push%22%2C%22id%22%3A1%7D"),
                         KIT_NOW_MS),
              SOURCE_EVENTS);
    CHECK_INT(kit.got.events[0].n_keys, 1); /* the id is signed */
    char *body = calloc(1, 200000);
    snprintf(body, 200000,
             "payload=%%7B%%22event%%22%%3A%%22push%%22%%2C%%22x%%22%%3A%%22%*d%%22%%7D", 100000,
             1);
    for (char *c = body; *c; c++)
        *c = *c == ' ' ? '+' : *c;
    CHECK_INT(kit_signed(&kit, cw_text_of(body), KIT_NOW_MS), SOURCE_EVENTS);
    free(body);
    /* a second field of that name: nobody knows which one is meant */
    struct http_header *headers;
    size_t n;
    CHECK_INT(source_sign(kit.source, CW_TEXT("payload=%7B%7D"), KIT_NOW_MS, kit.arena, &headers,
                          &n, NULL),
              CW_OK);
    for (size_t i = 0; i < n; i++)
        kit.headers[i] = headers[i];
    kit.request.n_headers = n;
    kit.request.body = CW_TEXT("payload=%7B%7D&payload=%7B%7D");
    struct cw_arena *arena = cw_arena_create(1 << 20);
    source_receive(kit.source, kit.scratch, &kit.request, KIT_NOW_MS, arena, &kit.got);
    CHECK_INT(kit.got.verdict, SOURCE_DENIED);
    cw_arena_destroy(arena);
    kit_close(&kit);
}

/* ---- bearer, token, header, basic, none ---- */

static void plain_case(const char *verify, const char *name, const char *value, const char *query,
                       enum source_verdict want)
{
    struct kit kit;
    char yaml[400];
    snprintf(yaml, sizeof yaml, "a: { path: /a, type: '${body.event}', verify: %s }\n", verify);
    if (kit_good(&kit, yaml)) {
        kit_header(&kit, "Content-Type", "application/json");
        if (name)
            kit_header(&kit, name, value);
        kit.request.query = cw_text_of(query);
        if (!CHECK_INT(kit_send(&kit, BODY, KIT_NOW_MS), want))
            fprintf(stderr, "  %s %s: %s\n", verify, name ? name : "", value ? value : "");
    }
    kit_close(&kit);
}

TEST(bearer)
{
    static const char v[] = "{ bearer: 0123456789abcdef }";
    plain_case(v, "Authorization", "Bearer 0123456789abcdef", NULL, SOURCE_EVENTS);
    plain_case(v, "authorization", "bearer  0123456789abcdef", NULL, SOURCE_EVENTS);
    plain_case(v, NULL, NULL, NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer ", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "0123456789abcdef", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Basic 0123456789abcdef", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer 0123456789abcde", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer 0123456789abcdef0", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer 0123456789ABCDEF", NULL, SOURCE_DENIED);
    plain_case(v, "X-Authorization", "Bearer 0123456789abcdef", NULL, SOURCE_DENIED);
    plain_case("{ bearer: [first-0123456789, 0123456789abcdef] }", "Authorization",
               "Bearer 0123456789abcdef", NULL, SOURCE_EVENTS);
}

TEST(tokens)
{
    static const char header[] = "{ token: 0123456789abcdef, from: '${header.X-Gitlab-Token}' }";
    static const char query[] = "{ token: 0123456789abcdef, from: '${query.token}' }";
    static const char same[] = "{ header: X-Key, equals: 0123456789abcdef }";
    plain_case(header, "X-Gitlab-Token", "0123456789abcdef", NULL, SOURCE_EVENTS);
    plain_case(header, "X-Gitlab-Token", "0123456789abcde", NULL, SOURCE_DENIED);
    plain_case(header, NULL, NULL, NULL, SOURCE_DENIED);
    plain_case(query, NULL, NULL, "token=0123456789abcdef", SOURCE_EVENTS);
    plain_case(query, NULL, NULL, "a=b&token=%30123456789abcdef", SOURCE_EVENTS);
    plain_case(query, NULL, NULL, "token=0123456789abcdef&token=0123456789abcdef", SOURCE_DENIED);
    plain_case(query, NULL, NULL, "token=0123456789abcdef&x=%zz", SOURCE_DENIED);
    plain_case(query, NULL, NULL, "", SOURCE_DENIED);
    plain_case(same, "X-Key", "0123456789abcdef", NULL, SOURCE_EVENTS);
    plain_case(same, "X-Key", "0123456789abcdeF", NULL, SOURCE_DENIED);
    plain_case(same, "X-Other", "0123456789abcdef", NULL, SOURCE_DENIED);
}

TEST(basic_and_none)
{
    static const char v[] = "{ basic: 'svc-hook:azdo-test-password' }";
    plain_case(v, "Authorization", "Basic c3ZjLWhvb2s6YXpkby10ZXN0LXBhc3N3b3Jk", NULL,
               SOURCE_EVENTS);
    plain_case(v, "Authorization", "Basic c3ZjLWhvb2s6YXpkby10ZXN0LXBhc3N3b3JX", NULL,
               SOURCE_DENIED);
    plain_case(v, "Authorization", "Basic ????", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "svc-hook:azdo-test-password", NULL, SOURCE_DENIED);
    plain_case(v, NULL, NULL, NULL, SOURCE_DENIED);
    plain_case("none", NULL, NULL, NULL, SOURCE_EVENTS);
}

TEST(any_one_scheme_suffices)
{
    static const char v[] = "[{ bearer: 0123456789abcdef }, "
                            "{ token: fedcba9876543210, from: '${header.X-Token}' }]";
    plain_case(v, "Authorization", "Bearer 0123456789abcdef", NULL, SOURCE_EVENTS);
    plain_case(v, "X-Token", "fedcba9876543210", NULL, SOURCE_EVENTS);
    plain_case(v, "X-Token", "0123456789abcdef", NULL, SOURCE_DENIED);
    plain_case(v, "Authorization", "Bearer fedcba9876543210", NULL, SOURCE_DENIED);
}

/* ---- The vectors of real providers, each scheme written in YAML ---- */

static const struct {
    const char *source, *scheme, *verify; /* %s: the secret as a quoted YAML text */
} providers[] = {
    {"github", NULL,
     "{ hmac: sha256, header: X-Hub-Signature-256, prefix: 'sha256=', secret: %s }"},
    {"bitbucket", NULL, "{ hmac: sha256, header: X-Hub-Signature, prefix: 'sha256=', secret: %s }"},
    {"jira", NULL, "{ hmac: sha256, header: X-Hub-Signature, prefix: 'sha256=', secret: %s }"},
    {"gitea", NULL, "{ hmac: sha256, header: X-Gitea-Signature, secret: %s }"},
    {"gitlab", "token", "{ token: %s, from: '${header.X-Gitlab-Token}' }"},
    {"gitlab", "signing",
     "{ hmac: sha256, header: webhook-signature, encoding: base64, key_encoding: whsec, list: { "
     "separator: ' ', version: 'v1,' }, content: "
     "'${header.webhook-id}.${header.webhook-timestamp}.${body}', time: { from: "
     "'${header.webhook-timestamp}', tolerance: 300 seconds }, secret: %s }"},
    {"standardwebhooks", NULL,
     "[{ hmac: sha256, header: webhook-signature, encoding: base64, key_encoding: whsec, list: { "
     "separator: ' ', version: 'v1,' }, content: "
     "'${header.webhook-id}.${header.webhook-timestamp}.${body}', time: { from: "
     "'${header.webhook-timestamp}', tolerance: 300 seconds }, secret: %s }, { hmac: sha256, "
     "header: svix-signature, encoding: base64, key_encoding: whsec, list: { separator: ' ', "
     "version: 'v1,' }, content: '${header.svix-id}.${header.svix-timestamp}.${body}', time: { "
     "from: '${header.svix-timestamp}', tolerance: 300 seconds }, secret: %s }]"},
    {"slack", NULL,
     "{ hmac: sha256, header: X-Slack-Signature, prefix: 'v0=', content: "
     "'v0:${header.X-Slack-Request-Timestamp}:${body}', time: { from: "
     "'${header.X-Slack-Request-Timestamp}', tolerance: 300 seconds }, secret: %s }"},
    {"zoom", NULL,
     "{ hmac: sha256, header: x-zm-signature, prefix: 'v0=', content: "
     "'v0:${header.x-zm-request-timestamp}:${body}', time: { from: "
     "'${header.x-zm-request-timestamp}', tolerance: 300 seconds }, secret: %s }"},
    {"calcom", NULL, "{ hmac: sha256, header: X-Cal-Signature-256, secret: %s }"},
    {"calendly", NULL,
     "{ hmac: sha256, header: Calendly-Webhook-Signature, list: { separator: ',', version: 'v1=' "
     "}, content: '${sig.t}.${body}', time: { from: '${sig.t}', tolerance: 180 seconds }, secret: "
     "%s }"},
    {"stripe", NULL,
     "{ hmac: sha256, header: Stripe-Signature, list: { separator: ',', version: 'v1=' }, content: "
     "'${sig.t}.${body}', time: { from: '${sig.t}', tolerance: 300 seconds }, secret: %s }"},
    {"msteams", NULL,
     "{ hmac: sha256, header: Authorization, prefix: 'HMAC ', encoding: base64, key_encoding: "
     "base64, secret: %s }"},
    {"grafana", NULL, "{ hmac: sha256, header: X-Grafana-Alerting-Signature, secret: %s }"},
    {"grafana-time", NULL,
     "{ hmac: sha256, header: X-Grafana-Alerting-Signature, content: "
     "'${header.X-Grafana-Alerting-Timestamp}:${body}', time: { from: "
     "'${header.X-Grafana-Alerting-Timestamp}', tolerance: 300 seconds }, secret: %s }"},
    {"sentry", NULL,
     "{ hmac: sha256, header: [Sentry-Hook-Signature, Sentry-App-Signature], secret: %s }"},
    {"linear", NULL,
     "{ hmac: sha256, header: Linear-Signature, time: { from: '${body.webhookTimestamp}', unit: "
     "ms, tolerance: 60 seconds }, secret: %s }"},
    {"trello", NULL,
     "{ hmac: sha1, header: X-Trello-Webhook, encoding: base64, content: "
     "'${body}https://bridge.example.com/hooks/trello', secret: %s }"},
    {"asana", NULL, "{ hmac: sha256, header: X-Hook-Signature, secret: %s }"},
    {"nextcloud-talk", NULL,
     "{ hmac: sha256, header: X-Nextcloud-Talk-Signature, content: "
     "'${header.X-Nextcloud-Talk-Random}${body}', secret: %s }"},
    {"mattermost", "body token", "{ token: %s, from: '${body.token}' }"},
    {"mattermost", NULL,
     "[{ token: %s, from: '${header.Authorization}' }, { token: %s, from: "
     "'${form.token}' }]"},
    {"telegram", NULL, "{ token: %s, from: '${header.X-Telegram-Bot-Api-Secret-Token}' }"},
    {"azuredevops", NULL, "{ basic: %s }"},
    {"hmac-sha256-raw", NULL,
     "{ hmac: sha256, header: signature_hex, key_encoding: hex, secret: %s }"},
    {"hmac-sha1-raw", NULL, "{ hmac: sha1, header: signature_hex, key_encoding: hex, secret: %s }"},
};

static const char *verify_of(json_t *vector)
{
    const char *source = json_string_value(json_object_get(vector, "source"));
    const char *scheme = json_string_value(json_object_get(vector, "scheme"));
    const char *secret = json_string_value(json_object_get(vector, "secret"));
    if (json_object_get(vector, "timestamp_header"))
        source = "grafana-time";
    if (strncmp(secret, "whpk_", 5) == 0) /* Ed25519 */
        return NULL;
    for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++)
        if (strcmp(providers[i].source, source) == 0 &&
            (!providers[i].scheme || (scheme && strcmp(providers[i].scheme, scheme) == 0)))
            return providers[i].verify;
    return NULL;
}

static void fill(char *out, size_t size, const char *pattern, const char *secret)
{
    size_t n = (size_t)snprintf(out, size, "a: { path: /a, type: x, verify: ");
    if (strncmp(secret, "hex:", 4) == 0)
        secret += 4;
    for (const char *p = pattern; *p; p++) {
        if (p[0] != '%') {
            out[n++] = *p;
            continue;
        }
        out[n++] = '\'';
        for (const char *s = secret; *s; s++) {
            out[n++] = *s;
            if (*s == '\'')
                out[n++] = '\'';
        }
        out[n++] = '\'';
        p++;
    }
    snprintf(out + n, size - n, " }\n");
}

static void run_vector(json_t *vector, const char *pattern)
{
    struct kit kit;
    char yaml[3000];
    const char *name;
    json_t *value, *headers = json_object_get(vector, "headers");
    json_t *body = json_object_get(vector, "body");
    bool typed = false;
    fill(yaml, sizeof yaml, pattern, json_string_value(json_object_get(vector, "secret")));
    if (!kit_good(&kit, yaml))
        return;
    json_object_foreach(headers, name, value)
    {
        kit_header(&kit, name, json_string_value(value));
        typed = typed || strcmp(name, "Content-Type") == 0;
    }
    if (!typed)
        kit_header(&kit, "Content-Type", "application/json");
    kit_send(&kit, (struct cw_text){json_string_value(body), json_string_length(body)},
             json_integer_value(json_object_get(vector, "now")) * 1000);
    /* Genuine is all that counts: "Hello, World!" is refused, but as what it is. */
    if (!CHECK_INT(kit.got.verdict != SOURCE_DENIED,
                   json_is_true(json_object_get(vector, "valid"))))
        fprintf(stderr, "  vector %s/%s: %s\n",
                json_string_value(json_object_get(vector, "source")),
                json_string_value(json_object_get(vector, "name")),
                kit.got.reason ? kit.got.reason : "");
    kit_close(&kit);
}

TEST(vectors)
{
    const char *path = check_shared("fixtures/vectors.json");
    if (!path) {
        printf("vectors: skipped, ../shared/fixtures is not here\n");
        return;
    }
    json_t *all = json_load_file(path, 0, NULL), *vector;
    size_t i, run = 0, later = 0;
    CHECK(json_is_array(all));
    json_array_foreach(all, i, vector)
    {
        /* the older Mattermost token comes after its scheme word */
        const char *pattern = verify_of(vector);
        later += !pattern;
        run += pattern != NULL;
        if (pattern)
            run_vector(vector, pattern);
    }
    printf("vectors: %zu run, %zu of schemes that this build has not got\n", run, later);
    CHECK(run >= 60);
    json_decref(all);
}

CHECK_MAIN
