/* An action's machine under any answers: the first line names it, each other line is a status (or
 * `lost`, `unsent`) and a body. Whatever awork says, what leaves is a plain path and a JSON body,
 * reasons are UTF-8, and the memory can be stored and read again. */
#include "action/action.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ANSWERS = 32 };

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct cw_text line_of(struct cw_text *rest)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    struct cw_text line = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = line.len + (end != NULL);
    rest->at += used;
    rest->len -= used;
    return line;
}

static struct transport_answer answer_of(struct cw_text line)
{
    struct transport_answer a = {.body = {"", 0}, .error = "why"};
    const char *blank = line.len ? memchr(line.at, ' ', line.len) : NULL;
    struct cw_text word = {line.at, blank ? (size_t)(blank - line.at) : line.len};
    if (cw_text_is(word, "lost"))
        a.outcome = TRANSPORT_LOST;
    else if (cw_text_is(word, "unsent"))
        a.outcome = TRANSPORT_NOT_SENT;
    else {
        char number[8];
        snprintf(number, sizeof number, "%.*s", (int)(word.len < 4 ? word.len : 4), word.at);
        a.status = (int)strtol(number, NULL, 10);
        a.error = NULL;
    }
    if (blank)
        a.body = (struct cw_text){blank + 1, line.len - word.len - 1};
    return a;
}

static void check_text(const char *text)
{
    json_t *sound = json_string(text);
    must(sound != NULL);
    json_decref(sound);
}

static void check_verdict(const struct action_verdict *v)
{
    if (v->what != ACTION_SEND) {
        check_text(v->reason);
        return;
    }
    if (v->host) {
        must(v->method && v->path);
        return;
    }
    must(v->path[0] == '/' && strlen(v->path) < 200 && !strstr(v->path, ".."));
    for (const char *c = v->path; *c; c++)
        must(*c > ' ' && *c < 0x7f);
    json_t *body = v->body ? json_loads(v->body, 0, NULL) : json_object();
    must(json_is_object(body));
    json_decref(body);
}

/* As a restart would: written and read again. */
static json_t *stored(json_t *progress)
{
    char *text = json_dumps(progress, JSON_COMPACT);
    must(text != NULL);
    json_decref(progress);
    progress = json_loads(text, 0, NULL);
    must(json_is_object(progress));
    free(text);
    return progress;
}

static void play(struct action_turn *t, struct cw_text rest)
{
    struct transport_answer answer;
    t->answer = NULL;
    for (int i = 0; i < MAX_ANSWERS; i++) {
        struct action_verdict v = action_step(t);
        check_verdict(&v);
        if ((v.what != ACTION_SEND && v.what != ACTION_RETRY) || !rest.len)
            return;
        t->progress = stored(t->progress);
        t->answer = NULL;
        if (v.what == ACTION_RETRY)
            continue;
        answer = answer_of(line_of(&rest));
        t->answer = &answer;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct person person = {.name = "anna",
                                         .awork = "aaaaaaaa-0000-4000-8000-000000000001",
                                         .timezone = "UTC",
                                         .token = "own",
                                         .chat = "https://chat.example.org/hooks/x",
                                         .type_of_work = "Dev"};
    static const struct people people = {.items = &person, .n = 1};
    struct store_timer timer = {
        .entry = CW_TEXT("eeeeeeee-0000-4000-8000-000000000001"),
        .started_by = CW_TEXT("s"),
        .paused_by = CW_TEXT("p"),
        .memo = CW_TEXT("{\"typeOfWorkId\":\"dddddddd-0000-4000-8000-000000000001\"}"),
    };
    static const char plain[] = "{\"task\":\"KEY-1\",\"note\":\"n\",\"text\":\"x\",\"name\":\"f\","
                                "\"to\":\"anna\",\"url\":\"https://hooks.example.org/x\"}";
    static const char late[] =
        "{\"name\":\"f\",\"for\":\"1 "
        "hour\",\"to\":\"anna\",\"url\":\"https://hooks.example.org/x\","
        "\"${}\":{\"task\":\"${timer.task | default: KEY-1}\","
        "\"note\":\"${timer.for | default: -} ${timer.note | default: - | upper}\","
        "\"text\":\"${timer.since | default: 2026-03-02 | date: %F}\"}}";
    struct cw_text rest = {(const char *)data, size}, name = line_of(&rest);
    const char *action = "dance", *args = plain;
    struct cw_text condition = {"", 0};
    if (name.len && name.at[0] == '+') { /* what is known in the lane only, asked and told */
        name = (struct cw_text){name.at + 1, name.len - 1};
        args = late;
        condition = CW_TEXT("{\"any\":[{\"timer.for\":{\"below\":\"90 days\"}},{\"timer.task\":{"
                            "\"matches\":\"^[A-Z]+-\",\"ignore_case\":true}},{\"timer.state\":["
                            "\"stopped\"]},{\"timer.note\":{\"exists\":false}}]}");
    }
    for (size_t i = 0; i < action_specs_n; i++)
        if (cw_text_is(name, action_specs[i].name))
            action = action_specs[i].name;
    struct action_turn t = {
        .name = action,
        .rule = "r",
        .args = json_loads(args, 0, NULL),
        .args_text = cw_text_of(args),
        .condition = condition,
        .progress = json_object(),
        .person = &person,
        .people = &people,
        .timer = &timer,
        .kinds = kinds_create(),
        .now_ms = INT64_C(1772445600000),
        .arena = cw_arena_create((size_t)64 << 20),
    };
    play(&t, rest);
    json_decref(t.args);
    json_decref(t.progress);
    kinds_destroy(t.kinds);
    cw_arena_destroy(t.arena);
    return 0;
}
