#include "replies.h"

#include "metrics.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS = 256, TEXT_BYTES = 64 * 1024 }; /* for one sender */

const char replies_late[] = "Noted. It takes a moment longer.";

struct awaited {
    int64_t run;
    uint32_t step;
    bool is_told, is_weak;
    char *text; /* NULL: told already, with another */
};

struct waiter {
    struct waiter *next;
    struct awaited *texts;
    size_t n, n_told;
    int64_t first_run, last_run; /* whose texts it waits for */
    int64_t until_ms;
    void (*heard)(void *ctx, struct cw_text text); /* NULL until it is on disk */
    void *ctx;
};

struct replies {
    struct waiter *first;
    size_t n, most;
    bool closed;
};

struct replies *replies_create(size_t most)
{
    struct replies *r = xcalloc(1, sizeof *r);
    r->most = most;
    return r;
}

/* ---- Who waits ---- */

static void waiter_free(struct waiter *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->texts[i].text);
    free(w->texts);
    free(w);
}

static void unlink_waiter(struct replies *r, const struct waiter *w)
{
    struct waiter **at = &r->first;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    r->n--;
}

void replies_drop(struct replies *r, struct waiter *w)
{
    if (!w)
        return;
    unlink_waiter(r, w);
    waiter_free(w);
}

static struct waiter *add_waiter(struct replies *r)
{
    if (r->closed || r->n == r->most)
        return NULL;
    struct waiter *w = xcalloc(1, sizeof *w);
    w->until_ms = w->first_run = INT64_MAX;
    w->last_run = INT64_MIN;
    w->next = r->first;
    r->first = w;
    r->n++;
    return w;
}

/* Returns: NULL when too many wait. */
static struct awaited *add_text(struct replies *r, struct waiter **waiter)
{
    struct waiter *w = *waiter ? *waiter : add_waiter(r);
    if (!w)
        return NULL;
    *waiter = w;
    if (w->n == TEXTS)
        return NULL;
    if (!(w->n & (w->n - 1)))
        w->texts = xrealloc(w->texts, (w->n ? 2 * w->n : 1) * sizeof *w->texts);
    w->texts[w->n] = (struct awaited){0};
    return &w->texts[w->n++];
}

bool replies_expect(struct replies *r, struct waiter **waiter, int64_t run, uint32_t step)
{
    struct awaited *a = add_text(r, waiter);
    if (!a)
        return false;
    a->run = run;
    a->step = step;
    if (run < (*waiter)->first_run)
        (*waiter)->first_run = run;
    if (run > (*waiter)->last_run)
        (*waiter)->last_run = run;
    return true;
}

bool replies_add(struct replies *r, struct waiter **waiter, const char *text)
{
    struct awaited *a = add_text(r, waiter);
    if (!a)
        return false;
    *a = (struct awaited){.is_told = true, .is_weak = true, .text = xstrdup(text)};
    (*waiter)->n_told++;
    return true;
}

static struct waiter *find(const struct replies *r, int64_t run)
{
    struct waiter *w = r ? r->first : NULL;
    while (w && (run < w->first_run || run > w->last_run))
        w = w->next;
    return w;
}

static bool is_meant(const struct awaited *a, int64_t run, uint32_t step, bool behind)
{
    return a->run == run && !a->is_told && (behind ? a->step > step : a->step == step);
}

static bool awaits(const struct replies *r, int64_t run, uint32_t step, bool behind)
{
    const struct waiter *w = find(r, run);
    for (size_t i = 0; w && i < w->n; i++)
        if (is_meant(&w->texts[i], run, step, behind))
            return true;
    return false;
}

bool replies_awaits(const struct replies *r, int64_t run, uint32_t step)
{
    return awaits(r, run, step, false);
}

bool replies_awaits_behind(const struct replies *r, int64_t run, uint32_t step)
{
    return awaits(r, run, step, true);
}

/* ---- What they hear ---- */

static size_t put(char *to, size_t len, const char *text)
{
    size_t gap = len ? 1 : 0,
           n = len + gap < TEXT_BYTES ? tell_fits(cw_text_of(text), TEXT_BYTES - len - gap) : 0;
    if (!n)
        return len;
    if (gap)
        to[len] = '\n';
    memcpy(to + len + gap, text, n);
    return len + gap + n;
}

/* What is known, in the order of the rules; what is not is late. Why a rule had nothing to say is
 * said when none had. */
static void finish(struct replies *r, struct waiter *w)
{
    auto_free char *text = xmalloc(TEXT_BYTES);
    size_t len = 0;
    bool is_weak = w->n_told == w->n;
    for (size_t i = 0; i < w->n; i++)
        is_weak = is_weak && w->texts[i].is_weak;
    for (size_t i = 0; i < w->n; i++)
        if (w->texts[i].text && w->texts[i].is_weak == is_weak)
            len = put(text, len, w->texts[i].text);
    if (w->n_told < w->n)
        len = put(text, len, replies_late);
    metric_add(w->n_told < w->n ? METRIC_replies_late : METRIC_replies_told, 1);
    unlink_waiter(r, w);
    w->heard(w->ctx, (struct cw_text){text, len});
    waiter_free(w);
}

void replies_hear(struct replies *r, struct waiter *w, int64_t until_ms,
                  void (*heard)(void *ctx, struct cw_text text), void *ctx)
{
    w->until_ms = until_ms;
    w->heard = heard;
    w->ctx = ctx;
    if (r->closed || w->n_told == w->n)
        finish(r, w);
}

void replies_tell(struct replies *r, int64_t run, uint32_t step, bool behind, bool weak,
                  const char *text)
{
    struct waiter *w = find(r, run);
    bool said = false;
    for (size_t i = 0; w && i < w->n; i++) {
        struct awaited *a = &w->texts[i];
        if (!is_meant(a, run, step, behind))
            continue;
        a->is_told = true;
        a->is_weak = weak;
        a->text = said ? NULL : xstrdup(text);
        said = true;
        w->n_told++;
    }
    if (said && w->n_told == w->n && w->heard)
        finish(r, w);
}

/* ---- Time ---- */

int64_t replies_next_ms(const struct replies *r)
{
    int64_t next_ms = INT64_MAX;
    for (const struct waiter *w = r->first; w; w = w->next)
        if (w->until_ms < next_ms)
            next_ms = w->until_ms;
    return next_ms;
}

void replies_expire(struct replies *r, int64_t now_ms)
{
    for (struct waiter *w = r->first, *next; w; w = next) {
        next = w->next;
        if (w->heard && w->until_ms <= now_ms)
            finish(r, w);
    }
}

void replies_close(struct replies *r)
{
    r->closed = true;
    replies_expire(r, INT64_MAX);
}

size_t replies_waiting(const struct replies *r)
{
    return r->n;
}

void replies_destroy(struct replies *r)
{
    if (!r)
        return;
    while (r->first)
        replies_drop(r, r->first);
    free(r);
}
