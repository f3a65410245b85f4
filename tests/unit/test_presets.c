/* The built-in presets on the project's own deliveries, and on the fixtures of real providers. */
#include "source_kit.h"

#include <dirent.h>
#include <jansson.h>

static const char GITHUB[] = "github: { path: /hooks/github, preset: github, verify: { secret: "
                             "github-test-secret-4f0c2f6a } }";
static const char CALCOM[] = "calendar: { path: /hooks/calcom, preset: calcom, verify: { secret: "
                             "calcom-test-secret-93b1d5e8 } }";
static const char GENERIC[] = "desktop: { path: /hooks/generic, preset: generic, verify: { secret: "
                              "desktop-test-token-7a61c0de } }";

static const char MATTERMOST[] =
    "mattermost: { path: /hooks/chat, preset: mattermost, verify: { token: "
    "[mattermost-test-token-command01, mattermost-test-token-webhook02] } }";

struct delivery {
    char *headers, *body;
    size_t len;
};

static struct delivery load(struct kit *kit, const char *folder, const char *name, const char *ext)
{
    char path[1000];
    const char *root = getenv("CW_ROOT");
    struct delivery d;
    snprintf(path, sizeof path, "%s/tests/payloads/%s/%s.%s", root ? root : ".", folder, name, ext);
    d.body = check_read(path, &d.len);
    snprintf(path, sizeof path, "%s/tests/payloads/%s/%s.headers", root ? root : ".", folder, name);
    kit_headers_file(kit, path, &d.headers);
    return d;
}

static void unload(struct delivery *d)
{
    free(d->headers);
    free(d->body);
}

static void forged(struct kit *kit, struct delivery *d)
{
    d->body[d->len / 2] ^= 1;
    CHECK_INT(kit_send(kit, (struct cw_text){d->body, d->len}, KIT_NOW_MS), SOURCE_DENIED);
    CHECK_INT(kit->got.n_events, 0);
}

static void type_is(struct kit *kit, const char *type, const char *provider_type)
{
    if (!CHECK_INT(kit->got.verdict, SOURCE_EVENTS) || !CHECK_INT(kit->got.n_events, 1)) {
        fprintf(stderr, "  %s: %s\n", type, kit->got.reason ? kit->got.reason : "");
        return;
    }
    CHECK_STR(kit_str(kit, kit->got.events[0].event.type), type);
    CHECK_STR(kit_str(kit, kit->got.events[0].event.provider_type), provider_type);
}

/* ---- GitHub ---- */

TEST(github_push)
{
    struct kit kit;
    kit_good(&kit, GITHUB);
    struct delivery d = load(&kit, "github", "push", "json");
    kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
    type_is(&kit, "push", "push");
    CHECK_INT(kit.got.answer.status, 202);
    CHECK_STR(kit_field(&kit, 0, "branch"), "feat/KEY-123-round-heights");
    CHECK_STR(kit_field(&kit, 0, "repo"), "harbour-works/tide-table");
    CHECK_STR(kit_field(&kit, 0, "actor"), "ada-l");
    CHECK(strncmp(kit_field(&kit, 0, "message"), "KEY-123: round", 14) == 0);
    CHECK_STR(kit_user(&kit, 0), "github:ada-l");
    const struct source_event *e = kit.got.events;
    CHECK_STR(kit_str(&kit, e->event.family), "git");
    CHECK_STR(kit_str(&kit, e->event.source), "github");
    CHECK_STR(kit_str(&kit, e->event.id), "5b0d6f1e-3c11-4a53-9d5a-1f0f4f1c2a01");
    CHECK_INT(e->event.received_ms, KIT_NOW_MS);
    CHECK_INT(e->n_keys, 2); /* the delivery's id is not signed, so the body's hash is a key, too */
    CHECK_STR(kit_str(&kit, e->keys[0]), "id:5b0d6f1e-3c11-4a53-9d5a-1f0f4f1c2a01");
    CHECK(strncmp(e->keys[1].at, "sha:", 4) == 0 && e->keys[1].len == 68);
    forged(&kit, &d);
    unload(&d);
    kit_close(&kit);
}

TEST(github_others)
{
    static const struct {
        const char *name, *ext, *type, *provider_type, *branch;
    } rows[] = {
        {"push_deleted", "json", "push", "push", "feat/KEY-123-round-heights"},
        {"push_tag", "json", "push", "push", ""},
        {"push_form", "form", "push", "push", "fix/KEY-7-ebb"},
        {"pull_request_opened", "json", "pull_request_opened", "pull_request/opened",
         "feat/KEY-123-round-heights"},
        {"issue_comment", "json", "issue_comment_created", "issue_comment/created", ""},
        {"create", "json", "create", "create", ""},
    };
    struct kit kit;
    kit_good(&kit, GITHUB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct delivery d = load(&kit, "github", rows[i].name, rows[i].ext);
        kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
        type_is(&kit, rows[i].type, rows[i].provider_type);
        CHECK_STR(kit_field(&kit, 0, "branch"), rows[i].branch);
        CHECK_STR(kit_user(&kit, 0), "github:ada-l");
        forged(&kit, &d);
        unload(&d);
    }
    struct delivery d = load(&kit, "github", "ping", "json");
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_ANSWER);
    CHECK_INT(kit.got.answer.status, 202);
    forged(&kit, &d);
    unload(&d);
    kit_close(&kit);
}

static bool is_known(const struct source *source, const char *type)
{
    const char *const *known = source_known_types(source);
    while (known && *known && strcmp(*known, type) != 0)
        known++;
    return known && *known;
}

TEST(known_types)
{
    struct kit kit;
    kit_good(&kit, GITHUB);
    CHECK(!source_types(kit.source));
    static const char *const known[] = {"push",
                                        "create",
                                        "pull_request_opened",
                                        "pull_request_synchronize",
                                        "issue_comment_created",
                                        "workflow_run_completed",
                                        "repository_dispatch_*"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        CHECK(is_known(kit.source, known[i]));
    CHECK(!is_known(kit.source, "pull_request")); /* it always has an action */
    CHECK(!is_known(kit.source, "pusch"));
    CHECK(source_names_users(kit.source));
    kit_close(&kit);
    kit_good(&kit,
             "a: { path: /a, preset: github, verify: none, types: { brand/new: brand_new } }");
    CHECK(is_known(kit.source, "push") && is_known(kit.source, "brand_new"));
    kit_close(&kit);
    kit_good(&kit, "a: { path: /a, preset: github, verify: none, type: '${body.x}' }");
    CHECK(!source_known_types(kit.source)); /* other types than the preset's */
    kit_close(&kit);
    kit_good(&kit, "a: { path: /a, verify: none, type: '${body.x}' }");
    CHECK(!source_known_types(kit.source) && !source_names_users(kit.source));
    kit_close(&kit);
}

TEST(github_sent_by_send)
{
    static const struct {
        const char *name, *type;
    } rows[] = {{"push", "push"},
                {"push_deleted", "push"},
                {"pull_request_opened", "pull_request_opened"},
                {"issue_comment", "issue_comment_created"},
                {"create", "create"}};
    struct kit kit;
    kit_good(&kit, GITHUB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct delivery d = load(&kit, "github", rows[i].name, "json");
        CHECK_INT(kit_signed(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_EVENTS);
        CHECK_STR(kit_str(&kit, kit.got.events[0].event.type), rows[i].type);
        CHECK_INT(kit.got.events[0].event.id.len, 36);
        unload(&d);
    }
    struct http_header *headers;
    size_t n;
    struct cw_error err;
    CHECK_INT(source_sign(kit.source, CW_TEXT("{}"), KIT_NOW_MS, kit.arena, &headers, &n, &err),
              CW_EINVAL);
    CHECK(strstr(err.text, "X-GitHub-Event") != NULL);
    kit_close(&kit);
}

/* ---- Cal.com ---- */

TEST(calcom)
{
    static const char both[] = "[\"ada@example.org\",\"grace@example.org\"]";
    static const struct {
        const char *name, *type, *provider_type, *uid, *end, *status;
    } rows[] = {
        {"MEETING_STARTED", "meeting_started", "MEETING_STARTED", "pTq8hWc3RkzN1vYxJ4mLsa",
         "2026-05-28T20:30:00.000Z", "confirmed"},
        {"MEETING_ENDED", "meeting_ended", "MEETING_ENDED", "pTq8hWc3RkzN1vYxJ4mLsa",
         "2026-05-28T20:30:00.000Z", "confirmed"},
        {"MEETING_ENDED_wrapped", "meeting_ended", "MEETING_ENDED", "pTq8hWc3RkzN1vYxJ4mLsa",
         "2026-05-28T20:30:00.000Z", "confirmed"},
        {"BOOKING_CREATED", "created", "BOOKING_CREATED", "aVb2nC4mD6kE8jF1hG3xQz",
         "2026-06-02T08:45:00Z", "confirmed"},
        {"BOOKING_RESCHEDULED", "updated", "BOOKING_RESCHEDULED", "zYx9wV7uT5sR3qP1oN8mLk",
         "2026-06-03T08:45:00Z", "confirmed"},
        {"BOOKING_CANCELLED", "cancelled", "BOOKING_CANCELLED", "zYx9wV7uT5sR3qP1oN8mLk",
         "2026-06-02T08:45:00Z", "cancelled"},
    };
    struct kit kit;
    kit_good(&kit, CALCOM);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct delivery d = load(&kit, "calcom", rows[i].name, "json");
        kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
        type_is(&kit, rows[i].type, rows[i].provider_type);
        CHECK_STR(kit_field(&kit, 0, "uid"), rows[i].uid);
        CHECK_STR(kit_field(&kit, 0, "end"), rows[i].end);
        CHECK_STR(kit_field(&kit, 0, "status"), rows[i].status);
        CHECK_STR(kit_field(&kit, 0, "organizer"), "ada@example.org");
        CHECK_STR(kit_field(&kit, 0, "attendees"), both);
        CHECK_STR(kit_field(&kit, 0, "title"), "Planning between Ada and Grace");
        CHECK_STR(kit_user(&kit, 0), both);
        CHECK_STR(kit_str(&kit, kit.got.events[0].event.family), "calendar");
        CHECK_INT(kit.got.events[0].n_keys, 1); /* made of signed things only */
        forged(&kit, &d);
        unload(&d);
    }
    kit_close(&kit);
}

TEST(calcom_ids_and_probe)
{
    struct kit kit;
    kit_good(&kit, CALCOM);
    struct delivery d = load(&kit, "calcom", "MEETING_ENDED", "json");
    kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.id),
              "MEETING_ENDED/pTq8hWc3RkzN1vYxJ4mLsa/2026-05-28T20:00:00.000Z/"
              "2026-05-28T20:30:00.000Z");
    kit.headers[2].value = CW_TEXT("no-secret-provided");
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_DENIED);
    unload(&d);
    d = load(&kit, "calcom", "PING", "json");
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_ANSWER);
    CHECK_INT(kit_signed(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_ANSWER);
    unload(&d);
    kit_close(&kit);
}

/* ---- Generic ---- */

TEST(generic)
{
    static const struct {
        const char *name, *ext, *type, *provider_type;
    } rows[] = {{"idle", "json", "idle", "idle"},
                {"active", "json", "active", "active"},
                {"idle_started", "json", "idle", "idle_started"},
                {"screen_locked", "form", "idle", "screen_locked"}};
    struct kit kit;
    kit_good(&kit, GENERIC);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct delivery d = load(&kit, "generic", rows[i].name, rows[i].ext);
        kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
        type_is(&kit, rows[i].type, rows[i].provider_type);
        CHECK_STR(kit_user(&kit, 0), "ada@example.org");
        kit.headers[2].value = CW_TEXT("Bearer desktop-test-token-7a61c0df");
        CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_DENIED);
        unload(&d);
    }
    struct delivery d = load(&kit, "generic", "lines", "ndjson");
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_EVENTS);
    if (CHECK_INT(kit.got.n_events, 3)) {
        CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), "n1");
        CHECK_STR(kit_str(&kit, kit.got.events[1].event.type), "active");
        CHECK_STR(kit_str(&kit, kit.got.events[2].event.type), "heartbeat");
        CHECK_INT(kit.got.events[2].n_keys, 2);
    }
    unload(&d);
    kit_close(&kit);
}

TEST(generic_with_other_schemes_and_templates)
{
    static const char *const verifies[] = {
        "{ hmac: sha256, secret: 0123456789abcdef }", "{ token: 0123456789abcdef }",
        "{ bearer: 0123456789abcdef }", "{ header: X-Key, equals: 0123456789abcdef }"};
    for (size_t i = 0; i < 4; i++) {
        struct kit kit;
        char yaml[300];
        snprintf(yaml, sizeof yaml,
                 "pc: { path: /a, preset: generic, verify: %s, type: '${body.what}' }",
                 verifies[i]);
        if (kit_good(&kit, yaml))
            kit_signed(&kit, CW_TEXT("{\"what\":\"idle_ended\",\"email\":\"a@b\"}"), KIT_NOW_MS);
        type_is(&kit, "active", "idle_ended");
        CHECK_STR(kit_user(&kit, 0), "a@b");
        kit_close(&kit);
    }
}

/* ---- Mattermost ---- */

TEST(mattermost)
{
    static const struct {
        const char *name, *ext, *type, *provider_type, *user, *id;
    } rows[] = {
        {"command", "form", "command", "/track", "mattermost:ada",
         "dDEyMzQ1Njc4OTphZGE6MTc4MDAwMDAwMA=="},
        {"command_get", "empty", "command", "/track", "mattermost:grace", "Z3JhY2UtMQ=="},
        {"message", "form", "message", "#start", "mattermost:ada", "q1w2e3r4t5y6u7i8o9p0a1s2d3"},
        {"message_json", "json", "message", "message", "mattermost:grace",
         "q1w2e3r4t5y6u7i8o9p0a1s2d4"}};
    struct kit kit;
    kit_good(&kit, MATTERMOST);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct delivery d = load(&kit, "mattermost", rows[i].name, rows[i].ext);
        CHECK(source_takes(kit.source, kit.request.method));
        kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
        type_is(&kit, rows[i].type, rows[i].provider_type);
        CHECK_INT(kit.got.answer.status, 200); /* the only one that Mattermost takes */
        CHECK_STR(kit_user(&kit, 0), rows[i].user);
        CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), rows[i].id);
        CHECK_INT(kit.got.events[0].n_keys, 1);
        CHECK_STR(kit_field(&kit, 0, "channel"), "workshop");
        CHECK_STR(kit_field(&kit, 0, "team"), "harbour");
        struct cw_text kept = kit.got.payload;
        CHECK(kept.len == 0 || !memmem(kept.at, kept.len, "mattermost-test-token", 21));
        unload(&d);
    }
    kit_close(&kit);
}

/* A delivery with one of its tokens put right or wrong. */
static void with_tokens(const char *head, const char *query, const char *type, const char *body,
                        enum source_verdict want)
{
    struct kit kit;
    kit_good(&kit, MATTERMOST);
    if (type)
        kit_header(&kit, "Content-Type", type);
    if (head)
        kit_header(&kit, "Authorization", head);
    kit.request.query = cw_text_of(query);
    if (!CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), want))
        fprintf(stderr, "  %s, %s, %s\n", head ? head : "", query, body);
    kit_close(&kit);
}

#define GOOD "mattermost-test-token-command01"
#define REST "&command=/track&user_name=ada&trigger_id=1"

TEST(mattermost_tokens)
{
    static const char form[] = "application/x-www-form-urlencoded", json[] = "application/json";
    with_tokens("Token " GOOD, "", form, "token=" GOOD REST, SOURCE_EVENTS);
    with_tokens("token  mattermost-test-token-webhook02", "", form, "a=b" REST, SOURCE_EVENTS);
    with_tokens(NULL, "", form, "token=" GOOD REST, SOURCE_EVENTS);
    with_tokens(NULL, "token=" GOOD REST, NULL, "", SOURCE_EVENTS);
    with_tokens(NULL, "", json, "{\"token\": \"" GOOD "\", \"post_id\": \"1\"}", SOURCE_EVENTS);
    with_tokens("Basic Z2F0ZTpzZWNyZXQ=", "", form, "token=" GOOD REST, SOURCE_EVENTS);
    /* The head counts where it has a token. */
    with_tokens("Token mattermost-test-token-other", "", form, "token=" GOOD REST, SOURCE_DENIED);
    with_tokens(NULL, "token=" GOOD, form, "token=wrong" REST, SOURCE_DENIED);
    with_tokens(GOOD, "", form, "a=b" REST, SOURCE_DENIED);
    with_tokens("Bearer " GOOD, "", form, "a=b" REST, SOURCE_DENIED);
    with_tokens(NULL, "", form, "token=" GOOD "&token=" GOOD REST, SOURCE_DENIED);
    with_tokens(NULL, "", form, "token=&x=1" REST, SOURCE_DENIED);
    with_tokens(NULL, "", form, "", SOURCE_DENIED);
    with_tokens(NULL, "", json, "{\"token\": [\"" GOOD "\"]}", SOURCE_DENIED);
    with_tokens(NULL, "", "text/plain", "{\"token\": \"" GOOD "\"}", SOURCE_DENIED);
    /* Genuine, and neither a command nor a message. */
    with_tokens("Token " GOOD, "", form, "user_name=ada", SOURCE_REFUSED);
    with_tokens("Token " GOOD, "", form, "text=%zz", SOURCE_REFUSED);
}

/* Neither rules nor the journal see the token. */
TEST(mattermost_hides_its_token)
{
    static const char body[] =
        "{\"command\": \"/a\", \"note\": \"say " GOOD "\", \"token\": \"" GOOD "\"}";
    struct kit kit;
    struct cw_step step = {.kind = CW_STEP_NAME, .name = CW_TEXT("token")};
    struct cw_value token;
    kit_good(&kit, MATTERMOST);
    kit_header(&kit, "Content-Type", "application/json");
    CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_INT(kit.got.payload.len, sizeof body - 1);
    CHECK(!memmem(kit.got.payload.at, kit.got.payload.len, GOOD, sizeof GOOD - 1));
    CHECK_INT(
        cw_value_get(&kit.got.events[0].event.body, (struct cw_path){&step, 1}, kit.arena, &token),
        CW_OK);
    CHECK_STR(kit_str(&kit, token.text), "*******************************");
    /* With an escape in it, it could stand there in any form: nothing is kept. */
    CHECK_INT(kit_send(&kit,
                       CW_TEXT("{\"command\": \"/a\", \"token\": "
                               "\"m\\u0061ttermost-test-token-command01\"}"),
                       KIT_NOW_MS),
              SOURCE_EVENTS);
    CHECK_INT(kit.got.payload.len, 0);
    kit_close(&kit);
}

TEST(mattermost_sent_by_send)
{
    struct kit kit;
    kit_good(&kit, MATTERMOST);
    struct delivery d = load(&kit, "mattermost", "command", "form");
    kit.request.n_headers = 0;
    CHECK_INT(kit_signed(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_EVENTS);
    CHECK_INT(kit_signed(&kit, CW_TEXT("{\"command\": \"/a\"}"), KIT_NOW_MS), SOURCE_EVENTS);
    unload(&d);
    kit_close(&kit);
}

/* ---- awork ---- */

static const char AWORK[] =
    "awork: { path: /hooks/awork, preset: awork, verify: { header: X-Awork-Key, equals: "
    "awork-test-key-1f0e } }";

static void awork_is(struct kit *kit, const char *name, const char *type, const char *shape,
                     const char *user)
{
    struct delivery d = load(kit, "awork", name, "json");
    kit_send(kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
    type_is(kit, type, shape);
    CHECK_STR(kit_user(kit, 0), user);
    CHECK_INT(kit->got.events[0].n_keys, 1);
    unload(&d);
}

TEST(awork_timers)
{
    static const char ada[] = "awork:6a2c1d3e-0000-4000-8000-000000000001";
    struct kit kit;
    kit_good(&kit, AWORK);
    awork_is(&kit, "started", "started", "timetracking_added/running", ada);
    CHECK_INT(kit.got.events[0].entry.kind, CW_OBJECT);
    awork_is(&kit, "paused", "paused", "timetracking_updated/paused", ada);
    awork_is(&kit, "resumed", "resumed", "timetracking_updated/resumed", ada);
    awork_is(&kit, "noted", "timetracking_updated", "timetracking_updated/running", ada);
    awork_is(&kit, "stopped", "stopped", "timetracking_updated/ended", ada);
    awork_is(&kit, "typed", "timetracking_added", "timetracking_added/ended", ada);
    awork_is(&kit, "deleted", "timetracking_deleted", "timetracking_deleted/ended", ada);
    kit_close(&kit);
}

/* What is not there is left out, or null; an entry has ended when it has an end of either kind. */
TEST(awork_nulls)
{
    static const struct {
        const char *entity, *type, *shape;
    } cases[] = {
        {"'endDateUtc':null,'endTimeUtc':null,'breaks':null", "timetracking_updated",
         "timetracking_updated/running"},
        {"'endTimeUtc':null,'breaks':[]", "timetracking_updated", "timetracking_updated/running"},
        {"'endTimeUtc':null,'breaks':[{'startDate':'2026-03-02T08:10:00Z','duration':null,"
         "'endDate':null}]",
         "paused", "timetracking_updated/paused"},
        {"'endTimeUtc':null,'breaks':[{'startDate':'2026-03-02T08:10:00Z','duration':5,"
         "'endDate':'2026-03-02T08:10:05Z'}]",
         "resumed", "timetracking_updated/resumed"},
        {"'endDateUtc':'2026-03-02T00:00:00Z','endTimeUtc':null,'breaks':null", "stopped",
         "timetracking_updated/ended"},
    };
    struct kit kit;
    char body[600];
    kit_good(&kit, AWORK);
    kit_header(&kit, "X-Awork-Key", "awork-test-key-1f0e");
    kit_header(&kit, "Content-Type", "application/json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(body, sizeof body,
                 "{'eventType':'timetracking_updated','entityId':'e','timestamp':null,"
                 "'traceId':'t%zu','triggeredBy':{'id':'u'},'entity':{'id':'e','userId':null,"
                 "'startDateUtc':'2026-03-02T00:00:00Z','startTimeUtc':'08:00:00',%s}}",
                 i, cases[i].entity);
        for (char *at = body; *at; at++)
            *at = *at == '\'' ? '"' : *at;
        CHECK_INT(kit_send(&kit, cw_text_of(body), KIT_NOW_MS), SOURCE_EVENTS);
        type_is(&kit, cases[i].type, cases[i].shape);
        CHECK_STR(kit_user(&kit, 0), "awork:u");
        CHECK_INT(kit.got.events[0].event.id.len, 74); /* a digest: no two are one */
    }
    kit_close(&kit);
}

TEST(awork_whatever_else)
{
    struct kit kit;
    kit_good(&kit, AWORK);
    struct delivery d = load(&kit, "awork", "started", "json");
    kit_header(&kit, "X-Awork-Key", "awork-test-key-1f0f");
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_DENIED);
    kit.request.n_headers = 0;
    CHECK_INT(kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS), SOURCE_DENIED);
    unload(&d);
    kit_header(&kit, "X-Awork-Key", "awork-test-key-1f0e");
    kit_header(&kit, "Content-Type", "application/json");
    kit_send(&kit,
             CW_TEXT("{\"eventType\":\"task_status_changed\",\"entityId\":\"t\","
                     "\"timestamp\":\"T\",\"entity\":{\"id\":\"t\"},"
                     "\"triggeredBy\":{\"id\":\"u\"}}"),
             KIT_NOW_MS);
    type_is(&kit, "task_status_changed", "task_status_changed");
    CHECK_STR(kit_user(&kit, 0), "awork:u");
    CHECK_STR(kit_str(&kit, kit.got.events[0].event.id), "task_status_changed/t/T");
    kit_send(&kit, CW_TEXT("{\"eventName\":\"Task Done\",\"traceId\":\"x\"}"), KIT_NOW_MS);
    type_is(&kit, "task_done", "Task Done");
    CHECK_INT(kit.got.events[0].entry.kind, CW_MISSING);
    kit_close(&kit);
}

/* How a rule's text is told: as the preset says, else as it is. */
TEST(telling)
{
    struct kit kit;
    struct http_answer told;
    kit_good(&kit, MATTERMOST);
    source_tell(kit.source, CW_TEXT("on \"KEY-1\"\nnow"), kit.arena, &told);
    CHECK_INT(told.status, 200);
    CHECK_STR(told.type, "application/json");
    CHECK_STR(kit_str(&kit, told.body),
              "{\"response_type\":\"ephemeral\",\"text\":\"on \\\"KEY-1\\\"\\nnow\"}");
    kit_close(&kit);
    kit_good(&kit, GENERIC);
    source_tell(kit.source, CW_TEXT("on \"KEY-1\""), kit.arena, &told);
    CHECK_STR(told.type, "text/plain; charset=utf-8");
    CHECK_STR(kit_str(&kit, told.body), "on \"KEY-1\"");
    source_tell(NULL, CW_TEXT("gone"), kit.arena, &told);
    CHECK_STR(kit_str(&kit, told.body), "gone");
    kit_close(&kit);
    kit_good(&kit, "a: { path: /a, preset: generic, verify: none, reply: { status: 201, type: "
                   "text/html, body: '<p>${reply}</p>' } }");
    source_tell(kit.source, CW_TEXT("hi"), kit.arena, &told);
    CHECK_INT(told.status, 201);
    CHECK_STR(told.type, "text/html");
    CHECK_STR(kit_str(&kit, told.body), "<p>hi</p>");
    kit_close(&kit);
    kit_open(&kit, "a: { path: /a, preset: generic, verify: none, reply: { body: '${body.x}' } }");
    CHECK(strstr(kit.text, "`body` cannot be read here") != NULL);
    kit_close(&kit);
}

/* The sources of the language's first example, as people will copy them. */
TEST(sources_of_the_first_example)
{
    struct kit kit;
    setenv("CLOCKWIRE_SECRET_CALENDAR", "calcom-test-secret-93b1d5e8", 1);
    setenv("CLOCKWIRE_SECRET_DESKTOP", "desktop-test-token-7a61c0de", 1);
    kit_good(&kit,
             "calendar:\n  path: /hooks/calendar\n  preset: calcom\n"
             "  verify: { secret: \"${secret.calendar}\" }\n  dedupe: { key: "
             "\"${event.type}/${event.uid}/${event.start}/${event.end}\", within: 24 hours }\n");
    struct delivery d = load(&kit, "calcom", "MEETING_ENDED", "json");
    kit_send(&kit, (struct cw_text){d.body, d.len}, KIT_NOW_MS);
    type_is(&kit, "meeting_ended", "MEETING_ENDED");
    if (CHECK_INT(kit.got.events[0].n_keys, 2))
        CHECK_STR(kit_str(&kit, kit.got.events[0].keys[1]),
                  "key:meeting_ended/pTq8hWc3RkzN1vYxJ4mLsa/2026-05-28T20:00:00.000Z/"
                  "2026-05-28T20:30:00.000Z");
    unload(&d);
    kit_close(&kit);
    kit_good(&kit, "desktop:\n  path: /hooks/desktop\n  type: ${body.kind}\n  user: ${body.email}\n"
                   "  verify: { bearer: \"${secret.desktop}\" }\n");
    kit_signed(&kit, CW_TEXT("{\"kind\":\"idle\",\"email\":\"ada@example.org\"}"), KIT_NOW_MS);
    type_is(&kit, "idle", "idle");
    CHECK_STR(kit_user(&kit, 0), "ada@example.org");
    kit_close(&kit);
}

/* ---- The fixtures ---- */

static json_t *secrets;

static char *index_text;

/* Column 2 and 3 of INDEX.md: what is expected of a file. */
static bool index_row(const char *source, const char *file, char *event, char *id)
{
    char start[300];
    snprintf(start, sizeof start, "| %s/%s | ", source, file);
    const char *row = strstr(index_text, start);
    return row && sscanf(row + strlen(start), "%199[^|]| %199[^|]", event, id) == 2;
}

static void trim_end(char *text)
{
    for (size_t n = strlen(text); n && text[n - 1] == ' ';)
        text[--n] = '\0';
}

/* Without what awork's preset puts behind it: how the time entry looks. */
static const char *provider_word(struct kit *kit)
{
    static char word[200];
    snprintf(word, sizeof word, "%s", kit_str(kit, kit->got.events[0].event.provider_type));
    char *shape = strncmp(word, "timetracking_", 13) == 0 ? strchr(word, '/') : NULL;
    if (shape)
        *shape = '\0';
    return word;
}

static unsigned one_fixture(struct kit *kit, const char *folder, const char *source,
                            const char *file)
{
    char path[1000], event[200] = "", id[200] = "", *headers;
    const char *dot = strrchr(file, '.');
    size_t len;
    if (!index_row(source, file, event, id))
        return 0;
    trim_end(event);
    trim_end(id);
    if (strncmp(event, "trigger_word=", 13) == 0)
        memmove(event, event + 13, strlen(event + 13) + 1);
    snprintf(path, sizeof path, "%s/%s/%s", folder, source, file);
    char *body = check_read(path, &len);
    snprintf(path, sizeof path, "%s/%s/%.*s.headers", folder, source, (int)(dot - file), file);
    kit_headers_file(kit, path, &headers);
    enum source_verdict verdict = kit_send(kit, (struct cw_text){body, len}, KIT_NOW_MS);
    bool probe = strcmp(event, "ping") == 0 || strcmp(event, "PING") == 0;
    bool none = strcmp(event, "(none)") == 0, two = strcmp(event, "2 events") == 0;
    bool good = CHECK_INT(verdict, probe ? SOURCE_ANSWER : none ? SOURCE_REFUSED : SOURCE_EVENTS);
    if (good && verdict == SOURCE_EVENTS) {
        good = CHECK_INT(kit->got.n_events, two ? 2 : 1);
        if (!two)
            good = CHECK_STR(provider_word(kit), event) && good;
        if (strlen(id) == 36)
            good = CHECK_STR(kit_str(kit, kit->got.events[0].event.id), id) && good;
        CHECK(kit->got.events[0].n_keys > 0);
    }
    if (!good)
        fprintf(stderr, "  %s/%s: %s\n", source, file, kit->got.reason ? kit->got.reason : "");
    if (len) {
        body[len / 2] ^= 1;
        verdict = kit_send(kit, (struct cw_text){body, len}, KIT_NOW_MS);
        CHECK(verdict == SOURCE_DENIED || strcmp(source, "idle") == 0 ||
              strcmp(source, "mattermost") == 0 ||
              strcmp(source, "awork") == 0); /* nothing is signed */
    }
    free(body);
    free(headers);
    return 1;
}

static unsigned all_of(const char *folder, const char *source, const char *preset)
{
    char path[500], yaml[300];
    const char *secret =
        json_string_value(json_object_get(json_object_get(secrets, "secrets"), source));
    json_t *all = json_object_get(secrets, "secrets");
    struct kit kit;
    unsigned n = 0;
    snprintf(yaml, sizeof yaml, "a: { path: /a, preset: %s, verify: { secret: \"%s\" } }", preset,
             secret);
    if (!secret)
        snprintf(yaml, sizeof yaml, "a: { path: /a, preset: %s, verify: { token: [%s, %s] } }",
                 preset, json_string_value(json_object_get(all, "mattermost_out")),
                 json_string_value(json_object_get(all, "mattermost_slash")));
    snprintf(path, sizeof path, "%s/%s", folder, source);
    DIR *dir = opendir(path);
    if (!CHECK(dir != NULL) || !kit_good(&kit, yaml))
        return 0;
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.' && !strstr(e->d_name, ".headers"))
            n += one_fixture(&kit, folder, source, e->d_name);
    closedir(dir);
    kit_close(&kit);
    return n;
}

TEST(fixtures)
{
    const char *shared = check_shared("fixtures");
    if (!shared) {
        printf("fixtures: skipped, ../shared/fixtures is not here\n");
        return;
    }
    char folder[400], path[500];
    snprintf(folder, sizeof folder, "%s", shared);
    snprintf(path, sizeof path, "%s/secrets.json", folder);
    secrets = json_load_file(path, 0, NULL);
    snprintf(path, sizeof path, "%s/INDEX.md", folder);
    index_text = check_read(path, NULL);
    CHECK_INT(all_of(folder, "github", "github"), 45);
    CHECK_INT(all_of(folder, "calcom", "calcom"), 8);
    CHECK_INT(all_of(folder, "idle", "generic"), 4);
    CHECK_INT(all_of(folder, "mattermost", "mattermost"), 4);
    CHECK_INT(all_of(folder, "awork", "awork"), 5);
    json_decref(secrets);
    free(index_text);
}

CHECK_MAIN
