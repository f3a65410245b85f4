/* event: what the paths of rules find: event.*, source.*, user.*
 *
 * `event.x` is, in this order: one of the names that always exist (id, type, source, received,
 * provider_type), the user as the source maps it, a field of the source, `body` and `header`, else
 * the path x in the body. */
#include <string.h>

#include "buf.h"
#include "condition.h"
#include "fold.h"
#include "moment.h"

static bool step_is(struct cw_path path, size_t i, const char *name)
{
    return i < path.n && path.steps[i].kind == CW_STEP_NAME && cw_text_is(path.steps[i].name, name);
}

static enum cw_status follow(struct cw_value value, struct cw_path path, size_t steps,
                             struct cw_arena *arena, struct cw_value *out)
{
    if (path.n == steps) {
        *out = value;
        return CW_OK;
    }
    return cw_value_get(&value, cw_path_skip(path, steps), arena, out);
}

static const struct cw_field *find_field(const struct cw_field *fields, size_t n,
                                         struct cw_text name)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].name.len == name.len && memcmp(fields[i].name.at, name.at, name.len) == 0)
            return &fields[i];
    return NULL;
}

static const struct cw_field *find_header(const struct cw_event *event, struct cw_text name)
{
    for (size_t i = 0; i < event->n_headers; i++) {
        struct cw_text have = event->headers[i].name;
        size_t same = 0;
        while (have.len == name.len && same < name.len &&
               cwr_case_char(CWR_CASE_LOWER, (unsigned char)have.at[same]) ==
                   cwr_case_char(CWR_CASE_LOWER, (unsigned char)name.at[same]))
            same++;
        if (have.len == name.len && same == name.len)
            return &event->headers[i];
    }
    return NULL;
}

static enum cw_status get_received(const struct cw_event *event, struct cw_arena *arena,
                                   struct cw_value *out)
{
    char text[CWR_MOMENT_SIZE];
    struct cw_text made = cwr_moment_print(event->received_ms, text);
    made.at = cw_arena_copy(arena, made);
    if (!made.at)
        return CW_NOMEM;
    *out = cw_value_string(made);
    return CW_OK;
}

/* Returns: false when the name is none of those that always exist. */
static bool get_builtin(const struct cw_event *event, struct cw_path path, struct cw_value *out)
{
    const struct {
        const char *name;
        struct cw_text text;
    } rows[] = {{"id", event->id},
                {"type", event->type},
                {"source", event->source},
                {"provider_type", event->provider_type}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!step_is(path, 1, rows[i].name))
            continue;
        struct cw_text text = rows[i].text;
        *out = cw_value_string(text.at ? text : CW_TEXT(""));
        return true;
    }
    return false;
}

static enum cw_status get_header(const struct cw_event *event, struct cw_path path,
                                 struct cw_arena *arena, struct cw_value *out)
{
    const struct cw_field *header = NULL;
    if (path.n > 2 && path.steps[2].kind == CW_STEP_NAME)
        header = find_header(event, path.steps[2].name);
    *out = (struct cw_value){.kind = CW_MISSING};
    return header ? follow(header->value, path, 3, arena, out) : CW_OK;
}

/* What a stored event has kept of this path. */
static enum cw_status get_used(const struct cw_event *event, struct cw_path path,
                               struct cw_arena *arena, struct cw_value *out)
{
    struct cw_step step = {.kind = CW_STEP_NAME};
    if (cwr_path_print(path, arena, &step.name))
        return CW_NOMEM;
    return cw_value_get(&event->used, (struct cw_path){&step, 1}, arena, out);
}

enum cw_status cwr_event_get(const struct cw_event *event, struct cw_path path,
                             struct cw_arena *arena, struct cw_value *out)
{
    struct cw_value value;
    *out = (struct cw_value){.kind = CW_MISSING};
    if (event->used.kind == CW_OBJECT)
        return get_used(event, path, arena, out);
    if (path.n < 2)
        return follow(event->body, path, path.n, arena, out);
    if (get_builtin(event, path, &value))
        return follow(value, path, 2, arena, out);
    if (step_is(path, 1, "received")) {
        enum cw_status status = get_received(event, arena, &value);
        return status ? status : follow(value, path, 2, arena, out);
    }
    if (step_is(path, 1, "user") && event->user.kind != CW_MISSING)
        return follow(event->user, path, 2, arena, out);
    if (path.steps[1].kind == CW_STEP_NAME) {
        const struct cw_field *field =
            find_field(event->fields, event->n_fields, path.steps[1].name);
        if (field)
            return follow(field->value, path, 2, arena, out);
    }
    if (step_is(path, 1, "body"))
        return follow(event->body, path, 2, arena, out);
    if (step_is(path, 1, "header"))
        return get_header(event, path, arena, out);
    return follow(event->body, path, 1, arena, out);
}

enum cw_status cwr_source_get(const struct cw_event *event, struct cw_path path,
                              struct cw_arena *arena, struct cw_value *out)
{
    *out = (struct cw_value){.kind = CW_MISSING};
    if (event->used.kind == CW_OBJECT) {
        enum cw_status status = get_used(event, path, arena, out);
        if (status || out->kind != CW_MISSING)
            return status;
    }
    if (path.n == 2 && step_is(path, 1, "name"))
        *out = cw_value_string(event->source);
    if (path.n < 3 || !step_is(path, 1, "path") || path.steps[2].kind != CW_STEP_NAME)
        return CW_OK;
    const struct cw_field *param = find_field(event->params, event->n_params, path.steps[2].name);
    return param ? follow(param->value, path, 3, arena, out) : CW_OK;
}

struct cw_value cwr_person_get(const struct cw_person *person, struct cw_path path)
{
    const struct {
        const char *name, *text;
    } rows[] = {{"name", person->name},
                {"awork", *person->awork ? person->awork : NULL},
                {"timezone", person->timezone},
                {"type_of_work", person->type_of_work},
                /* The address may be a secret, and so it is in no text; who it is will do. */
                {"chat", person->chat ? person->name : NULL}};
    if (path.n == 2 && step_is(path, 1, "teams"))
        return person->teams;
    for (size_t i = 0; path.n == 2 && i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].text && step_is(path, 1, rows[i].name))
            return cw_value_string(cw_text_of(rows[i].text));
    return (struct cw_value){.kind = CW_MISSING};
}

static bool is_simple(struct cw_text name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-'))
            return false;
    }
    return name.len > 0;
}

static void print_odd(struct cwr_buf *buf, struct cw_text name)
{
    cwr_buf_puts(buf, "['");
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '\'' || name.at[i] == '\\')
            cwr_buf_puts(buf, "\\");
        cwr_buf_put(buf, (struct cw_text){name.at + i, 1});
    }
    cwr_buf_puts(buf, "']");
}

enum cw_status cwr_path_print(struct cw_path path, struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    for (size_t i = 0; i < path.n; i++) {
        const struct cw_step *step = &path.steps[i];
        if (step->kind == CW_STEP_EACH) {
            cwr_buf_puts(&buf, "[*]");
        } else if (step->kind == CW_STEP_INDEX) {
            cwr_buf_printf(&buf, "[%d]", (int)step->index);
        } else if (is_simple(step->name)) {
            cwr_buf_puts(&buf, i ? "." : "");
            cwr_buf_put(&buf, step->name);
        } else {
            print_odd(&buf, step->name);
        }
    }
    return cwr_buf_end(&buf, out);
}
