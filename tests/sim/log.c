/*
 * The request log: a ring of the last requests in the order of their arrival, a million unless told
 * otherwise, bodies cut at 16 KiB, at most 1 GiB of text. Never holds a header, so never a token.
 */
#include "log.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX     ((size_t)1024 * 1024 * 1024)
#define BODY_KEPT_MAX ((size_t)16 * 1024)

static struct sim_log_line *nth(const struct sim_log *log, size_t i)
{
    return &log->lines[(log->first + i) % log->room];
}

static void drop_oldest(struct sim_log *log)
{
    struct sim_log_line *line = nth(log, 0);
    log->bytes -= strlen(line->text) + line->body_kept_bytes;
    free(line->text);
    free(line->body);
    log->first = (log->first + 1) % log->room;
    log->count--;
}

static void make_room(struct sim_log *log)
{
    while (log->count > 0 && (log->count == log->lines_max || log->bytes > BYTES_MAX))
        drop_oldest(log);
    if (log->count < log->room)
        return;
    size_t room = log->room > 0 ? log->room * 2 : 1024;
    if (room > log->lines_max)
        room = log->lines_max;
    struct sim_log_line *lines = sim_alloc(room, sizeof *lines);
    for (size_t i = 0; i < log->count; i++)
        lines[i] = *nth(log, i);
    free(log->lines);
    log->lines = lines;
    log->room = room;
    log->first = 0;
}

uint64_t sim_log_open(struct sim_log *log, int64_t at_ms, const char *method, const char *target)
{
    make_room(log);
    size_t method_bytes = strlen(method);
    size_t target_bytes = strlen(target);
    char *text = sim_alloc(method_bytes + target_bytes + 2, 1);
    memcpy(text, method, method_bytes);
    text[method_bytes] = ' ';
    memcpy(text + method_bytes + 1, target, target_bytes);
    log->count++;
    *nth(log, log->count - 1) = (struct sim_log_line){.at_ms = at_ms, .text = text};
    log->bytes += method_bytes + target_bytes + 1;
    return ++log->next_n;
}

void sim_log_body(struct sim_log_line *line, struct sim_log *log, const char *body, size_t bytes)
{
    size_t kept = bytes < BODY_KEPT_MAX ? bytes : BODY_KEPT_MAX;
    if (kept == 0)
        return;
    line->body = sim_dup(body, kept);
    line->body_bytes = bytes;
    line->body_kept_bytes = kept;
    log->bytes += kept;
}

/* NULL when the ring has moved on or was cleared since the line was opened. */
struct sim_log_line *sim_log_line(struct sim_log *log, uint64_t n, uint64_t generation)
{
    uint64_t behind = log->next_n - n;
    if (generation != log->generation || behind >= log->count)
        return NULL;
    return nth(log, log->count - 1 - (size_t)behind);
}

static json_t *body_json(const struct sim_log_line *line)
{
    if (line->body == NULL)
        return json_null();
    json_t *value = NULL;
    if (line->body_kept_bytes == line->body_bytes)
        value = json_loadb(line->body, line->body_bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (value == NULL)
        value = json_stringn(line->body, line->body_kept_bytes);
    if (value == NULL) /* not UTF-8 */
        value = json_sprintf("(%zu bytes that are not text)", line->body_bytes);
    return sim_must(value);
}

static json_t *id_json(const char *id)
{
    return id[0] != '\0' ? json_string(id) : json_null();
}

static json_t *line_json(const struct sim_log_line *line, uint64_t n)
{
    const char *space = strchr(line->text, ' ');
    json_t *method = json_stringn(line->text, (size_t)(space - line->text));
    json_t *path = json_string(space + 1);
    json_t *json =
        sim_must(json_pack("{s:I, s:I, s:o, s:o?, s:s?, s:o, s:o, s:i, s:s, s:o}", "n",
                           (json_int_t)n, "at_ms", (json_int_t)line->at_ms, "method", method,
                           "path", path, "who", line->who != NULL ? line->who->id : NULL, "user",
                           id_json(line->target), "body", body_json(line), "status", line->status,
                           "effect", sim_effect_name(line->effect), "entry", id_json(line->entry)));
    if (line->ended[0] != '\0')
        json_object_set_new(json, "ended", json_string(line->ended));
    if (line->fault != SIM_FAULT_NONE)
        json_object_set_new(json, "fault", json_string(sim_fault_name(line->fault)));
    if (line->body_kept_bytes < line->body_bytes)
        json_object_set_new(json, "body_bytes", json_integer((json_int_t)line->body_bytes));
    return json;
}

static int into_buffer(const char *text, size_t bytes, void *to)
{
    return evbuffer_add(to, text, bytes);
}

void sim_log_write(const struct sim_log *log, uint64_t after, uint64_t limit, struct evbuffer *to)
{
    uint64_t before_first = log->next_n - log->count;
    size_t i = after > before_first ? (size_t)(after - before_first) : 0;
    for (; i < log->count && limit > 0; i++, limit--) {
        json_t *json = line_json(nth(log, i), before_first + i + 1);
        json_dump_callback(json, into_buffer, to, JSON_COMPACT);
        evbuffer_add(to, "\n", 1);
        json_decref(json);
    }
}

/* A user who is no more stands in no line. */
void sim_log_forget(struct sim_log *log, const struct sim_user *user)
{
    for (size_t i = 0; i < log->count; i++)
        if (nth(log, i)->who == user)
            nth(log, i)->who = NULL;
}

void sim_log_clear(struct sim_log *log)
{
    while (log->count > 0)
        drop_oldest(log);
    free(log->lines);
    *log = (struct sim_log){.generation = log->generation + 1, .lines_max = log->lines_max};
}
