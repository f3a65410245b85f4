/* Sources: what may be written, how bodies are read, what an event is known by. */
#include "source_kit.h"

#include <unistd.h>

#define OPEN_SOURCE "a: { path: /a, verify: none, type: '${body.event}'"

/* ---- What may be written ---- */

static void refused(const char *yaml, const char *code, const char *part)
{
    struct kit kit;
    char want[100];
    kit_open(&kit, yaml);
    snprintf(want, sizeof want, "error[%s]", code);
    bool all = CHECK(kit.source == NULL);
    all = CHECK(strstr(kit.text, want) != NULL) && all;
    all = CHECK(strstr(kit.text, part) != NULL) && all;
    if (!all)
        fprintf(stderr, "%s\nwanted %s ... %s\n%s", yaml, code, part, kit.text);
    kit_close(&kit);
}

TEST(a_preset_that_is_not_here_is_one_fault)
{
    struct kit kit;
    kit_open(&kit, "a: { path: /a, preset: rocketchat, verify: { token: 0123456789abcdef } }");
    CHECK(strstr(kit.text, "error[not-in-this-build]") != NULL);
    CHECK(strstr(kit.text, "missing-key") == NULL);
    kit_close(&kit);
}

TEST(faults_have_a_place)
{
    refused("a: { path: /a, verify: none, tipe: '${body.x}' }", "unknown-key", "type");
    refused("a: { verify: none, type: x }", "missing-key", "test.yaml:1:1: error");
    refused("a: { path: hooks, verify: none, type: x }", "bad-value", "begins with /");
    refused("a: { path: '/a b', verify: none, type: x }", "bad-value", "test.yaml:1:12:");
    refused("a: { path: '/a/{name}', verify: none, type: x }", "not-in-this-build", "{name}");
    refused("A: { path: /a, verify: none, type: x }", "bad-name", "[a-z][a-z0-9_]*");
    refused("timer: { path: /a, verify: none, type: x }", "bad-name", "timer");
    refused("clock: { path: /a, verify: none, type: x }", "bad-name", "clock");
    refused("calendar: { path: /a, verify: none, preset: github }", "bad-name", "family");
    refused("a: { path: /a, type: x }", "missing-key", "verify");
    refused("a: { path: /a, verify: none }", "missing-key", "`type` is missing");
    refused("a: [1, 2]", "wrong-kind", "mapping");
    refused(OPEN_SOURCE ", methods: [post] }", "bad-value", "method");
    refused(OPEN_SOURCE ", decode: yaml }", "bad-value", "decoder");
    refused(OPEN_SOURCE ", dedupe: { within: 1 day } }", "missing-key", "key");
    refused(OPEN_SOURCE ", dedupe: { key: x, within: soon } }", "bad-duration", "");
    refused(OPEN_SOURCE ", ack: { status: 404 } }", "bad-value", "200 to 299");
    refused(OPEN_SOURCE ", headers: [Authorization] }", "bad-value", "rules may see");
    refused(OPEN_SOURCE ", fields: { Bad: x } }", "bad-name", "fields");
    refused(OPEN_SOURCE ", types: { X: Bad } }", "bad-name", "types");
    refused(OPEN_SOURCE ", batch: 'a[' }", "bad-path", "");
    refused(OPEN_SOURCE ", user: { all: ['${body.x}'], map: { a: b } } }", "missing-key", "all");
}

TEST(faults_in_templates_point_into_them)
{
    refused("a:\n  path: /a\n  verify: none\n  type: ${bodi.x}\n", "bad-template", "body");
    refused("a:\n  path: /a\n  verify: none\n  type: ab${body.x\n", "bad-template",
            "test.yaml:4:11:");
    refused("a:\n  path: /a\n  verify: none\n  type: 'ab${body.x'\n", "bad-template",
            "test.yaml:4:12:");
    refused("a:\n  path: /a\n  verify: none\n  type: ${event.x}\n", "bad-template", "event");
    refused("a:\n  path: /a\n  verify: none\n  type: '${body.x | date: \"%Q\"}'\n", "bad-template",
            "date");
}

TEST(faults_in_verify)
{
#define V "a: { path: /a, type: x, verify: "
    refused(V "{ hmac: md5, header: X, secret: 0123456789abcdef } }", "bad-value", "md5");
    refused(V "{ hmac: sha256, secret: 0123456789abcdef } }", "missing-key", "header");
    refused(V "{ hmac: sha256, header: X } }", "missing-key", "secret");
    refused(V "{ hmac: sha256, header: 'X Y', secret: 0123456789abcdef } }", "bad-value", "header");
    refused(V "{ hmac: sha256, header: X, secret: '' } }", "bad-secret", "empty");
    refused(V "{ hmac: sha256, header: X, secret: [] } }", "bad-value", "one to 8");
    refused(V "{ hmac: sha256, header: X, encodin: hex, secret: 0123456789abcdef } }",
            "unknown-key", "encoding");
    refused(V "{ hmac: sha256, header: X, key_encoding: base64, secret: '!!!!' } }", "bad-secret",
            "key_encoding");
    refused(V "{ hmac: sha256, header: X, secret: 0123456789abcdef, content: '${bdy}' } }",
            "bad-template", "body");
    refused(V "{ hmac: sha256, header: X, secret: 0123456789abcdef, content: '' } }", "bad-value",
            "nothing");
    refused(V "{ hmac: sha256, header: X, secret: 0123456789abcdef, time: { from: x } } }",
            "missing-key", "tolerance");
    refused(V "{ hmac: sha256, header: X, secret: '${secret.nowhere}' } }", "bad-secret",
            "`nowhere` is missing");
    refused(V "{ bearer: x, basic: 'a:b' } }", "bad-value", "two schemes");
    refused(V "{ secret: 0123456789abcdef } }", "missing-key", "preset");
    refused(V "{ token: 0123456789abcdef } }", "missing-key", "from");
    refused(V "{ basic: 0123456789abcdef } }", "bad-secret", "USER:PASSWORD");
    refused(V "{ jwt: {} } }", "not-in-this-build",
            "`jwt` is in the grammar, but this build has not got it");
    refused(V "{ ed25519: {} } }", "not-in-this-build", "`ed25519` is in the grammar");
    refused(V "[] }", "bad-value", "empty list");
    refused(V "nothing }", "wrong-kind", "scheme");
    refused(V "[none] }", "wrong-kind", "scheme");
}

TEST(what_this_build_has_not_got)
{
    refused("a: { path: /a, preset: gitlab, verify: none }", "not-in-this-build",
            "`gitlab` is in the grammar, but this build has not got it");
    refused("a: { path: /a, preset: githup, verify: none }", "bad-value", "github");
    refused(OPEN_SOURCE ", allow: [10.0.0.0/8] }", "not-in-this-build", "allow");
    refused(OPEN_SOURCE ", decode: cloudevents }", "not-in-this-build", "cloudevents");
    refused(OPEN_SOURCE ", challenge: [{ when: x, is: y, verified: false }] }", "not-in-this-build",
            "verified");
}

TEST(several_faults_at_once)
{
    struct kit kit;
    kit_open(&kit, "a:\n  path: x\n  tipe: y\n  verify: { hmac: md5, header: X }\n");
    CHECK_INT(cw_diags_count(kit.diags, CW_ERROR), 5); /* path, tipe, md5, secret, type */
    kit_close(&kit);
}

TEST(a_missing_secret_may_be_a_warning)
{
    struct kit kit;
    memset(&kit, 0, sizeof kit);
    const char *yaml = "a: { path: /a, type: x, verify: { bearer: '${secret.nowhere}' } }\n";
    struct cw_diags *diags = cw_diags_create();
    struct secrets *secrets = secrets_create("/nonexistent");
    struct cw_doc *doc;
    struct source *source = NULL;
    const struct source_deps deps = {secrets, diags, CW_WARNING, NULL};
    CHECK_INT(cw_doc_parse("t", cw_text_of(yaml), NULL, diags, &doc), CW_OK);
    CHECK_INT(source_compile(cw_node_key(cw_doc_root(doc), 0), cw_node_value(cw_doc_root(doc), 0),
                             &deps, &source),
              CW_OK);
    CHECK_INT(cw_diags_count(diags, CW_WARNING), 1);
    struct source_scratch *scratch = source_scratch_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    const struct http_header headers[] = {{CW_TEXT("Authorization"), CW_TEXT("Bearer ")}};
    const struct http_request request = {
        .method = CW_TEXT("POST"), .headers = headers, .n_headers = 1};
    struct source_delivery got;
    source_receive(source, scratch, &request, KIT_NOW_MS, arena, &got);
    CHECK_INT(got.verdict, SOURCE_DENIED); /* without its secret it believes nobody */
    cw_arena_destroy(arena);
    source_scratch_destroy(scratch);
    source_destroy(source);
    source_destroy(NULL);
    cw_doc_destroy(doc);
    secrets_destroy(secrets);
    cw_diags_destroy(diags);
}

/* `a: { path: /a, preset: NAME, verify: none }` with a folder of presets. */
static bool from_folder(const char *folder, const char *preset, char **text)
{
    char yaml[100];
    struct cw_diags *diags = cw_diags_create();
    struct secrets *secrets = secrets_create("/nonexistent");
    struct cw_doc *doc;
    struct source *source = NULL;
    const struct source_deps deps = {secrets, diags, CW_ERROR, folder};
    snprintf(yaml, sizeof yaml, "a: { path: /a, preset: %s, verify: none }\n", preset);
    if (cw_doc_parse("t", cw_text_of(yaml), NULL, diags, &doc))
        exit(1);
    bool good = source_compile(cw_node_key(cw_doc_root(doc), 0), cw_node_value(cw_doc_root(doc), 0),
                               &deps, &source) == CW_OK;
    *text = cw_diags_render(diags, false);
    source_destroy(source);
    cw_doc_destroy(doc);
    secrets_destroy(secrets);
    cw_diags_destroy(diags);
    return good;
}

TEST(presets_of_a_folder)
{
    static const struct {
        const char *name, *yaml, *part; /* part NULL: it is good */
    } rows[] = {{"mine", "type: '${body.t}'\nfamily: chat\n", NULL},
                {"github", "type: '${body.mine}'\n", NULL}, /* instead of the built-in one */
                {"bad", "tipe: x\n", "preset bad:1:1: error[unknown-key]"},
                {"broken", "type: [\n", "preset broken:"},
                {"nowhere", NULL, "there is no preset `nowhere`"},
                {"../mine", NULL, "there is no preset"}};
    char folder[] = "/tmp/cw-presets-XXXXXX", path[100], *text;
    if (!mkdtemp(folder))
        exit(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(path, sizeof path, "%s/%s.yaml", folder, rows[i].name);
        FILE *f = rows[i].yaml ? fopen(path, "w") : NULL;
        if (f) {
            fputs(rows[i].yaml, f);
            fclose(f);
        }
        CHECK_INT(from_folder(folder, rows[i].name, &text), rows[i].part == NULL);
        if (!CHECK(!rows[i].part || strstr(text, rows[i].part)))
            fprintf(stderr, "%s", text);
        free(text);
        if (f)
            unlink(path);
    }
    rmdir(folder);
}

TEST(short_secrets_are_warned_about)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, type: x, verify: { bearer: 0123456789abcde } }");
    CHECK(strstr(kit.text, "warning[weak-secret]") != NULL);
    kit_close(&kit);
    kit_good(&kit, "a: { path: /a, type: x, verify: { bearer: 0123456789abcdef } }");
    CHECK_STR(kit.text, "");
    kit_close(&kit);
}

TEST(what_a_source_says_of_itself)
{
    struct kit kit;
    kit_good(&kit, "git: { path: /hooks/git, preset: github, methods: [GET, POST], verify: { "
                   "secret: 0123456789abcdef } }");
    CHECK_STR(source_name(kit.source), "git");
    CHECK_STR(source_path(kit.source), "/hooks/git");
    CHECK_STR(source_family(kit.source), "git");
    CHECK(source_types(kit.source) == NULL);
    CHECK_STR(source_allow(kit.source), "GET, POST");
    CHECK(source_takes(kit.source, CW_TEXT("GET")));
    CHECK(!source_takes(kit.source, CW_TEXT("get")));
    CHECK(!source_takes(kit.source, CW_TEXT("PUT")));
    CHECK_INT(source_body_limit(kit.source, 1000), 25 * 1024 * 1024);
    kit_close(&kit);
    kit_good(&kit, OPEN_SOURCE " }");
    CHECK(source_family(kit.source) == NULL);
    CHECK_STR(source_allow(kit.source), "POST");
    CHECK_INT(source_body_limit(kit.source, 1000), 1000);
    kit_close(&kit);
    kit_good(&kit, "c: { path: /c, preset: calcom, verify: none, types: { X: extra } }");
    const char *const *types = source_types(kit.source);
    bool extra = false, created = false;
    for (size_t i = 0; types && types[i]; i++) {
        extra = extra || strcmp(types[i], "extra") == 0;
        created = created || strcmp(types[i], "created") == 0;
    }
    CHECK(extra && created);
    kit_close(&kit);
}

/* ---- Bodies ---- */

static void body_case(const char *more, const char *type, const char *body,
                      enum source_verdict want, const char *event_type)
{
    struct kit kit;
    char yaml[400];
    snprintf(yaml, sizeof yaml, OPEN_SOURCE "%s }", more);
    if (kit_good(&kit, yaml)) {
        if (type)
            kit_header(&kit, "Content-Type", type);
        bool good = CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), want);
        if (want == SOURCE_EVENTS && good)
            good = CHECK_INT(kit.got.n_events, 1) &&
                   CHECK_STR(kit_str(&kit, kit.got.events[0].event.type), event_type);
        if (want == SOURCE_REFUSED)
            good = CHECK_INT(kit.got.answer.status, 400) && CHECK(kit.got.reason != NULL) &&
                   CHECK(strstr(kit.got.reason, event_type) != NULL) && good;
        if (!good)
            fprintf(stderr, "  %s: %s: %s\n", type ? type : "(none)", body,
                    kit.got.reason ? kit.got.reason : "");
    }
    kit_close(&kit);
}

TEST(content_types)
{
    static const char json[] = "{\"event\":\"idle\"}", form[] = "event=idle&x=1";
    body_case("", "application/json", json, SOURCE_EVENTS, "idle");
    body_case("", "APPLICATION/Json", json, SOURCE_EVENTS, "idle");
    body_case("", "application/json; utf-8", json, SOURCE_EVENTS, "idle");
    body_case("", "application/json ;;=\"", json, SOURCE_EVENTS, "idle");
    body_case("", "application/vnd.x+json;v=1", json, SOURCE_EVENTS, "idle");
    body_case("", "application/x-www-form-urlencoded", form, SOURCE_EVENTS, "idle");
    body_case("", "application/x-ndjson", json, SOURCE_EVENTS, "idle");
    body_case("", NULL, json, SOURCE_REFUSED, "no Content-Type");
    body_case("", "", json, SOURCE_REFUSED, "Content-Type");
    body_case("", "text/plain", json, SOURCE_REFUSED, "Content-Type");
    body_case("", "application/jsonx", json, SOURCE_REFUSED, "Content-Type");
    body_case(", decode: json", "application/x-www-form-urlencoded", form, SOURCE_REFUSED,
              "Content-Type");
    body_case(", decode: [form.payload]", "application/x-www-form-urlencoded",
              "payload=%7B%22event%22%3A%22idle%22%7D", SOURCE_EVENTS, "idle");
    body_case(", decode: [form.payload]", "application/x-www-form-urlencoded", form, SOURCE_REFUSED,
              "payload");
    body_case(", decode: [form.payload]", "application/x-www-form-urlencoded",
              "payload=1&payload=2", SOURCE_REFUSED, "several");
}

TEST(bodies_that_cannot_be_read)
{
    body_case("", "application/json", "", SOURCE_REFUSED, "empty");
    body_case("", "application/json", "{\"event\":\"idle\"", SOURCE_REFUSED, "JSON");
    body_case("", "application/json", "{\"event\":\"idle\"} x", SOURCE_REFUSED, "JSON");
    body_case("", "application/json", "[]", SOURCE_REFUSED, "names no event type");
    body_case("", "application/json", "\"idle\"", SOURCE_REFUSED, "neither an object");
    body_case("", "application/json", "{\"event\":\"idle\",\"event\":\"active\"}", SOURCE_REFUSED,
              "twice");
    body_case("", "application/json", "{\"event\":\"idle\",\"a\":\"\\udc00\"}", SOURCE_REFUSED,
              "surrogate");
    body_case("", "application/json", "{\"event\":null}", SOURCE_REFUSED, "names no event type");
    body_case("", "application/json", "{\"event\":{}}", SOURCE_REFUSED, "names no event type");
    body_case("", "application/json", "{\"event\":\"...\"}", SOURCE_REFUSED, "no event type");
    body_case("", "application/x-www-form-urlencoded", "event=%zz", SOURCE_REFUSED, "form");
    body_case("", "application/x-www-form-urlencoded", "New booking: 30min", SOURCE_REFUSED,
              "form");
    body_case("", "application/x-ndjson", "{\"event\":\"idle\"}\nx\n", SOURCE_REFUSED, "line 2");
    /* lines that would only be JSON together */
    body_case("", "application/x-ndjson", "{\"event\":\"idle\"},{\"event\":[1\n2]}", SOURCE_REFUSED,
              "line 1");
    body_case("", "application/x-ndjson", "{\"event\":[1\n2]}", SOURCE_REFUSED, "line 1");
}

TEST(types_become_words)
{
    body_case("", "application/json", "{\"event\":\"Merge Request / Opened!\"}", SOURCE_EVENTS,
              "merge_request_opened");
    body_case("", "application/json", "{\"event\":42}", SOURCE_EVENTS, "x42");
    body_case("", "application/json", "{\"event\":\"repo:push\"}", SOURCE_EVENTS, "repo_push");
    body_case(", types: { 'repo:push': push }", "application/json", "{\"event\":\"repo:push\"}",
              SOURCE_EVENTS, "push");
}

TEST(forms_become_objects)
{
    struct kit kit;
    kit_good(&kit, OPEN_SOURCE ", fields: { x: '${body.x}', all: '${body.y}', q: '${form.q}' } }");
    kit_header(&kit, "Content-Type", "application/x-www-form-urlencoded");
    kit_send(&kit, CW_TEXT("event=idle&x=%22%5C%0A%C3%A4&y=1&y=2&q=a+b"), KIT_NOW_MS);
    CHECK_STR(kit_field(&kit, 0, "x"), "\"\\\n\xC3\xA4");
    CHECK_STR(kit_field(&kit, 0, "all"), "[\"1\",\"2\"]");
    CHECK_STR(kit_field(&kit, 0, "q"), "a b");
    kit_close(&kit);
}

TEST(encoded_bodies_are_refused_once_genuine)
{
    struct kit kit;
    kit_good(&kit, OPEN_SOURCE " }");
    kit_header(&kit, "Content-Type", "application/json");
    kit_header(&kit, "Content-Encoding", "identity");
    CHECK_INT(kit_send(&kit, CW_TEXT("{\"event\":\"x\"}"), KIT_NOW_MS), SOURCE_EVENTS);
    kit.headers[1].value = CW_TEXT("gzip");
    CHECK_INT(kit_send(&kit, CW_TEXT("{\"event\":\"x\"}"), KIT_NOW_MS), SOURCE_REFUSED);
    CHECK_INT(kit.got.answer.status, 415);
    kit_close(&kit);
    kit_good(&kit, "a: { path: /a, type: x, verify: { bearer: 0123456789abcdef } }");
    kit_header(&kit, "Content-Encoding", "gzip");
    CHECK_INT(kit_send(&kit, CW_TEXT("{}"), KIT_NOW_MS), SOURCE_DENIED);
    kit_close(&kit);
}

TEST(queries_without_a_body)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, verify: none, methods: [GET], type: '${query.event}' }");
    kit.request.method = CW_TEXT("GET");
    kit.request.query = CW_TEXT("event=Idle+Now&x=1");
    CHECK_INT(kit_send(&kit, CW_TEXT(""), KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.type), "idle_now");
    kit.request.query = CW_TEXT("event=%ff");
    CHECK_INT(kit_send(&kit, CW_TEXT(""), KIT_NOW_MS), SOURCE_REFUSED);
    kit_close(&kit);
}

/* ---- Batches, probes, extraction ---- */

TEST(batches)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, verify: none, batch: events, type: '${item.type}', id: "
                   "'${item.id}', fields: { host: '${body.host}' } }");
    kit_header(&kit, "Content-Type", "application/json");
    kit_send(&kit,
             CW_TEXT("{\"host\":\"h\",\"events\":[{\"type\":\"a\",\"id\":7},{\"no\":1},"
                     "{\"type\":\"b\"}]}"),
             KIT_NOW_MS);
    CHECK_INT(kit.got.verdict, SOURCE_EVENTS);
    CHECK_INT(kit.got.n_events, 2); /* the bad one is dropped alone */
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), "7");
    CHECK_STR(kit_str(&kit, kit.got.events[1].event.type), "b");
    CHECK_STR(kit_field(&kit, 1, "host"), "h");
    CHECK_INT(kit_send(&kit, CW_TEXT("{\"events\":[]}"), KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_INT(kit.got.n_events, 0);
    CHECK_INT(kit_send(&kit, CW_TEXT("{\"events\":{}}"), KIT_NOW_MS), SOURCE_REFUSED);
    CHECK_INT(kit_send(&kit, CW_TEXT("{\"events\":[1,2]}"), KIT_NOW_MS), SOURCE_REFUSED);
    char *many = calloc(1, 4000);
    size_t head = (size_t)snprintf(many, 4000, "{\"events\":[1");
    for (size_t i = 0; i < 1000; i++)
        memcpy(many + head + 2 * i, ",1", 2);
    memcpy(many + head + 2000, "]}", 3);
    CHECK_INT(kit_send(&kit, cw_text_of(many), KIT_NOW_MS), SOURCE_REFUSED);
    CHECK(strstr(kit.got.reason, "1,000") != NULL);
    free(many);
    kit_close(&kit);
}

TEST(probes_are_answered)
{
    struct kit kit;
    kit_good(&kit, OPEN_SOURCE ", ack: { status: 200, body: ok }, challenge: [{ when: "
                               "'${body.type}', is: url_verification, reply: { status: 200, type: "
                               "text/plain, body: '${body.challenge}' } }] }");
    kit_header(&kit, "Content-Type", "application/json");
    kit_send(&kit, CW_TEXT("{\"type\":\"url_verification\",\"challenge\":\"3eZb\"}"), KIT_NOW_MS);
    CHECK_INT(kit.got.verdict, SOURCE_ANSWER);
    CHECK_INT(kit.got.answer.status, 200);
    CHECK_STR(kit.got.answer.type, "text/plain");
    CHECK_STR(kit_str(&kit, kit.got.answer.body), "3eZb");
    kit_send(&kit, CW_TEXT("{\"type\":\"other\",\"event\":\"x\"}"), KIT_NOW_MS);
    CHECK_INT(kit.got.verdict, SOURCE_EVENTS);
    CHECK_STR(kit_str(&kit, kit.got.answer.body), "ok");
    kit_close(&kit);
}

TEST(extraction)
{
    struct kit kit;
    kit_good(&kit,
             OPEN_SOURCE ", headers: [X-Seen], fields: { one: ['${body.a}', '${body.b}'], many: { "
                         "all: ['${body.l[*].x}', ['${body.a}', '${body.b}']] }, word: { first: "
                         "'${body.b}', map: { B: bee } }, ref: { take: '${body.ref}', after: "
                         "refs/heads/ }, src: '${source.name}' }, user: 'k:${body.who}' }");
    kit_header(&kit, "Content-Type", "application/json");
    kit_header(&kit, "x-seen", "yes");
    kit_send(&kit,
             CW_TEXT("{\"event\":\"e\",\"a\":\"\",\"b\":\"B\",\"l\":[{\"x\":1},{\"x\":\"2\"}],"
                     "\"ref\":\"refs/heads/feat/x\",\"who\":\"ada\"}"),
             KIT_NOW_MS);
    CHECK_STR(kit_field(&kit, 0, "one"), "B");
    CHECK_STR(kit_field(&kit, 0, "many"), "[1,\"2\",\"B\"]");
    CHECK_STR(kit_field(&kit, 0, "word"), "bee");
    CHECK_STR(kit_field(&kit, 0, "ref"), "feat/x");
    CHECK_STR(kit_field(&kit, 0, "src"), "a");
    CHECK_STR(kit_user(&kit, 0), "k:ada");
    CHECK_INT(kit.got.events[0].event.n_headers, 1);
    kit_send(&kit, CW_TEXT("{\"event\":\"e\",\"ref\":\"refs/tags/v1\",\"b\":null}"), KIT_NOW_MS);
    CHECK_STR(kit_field(&kit, 0, "one"), "");
    CHECK_STR(kit_field(&kit, 0, "many"), "");
    CHECK_STR(kit_field(&kit, 0, "ref"), "");
    CHECK_STR(kit_user(&kit, 0), "");
    CHECK_INT(kit.got.events[0].event.n_fields, 1);
    kit_close(&kit);
}

/* ---- What an event is known by ---- */

static const char *key(struct kit *kit, size_t i)
{
    if (!kit->got.n_events || i >= kit->got.events[0].n_keys)
        return "";
    return kit_str(kit, kit->got.events[0].keys[i]);
}

TEST(keys_of_signed_deliveries)
{
    struct kit kit;
    /* an id in the body is signed: it alone */
    kit_good(&kit, "a: { path: /a, type: x, id: '${body.id}', verify: { hmac: sha256, header: S, "
                   "secret: 0123456789abcdef } }");
    CHECK_INT(kit_signed(&kit, CW_TEXT("{\"id\":5}"), KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_STR(key(&kit, 0), "id:5");
    CHECK_INT(kit.got.events[0].n_keys, 1);
    /* without one: the hash, for ever */
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS);
    CHECK_STR(key(&kit, 0), "sha:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), key(&kit, 0) + 4);
    CHECK_INT(kit.got.events[0].n_keys, 1);
    kit_close(&kit);
    /* an id in a header that the signature covers */
    kit_good(&kit, "a: { path: /a, type: x, id: '${header.H-Id}', verify: { hmac: sha256, header: "
                   "S, content: '${header.H-Id}.${body}', secret: 0123456789abcdef } }");
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS);
    CHECK_INT(kit.got.events[0].n_keys, 1);
    CHECK(strncmp(key(&kit, 0), "id:", 3) == 0);
    kit_close(&kit);
}

TEST(keys_of_unsigned_deliveries)
{
    struct kit kit;
    char first[200], next[200];
    kit_good(&kit,
             "a: { path: /a, type: x, id: '${body.id}', verify: { bearer: 0123456789abcdef } }");
    kit_signed(&kit, CW_TEXT("{\"id\":\"7\"}"), KIT_NOW_MS);
    CHECK_STR(key(&kit, 0), "id:7");
    CHECK_INT(kit.got.events[0].n_keys, 1);
    /* the same body soon: a retry; later: another event */
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS);
    CHECK_INT(kit.got.events[0].n_keys, 2);
    snprintf(first, sizeof first, "%s", key(&kit, 0));
    snprintf(next, sizeof next, "%s", key(&kit, 1));
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS + 9999);
    CHECK_STR(key(&kit, 0), first);
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS + 10000);
    CHECK_STR(key(&kit, 0), next);
    kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS + 20000);
    CHECK(strcmp(key(&kit, 0), next) != 0 && strcmp(key(&kit, 0), first) != 0);
    kit_signed(&kit, CW_TEXT("{ }"), KIT_NOW_MS);
    CHECK(strcmp(key(&kit, 0), first) != 0);
    kit_close(&kit);
}

TEST(keys_of_the_rule_writer)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, type: '${body.t}', verify: none, fields: { uid: '${body.u}' }, "
                   "dedupe: { key: '${event.type}/${event.uid}/${event.n}', within: 1 hour } }");
    kit_header(&kit, "Content-Type", "application/json");
    kit_send(&kit, CW_TEXT("{\"t\":\"T-X\",\"u\":\"1\",\"n\":2}"), KIT_NOW_MS);
    CHECK_STR(key(&kit, 0), "key:t_x/1/2");
    CHECK_INT(kit.got.events[0].n_keys, 1);
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), "t_x/1/2");
    kit_send(&kit, CW_TEXT("{\"t\":\"T-X\",\"u\":\"1\"}"), KIT_NOW_MS); /* no n: no such key */
    CHECK(strncmp(key(&kit, 0), "sha:", 4) == 0);
    kit_close(&kit);
}

TEST(keys_in_batches_and_long_ids)
{
    struct kit kit;
    kit_good(&kit, "a: { path: /a, type: x, batch: body.l, id: '${item.id}', verify: { hmac: "
                   "sha256, header: S, secret: 0123456789abcdef } }");
    kit_signed(&kit, CW_TEXT("{\"l\":[1,2]}"), KIT_NOW_MS);
    CHECK_INT(kit.got.n_events, 2);
    CHECK(strcmp(key(&kit, 0), kit_str(&kit, kit.got.events[1].keys[0])) != 0);
    CHECK(strstr(key(&kit, 0), ":0") && strlen(key(&kit, 0)) == 4 + 64 + 2);
    char body[600], id[301] = {0};
    memset(id, 'x', 300);
    snprintf(body, sizeof body, "{\"l\":[{\"id\":\"%s\"}]}", id);
    kit_signed(&kit, cw_text_of(body), KIT_NOW_MS);
    CHECK_INT(strlen(key(&kit, 0)), 3 + 64);
    kit_close(&kit);
}

/* ---- Memory, signing ---- */

TEST(a_small_budget_refuses_and_does_not_crash)
{
    struct kit kit;
    kit_good(&kit, OPEN_SOURCE ", fields: { a: '${body.a | upper}' } }");
    kit_header(&kit, "Content-Type", "application/x-www-form-urlencoded");
    kit.request.body = CW_TEXT("event=idle&a=b+c");
    size_t events = 0, refusals = 0;
    for (size_t limit = 0; limit < 4000; limit += 16) {
        struct cw_arena *arena = cw_arena_create(limit);
        struct source_delivery got;
        source_receive(kit.source, kit.scratch, &kit.request, KIT_NOW_MS, arena, &got);
        events += got.verdict == SOURCE_EVENTS;
        refusals += got.verdict == SOURCE_REFUSED;
        CHECK(got.verdict == SOURCE_EVENTS || got.reason != NULL);
        cw_arena_destroy(arena);
    }
    CHECK(events > 0 && refusals > 0);
    CHECK_INT(events + refusals, 250);
    kit_close(&kit);
}

TEST(signing)
{
    struct kit kit;
    static const char *const verifies[] = {
        "{ bearer: 0123456789abcdef }",
        "{ basic: 'user:0123456789abcdef' }",
        "{ token: 0123456789abcdef, from: '${header.X-T}' }",
        "{ header: X-H, equals: 0123456789abcdef }",
        "none",
        "{ hmac: sha256, header: S, list: { separator: ',', version: 'v1=' }, content: "
        "'${sig.t}.${body}', time: { from: '${sig.t}', tolerance: 1 minute }, secret: "
        "0123456789abcdef }",
        "{ hmac: sha256, header: W, encoding: base64, list: { separator: ' ', version: 'v1,' }, "
        "content: '${header.W-Id}.${header.W-Time}.${body}', time: { from: '${header.W-Time}', "
        "tolerance: 1 minute }, secret: 0123456789abcdef }"};
    for (size_t i = 0; i < sizeof verifies / sizeof verifies[0]; i++) {
        char yaml[600];
        snprintf(yaml, sizeof yaml, "a: { path: /a, type: x, verify: %s }", verifies[i]);
        if (kit_good(&kit, yaml)) {
            CHECK_INT(kit_signed(&kit, CW_TEXT("{}"), KIT_NOW_MS), SOURCE_EVENTS);
            CHECK_INT(kit_signed(&kit, CW_TEXT("a=b"), KIT_NOW_MS), SOURCE_EVENTS);
            CHECK_INT(kit_signed(&kit, CW_TEXT("{}\n{}\n"), KIT_NOW_MS), SOURCE_EVENTS);
            CHECK_INT(kit.got.n_events, 2);
        }
        kit_close(&kit);
    }
    kit_good(&kit, "a: { path: /a, type: x, verify: { token: 0123456789abcdef, from: "
                   "'${query.token}' } }");
    struct http_header *headers = NULL;
    size_t n = 0;
    struct cw_error err;
    CHECK_INT(source_sign(kit.source, CW_TEXT("{}"), KIT_NOW_MS, kit.arena, &headers, &n, &err),
              CW_EINVAL);
    CHECK(headers == NULL);
    kit_close(&kit);
}

CHECK_MAIN
