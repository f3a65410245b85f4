/* admin/dead: the pages of dead letters: what can never succeed, and what is done about it. */
#include "admin/priv.h"

#include "clock.h"
#include "letters.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Who is gone from the configuration can be asked for by name. */
static const char *person_of(const struct admin *a, const char *user)
{
    const struct cw_person *person =
        user ? cw_ruleset_find(a->deps.config->rules, cw_text_of(user)) : NULL;
    return person ? person->name : user;
}

void admin_dead(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    auto_free char *rule = admin_field(form, "rule"), *user = admin_field(form, "user");
    struct letters_ask ask = {admin_number(form, "after"), rule, person_of(a, user)};
    enum cw_status st = letters_list(a->deps.store, &ask, &text, &len, &err);
    admin_found(x, st, text, len, &err);
}

static void see_to_one(struct admin *a, struct listener_exchange *x, int64_t id, bool drop)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    int64_t as = 0;
    enum cw_status st = engine_letter(a->deps.engine, id, drop, clock_now_ms(), &as, &err);
    if (!st) {
        FILE *f = tell_open(&text, &len);
        json_t *line = json_pack("{s:I}", drop ? "dropped" : "retried", (json_int_t)id);
        if (!drop)
            json_object_set_new(line, "as", json_integer(as));
        tell_line(f, line);
        tell_close(f);
    }
    admin_found(x, st, text, len, &err);
}

/* A page of them: who asks goes on with "next" and "before". */
static void see_to_all(struct admin *a, struct listener_exchange *x, const struct form *form,
                       bool drop)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    auto_free char *rule = admin_field(form, "rule"), *user = admin_field(form, "user");
    int64_t now_ms = clock_now_ms(), before_ms = admin_number(form, "before");
    struct engine_letters which = {drop, admin_number(form, "after"),
                                   before_ms ? before_ms : now_ms, rule, person_of(a, user)};
    struct engine_letters_done done;
    enum cw_status st = engine_letters(a->deps.engine, &which, now_ms, &done, &err);
    if (!st) {
        FILE *f = tell_open(&text, &len);
        tell_line(f, json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", drop ? "dropped" : "retried",
                               (json_int_t)done.letters, "calls", (json_int_t)done.calls, "left",
                               (json_int_t)done.left, "next", (json_int_t)done.last, "before",
                               (json_int_t)which.before_ms, "more", done.more));
        tell_close(f);
    }
    admin_found(x, st, text, len, &err);
}

static void see_to(struct admin *a, struct listener_exchange *x, const struct form *form, bool drop)
{
    auto_free char *id = admin_field(form, "id");
    if (id && strcmp(id, "all") == 0)
        see_to_all(a, x, form, drop);
    else if (id && *id && strspn(id, "0123456789") == strlen(id) && strlen(id) < 19)
        see_to_one(a, x, strtoll(id, NULL, 10), drop);
    else
        admin_text(x, 400, "ask for ?id=N, the number of a call, or ?id=all\n");
}

void admin_dead_retry(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    see_to(a, x, form, false);
}

void admin_dead_drop(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    see_to(a, x, form, true);
}
