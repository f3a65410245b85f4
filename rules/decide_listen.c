/* decide_listen: what a rule remembers of the events that its triggers heard, and whether this one
 * makes them fire.
 *
 * `all` remembers when each part came last ("1772442000000 0 1772442060000", 0 for not yet),
 * `count` when each event came ("1772442000000 1772442060000"); what is older than `within` is of
 * no use. Who fires begins anew. `absent` remembers when its person's clock runs out, and of the
 * last sign of life what the rules read. */
#include <string.h>

#include "buf.h"
#include "decide.h"
#include "grammar.h"
#include "match.h"

struct times {
    int64_t at[CWR_COUNT];
    size_t n;
};

/* What cannot be read is as good as nothing; what is still to come, by a clock that was set back,
 * is now. */
static void read_times(const struct cwr_deciding *d, const struct cw_mark *mark, struct times *out)
{
    const struct cw_text text = mark->value;
    for (size_t i = 0; i < text.len && out->n < CWR_COUNT; i++) {
        int64_t ms = 0;
        for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9' && ms < INT64_MAX / 100; i++)
            ms = ms * 10 + (text.at[i] - '0');
        if (ms)
            ms = mark->until_ms - ms < d->now_ms ? mark->until_ms - ms : d->now_ms;
        out->at[out->n++] = ms;
    }
}

static enum cw_status print_times(const struct times *times, int64_t until_ms,
                                  struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    for (size_t i = 0; i < times->n; i++)
        cwr_buf_printf(&buf, "%s%lld", i ? " " : "",
                       times->at[i] ? (long long)(until_ms - times->at[i]) : 0);
    return cwr_buf_end(&buf, out);
}

static bool is_recent(const struct cwr_deciding *d, const struct cwr_trigger *t, int64_t ms)
{
    return ms && d->now_ms - ms <= t->within_ms;
}

/* Returns: whether all parts have come. */
static bool add_parts(const struct cwr_deciding *d, const struct cwr_trigger *t, uint32_t parts,
                      struct times *times)
{
    bool all = true;
    for (; times->n < t->n_parts; times->n++)
        times->at[times->n] = 0;
    times->n = t->n_parts;
    for (size_t i = 0; i < times->n; i++) {
        if (parts & (uint32_t)1 << i)
            times->at[i] = d->now_ms;
        else if (!is_recent(d, t, times->at[i]))
            times->at[i] = 0;
        all = all && times->at[i];
    }
    return all;
}

/* Returns: whether there are enough of them. */
static bool add_one(const struct cwr_deciding *d, const struct cwr_trigger *t, struct times *times)
{
    size_t n = 0, most = t->count - 1;
    for (size_t i = times->n > most ? times->n - most : 0; i < times->n; i++)
        if (is_recent(d, t, times->at[i]))
            times->at[n++] = times->at[i];
    times->at[n++] = d->now_ms;
    times->n = n;
    return n == t->count;
}

static enum cw_status read_mark(const struct cwr_deciding *d, const struct cw_effect *effect,
                                struct times *out)
{
    struct cw_mark mark = {
        .kind = effect->mark, .rule = effect->rule, .person = effect->person, .key = effect->key};
    enum cw_status status = CW_ENOENT;
    if (d->facts && d->facts->mark)
        status = d->facts->mark(d->facts->ctx, &mark);
    out->n = 0;
    if (!status)
        read_times(d, &mark, out);
    return status == CW_ENOENT ? CW_OK : status;
}

/* The mark of a trigger for the person and key of a candidate. */
static enum cw_status begin(const struct cwr_deciding *d, const struct cwr_rule *rule,
                            const struct cw_candidate *from, struct cw_effect *out)
{
    static const char *const kinds[] = {
        [CW_TRIGGER_ALL] = "all", [CW_TRIGGER_ABSENT] = "absent", [CW_TRIGGER_COUNT] = "count"};
    const struct cwr_trigger *t = &rule->when.items[from->trigger];
    *out = (struct cw_effect){.kind = CW_EFFECT_MARK,
                              .rule = rule->id.at,
                              .person = from->person,
                              .place = rule->place,
                              .mark = kinds[t->kind],
                              .value = CW_TEXT(""),
                              .until_ms = d->now_ms + t->within_ms};
    return cwr_mark_key(t, from->key, d->arena, &out->key);
}

enum cw_status cwr_mark_key(const struct cwr_trigger *trigger, struct cw_text key,
                            struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    cwr_buf_put(&buf, trigger->shown);
    cwr_buf_puts(&buf, "\n");
    cwr_buf_put(&buf, key);
    return cwr_buf_end(&buf, out);
}

enum cw_status cwr_decide_sign(const struct cwr_deciding *d, const struct cwr_rule *rule,
                               const struct cw_candidate *from, struct cw_effect *out)
{
    enum cw_status status = begin(d, rule, from, out);
    out->value = from->vars;
    return status;
}

enum cw_status cwr_decide_part(const struct cwr_deciding *d, const struct cwr_rule *rule,
                               const struct cw_candidate *from, struct cw_effect *out, bool *fires)
{
    const struct cwr_trigger *t = &rule->when.items[from->trigger];
    struct times times;
    enum cw_status status = begin(d, rule, from, out);
    if (!status)
        status = read_mark(d, out, &times);
    if (status)
        return status;
    bool whole =
        t->kind == CW_TRIGGER_ALL ? add_parts(d, t, from->parts, &times) : add_one(d, t, &times);
    *fires = whole && !from->unfit;
    if (*fires)
        out->kind = CW_EFFECT_FORGET;
    out->until_ms++; /* at its end it is of use still */
    return *fires ? CW_OK : print_times(&times, out->until_ms, d->arena, &out->value);
}
