/* roster/page: pages of awork's users, and which of them are meant. */
#include "roster/priv.h"

#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RANK_NONE, RANK_OTHER, RANK_WORK };

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* ---- One user ---- */

/* Why nobody may act for them; NULL: they are there. */
static const char *why_not(const json_t *user)
{
    if (json_is_true(json_object_get(user, "isDeactivated")) ||
        json_is_true(json_object_get(json_object_get(user, "status"), "isDeactivated")))
        return "deactivated";
    if (json_is_true(json_object_get(user, "isArchived")))
        return "archived";
    return json_is_true(json_object_get(user, "isExternal")) ? "external" : NULL;
}

static char *name_of(const json_t *user)
{
    const char *first = text_of(user, "firstName"), *last = text_of(user, "lastName");
    return xprintf("%.100s%s%.100s", first, *first && *last ? " " : "", last);
}

static bool is_found(const struct entry_of *e, const char *id)
{
    for (size_t i = 0; i < e->n_found && i < 2; i++)
        if (strcmp(e->found[i].id, id) == 0)
            return true;
    return false;
}

/* The same user may come twice, when the pages shift meanwhile. */
static void add_user(struct entry_of *e, int rank, const json_t *user)
{
    char id[UUID_SIZE];
    if (rank < e->rank || !uuid_copy(text_of(user, "id"), id))
        return;
    if (rank > e->rank)
        e->n_found = 0;
    e->rank = rank;
    if (is_found(e, id))
        return;
    if (e->n_found < 2) {
        memcpy(e->found[e->n_found].id, id, sizeof id);
        roster_set(&e->found[e->n_found].name, name_of(user));
    }
    e->n_found++;
}

static void see_user(struct roster *r, const json_t *user)
{
    size_t i;
    const json_t *info;
    const char *skipped = why_not(user);
    json_array_foreach(json_object_get(user, "userContactInfos"), i, info)
    {
        const char *value = text_of(info, "value");
        struct entry_of *e =
            strcasecmp(text_of(info, "type"), "email") == 0 ? roster_find(r, value) : NULL;
        if (!e)
            continue;
        if (skipped)
            e->skipped = skipped;
        else
            add_user(e, strcasecmp(text_of(info, "subType"), "work") == 0 ? RANK_WORK : RANK_OTHER,
                     user);
    }
}

/* ---- A page ---- */

void roster_begin_pass(struct roster *r)
{
    r->got = 0;
    for (size_t i = 0; i < r->n; i++) {
        r->entries[i].rank = RANK_NONE;
        r->entries[i].n_found = 0;
        r->entries[i].skipped = NULL;
    }
}

/* A page may be short, or without anybody, although more follow: the total decides. Where it is not
 * told, or users are missing behind the last page, a page without anybody is the end. */
static enum roster_page take_list(struct roster *r, const json_t *list, int64_t total)
{
    size_t i;
    const json_t *user;
    json_array_foreach(list, i, user) see_user(r, user);
    r->got += (int64_t)json_array_size(list);
    bool may_end = (int64_t)r->page * ROSTER_PAGE >= total;
    bool is_whole = total > 0 && r->got >= total;
    return is_whole || (may_end && !json_array_size(list)) ? ROSTER_LAST : ROSTER_MORE;
}

enum roster_page roster_take(struct roster *r, const struct transport_answer *a, char **why)
{
    enum roster_page page = ROSTER_BAD;
    if (a->outcome != TRANSPORT_ANSWER) {
        *why = xprintf("%s", a->error ? a->error : "no answer");
        return page;
    }
    json_t *json = tell_read(a->body, 0);
    if (a->status == 200 && json_is_array(json))
        page = take_list(r, json, a->total_items);
    else if (a->status == 200)
        *why = xstrdup("the answer is no list of users");
    else
        *why = xprintf("awork answered %d%s%.100s", a->status, *text_of(json, "code") ? " " : "",
                       text_of(json, "code"));
    json_decref(json);
    return page;
}

/* ---- The end of a pass ---- */

static void learn(struct entry_of *e, int64_t now_ms)
{
    const struct found *f = &e->found[0];
    if (strcmp(e->id, f->id) != 0) {
        LOG(*e->id ? LOG_WARN : LOG_INFO,
            *e->id ? "this address is another user of awork now" : "awork knows this address",
            F_S("email", e->email), F_S("awork", f->id), F_S("name", f->name));
        memcpy(e->id, f->id, sizeof e->id);
        e->since_ms = now_ms;
    }
    roster_set(&e->name, xstrdup(f->name));
    roster_set(&e->trouble, NULL);
}

static char *trouble_of(const struct entry_of *e)
{
    if (e->n_found > 1)
        return xprintf("%s is the address of %zu users of awork: %s (%s) and %s (%s)", e->email,
                       e->n_found, e->found[0].name, e->found[0].id, e->found[1].name,
                       e->found[1].id);
    if (e->skipped)
        return xprintf("the user of awork with the address %s is %s", e->email, e->skipped);
    return *e->id ? xprintf("awork knows %s no more; the id that it told before goes on", e->email)
                  : xprintf("awork does not know %s (yet)", e->email);
}

/* Whose address is of several is nobody: to act for the wrong one would be worse than to wait. Who
 * is not found any more keeps the id: calls tell whether it is still good. */
static void miss(struct entry_of *e)
{
    char *trouble = trouble_of(e);
    if (!e->trouble || strcmp(e->trouble, trouble) != 0)
        LOG(LOG_WARN, "a person is not found at awork", F_S("reason", trouble));
    roster_set(&e->trouble, trouble);
    if (e->n_found > 1)
        e->id[0] = '\0';
}

size_t roster_end_pass(struct roster *r, bool whole, int64_t now_ms)
{
    size_t missing = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct entry_of *e = &r->entries[i];
        if (e->n_found == 1)
            learn(e, now_ms);
        else if (whole || e->n_found)
            miss(e);
        missing += !*e->id;
    }
    return missing;
}
