/* Log lines of a turn: kept until its commit, since what is not on disk did not happen. */
#include "dispatcher/priv.h"
#include "xalloc.h"

#include <stdlib.h>

static struct note *new_note(struct dispatcher *d, const struct lane *lane)
{
    struct note *n = xcalloc(1, sizeof *n);
    if (lane) {
        n->person = xstrdup(lane->person);
        n->rule = xstrdup(lane->head->rule);
        n->event = lane->head->event;
        n->call = lane->head->id;
        n->attempt = lane->head->attempt;
    }
    *d->last_note = n;
    d->last_note = &n->next;
    return n;
}

void note_answer(struct dispatcher *d, const struct lane *lane,
                 const struct action_verdict *verdict)
{
    const struct parcel *p = lane->parcel;
    struct note *n = new_note(d, lane);
    n->level = LOG_INFO;
    bool has_answer = p->answer.outcome == TRANSPORT_ANSWER;
    n->msg = p->host && has_answer ? "another host answered"
             : p->host             ? "no answer from another host"
             : has_answer          ? "awork answered"
                                   : "no answer from awork";
    n->op = xprintf("%s %s", p->method, p->path);
    n->status = p->answer.status;
    n->verdict = action_word(verdict);
    n->reason = xstrdup(verdict->reason);
    n->trace = xstrdup(p->answer.trace_id);
}

void note_end(struct dispatcher *d, enum log_level level, const char *msg, const struct lane *lane,
              const char *reason)
{
    struct note *n = new_note(d, lane);
    n->level = level;
    n->msg = msg;
    n->reason = xstrdup(reason);
}

void note_say(struct dispatcher *d, const struct lane *lane, const char *text)
{
    struct note *n = new_note(d, lane);
    n->level = LOG_INFO;
    n->text = xstrdup(text);
}

struct fields {
    struct log_field list[12];
    size_t n;
};

static void add_text(struct fields *f, const char *name, const char *value)
{
    if (value && *value)
        f->list[f->n++] = F_S(name, value);
}

static void add_number(struct fields *f, const char *name, int64_t value)
{
    if (value)
        f->list[f->n++] = F_I(name, value);
}

static void write_note(const struct note *n)
{
    struct fields f = {.n = 0};
    if (!log_on(n->level))
        return;
    add_number(&f, "event", n->event);
    add_text(&f, "rule", n->rule);
    add_text(&f, "person", n->person);
    add_number(&f, "call", n->call);
    if (n->op)
        add_number(&f, "attempt", n->attempt);
    add_text(&f, "op", n->op);
    add_number(&f, "status", n->status);
    add_text(&f, "verdict", n->verdict);
    add_text(&f, "reason", n->reason);
    add_text(&f, "trace", n->trace);
    f.list[f.n] = F_END;
    log_write(n->level, n->text ? n->text : n->msg, f.list);
}

static void take_notes(struct dispatcher *d, bool write)
{
    while (d->notes) {
        struct note *n = d->notes;
        d->notes = n->next;
        if (write)
            write_note(n);
        free(n->person);
        free(n->rule);
        free(n->op);
        free(n->reason);
        free(n->trace);
        free(n->text);
        free(n);
    }
    d->last_note = &d->notes;
}

void notes_write(struct dispatcher *d)
{
    take_notes(d, true);
}

void notes_drop(struct dispatcher *d)
{
    take_notes(d, false);
}
