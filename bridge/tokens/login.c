/* A login: the code becomes a pair, awork says whose it is, the journal has it, and the person is
 * told. The code is good once: whatever goes wrong, they begin again. */
#include "log.h"
#include "tell.h"
#include "tokens/priv.h"
#include "xalloc.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum cw_status tokens_may_login(const struct tokens *t, const char *name, struct cw_error *err)
{
    const struct person *person = people_find(t->deps.people, name);
    if (!person)
        return cw_fail(err, CW_ENOENT, "there is no user `%.100s`", name);
    if (!person->oauth)
        return cw_fail(err, CW_EINVAL,
                       "`%.100s` does not log in: write `token: oauth` under users.%.100s", name,
                       name);
    if (!*person->awork)
        return cw_fail(err, CW_EINVAL, "nobody knows yet who `%.100s` is at awork: %.200s", name,
                       person->trouble ? person->trouble : "it is asked for");
    if (!t->has_key || !t->deps.people->target.oauth.id)
        return cw_fail(err, CW_EINVAL, "nobody can log in: %s is missing",
                       t->has_key ? "target.awork.oauth.client_id" : "journal.key");
    return CW_OK;
}

enum cw_status tokens_login(struct tokens *t, const struct tokens_login *with,
                            void (*told)(void *ctx, enum cw_status st, const char *line), void *ctx,
                            struct cw_error *err)
{
    enum cw_status st = tokens_may_login(t, with->person, err);
    if (st)
        return st;
    if (t->n_logins == LOGINS)
        return cw_fail(err, CW_EBUSY, "too many log in at once; try again");
    struct login *login = xcalloc(1, sizeof *login);
    login->person = xstrdup(with->person);
    login->told = told;
    login->ctx = ctx;
    login->next = t->logins;
    t->logins = login;
    t->n_logins++;
    wire_exchange(t, login, with);
    return CW_OK;
}

/* ---- Its end ---- */

static void end(struct tokens *t, struct login *login, enum cw_status st, const char *line)
{
    struct login **at = &t->logins;
    while (*at != login)
        at = &(*at)->next;
    *at = login->next;
    t->n_logins--;
    if (st)
        LOG(LOG_WARN, "a login came to nothing", F_S("person", login->person), F_S("reason", line));
    login->told(login->ctx, st, line);
    oauth_pair_wipe(&login->pair);
    free(login->person);
    free(login);
}

__attribute__((format(printf, 3, 4))) static void refuse(struct tokens *t, struct login *login,
                                                         const char *format, ...)
{
    char line[500];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    end(t, login, CW_EDENIED, line);
}

void logins_end(struct tokens *t)
{
    while (t->logins)
        end(t, t->logins, CW_EBUSY, "the daemon ends; log in again");
}

/* ---- The exchange ---- */

/* Returns: true when it goes on. */
static bool may_go_on(struct tokens *t, struct login *login, enum oauth_verdict verdict,
                      const char *why)
{
    if (verdict == OAUTH_GOOD && login->pair.refresh)
        return true;
    if (verdict == OAUTH_GOOD)
        refuse(t, login, "awork gave no refresh token: the client may not have offline_access");
    else if (verdict == OAUTH_GONE)
        refuse(t, login, "%s: the code was used, is too old, or is of another login; begin again",
               why);
    else if (verdict == OAUTH_CLIENT)
        refuse(t, login, "%s: awork refuses the client of target.awork.oauth", why);
    else
        refuse(t, login, "%s; begin again", why);
    return false;
}

static void on_exchanged(struct tokens *t, struct flight *f)
{
    struct login *login = f->login;
    char why[200] = "";
    enum oauth_verdict verdict = OAUTH_AGAIN;
    if (f->answer.outcome == TRANSPORT_ANSWER)
        verdict = oauth_judge(f->answer.status, f->answer.body, &login->pair, why);
    else
        snprintf(why, sizeof why, "awork's token endpoint did not answer: %s", f->answer.error);
    if (may_go_on(t, login, verdict, why))
        wire_me(t, login);
}

/* ---- Whose it is ---- */

/* A name for people, without anything that a terminal would obey. */
static void put_name(const json_t *me, char out[100])
{
    const char *first = json_string_value(json_object_get(me, "firstName"));
    const char *last = json_string_value(json_object_get(me, "lastName"));
    snprintf(out, 100, "%s%s%s", first ? first : "", first && last ? " " : "", last ? last : "");
    for (char *c = out; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
}

/* The pair is kept, and the person is told when it is on the disk. */
static enum cw_status keep(struct tokens *t, struct login *login, struct token *k, const char *id,
                           const char *name, struct cw_error *err)
{
    struct token was = *k;
    k->fresh = login->pair;
    k->fresh_owner = xstrdup(id);
    k->fresh_ms = t->now_ms;
    k->fault = FAULT_NONE;
    k->is_refused = k->is_trial = false;
    k->way = NULL; /* what is on its way is of no use any more */
    enum cw_status st = token_settle(t, k, err);
    if (st) {
        free(k->fresh_owner);
        *k = was;
        refuse(t, login, "%s; begin again later", err->text);
        return st;
    }
    login->pair = (struct oauth_pair){0};
    LOG(LOG_INFO, "this person has logged in", F_S("person", k->person), F_S("awork", k->owner));
    auto_free char *line = xprintf("%s is logged in as %s", k->person, name);
    end(t, login, CW_OK, line);
    return CW_OK;
}

static enum cw_status on_me(struct tokens *t, struct flight *f, struct cw_error *err)
{
    struct login *login = f->login;
    const struct person *person = people_find(t->deps.people, login->person);
    struct token *k = token_find(t, login->person);
    bool is_answer = f->answer.outcome == TRANSPORT_ANSWER && f->answer.status == 200;
    json_t *me = is_answer ? tell_read(f->answer.body, 0) : NULL;
    const char *id = json_string_value(json_object_get(me, "id"));
    enum cw_status st = CW_OK;
    char name[100];
    put_name(me, name);
    if (!k || !person)
        refuse(t, login, "`%s` is not in the configuration any more", login->person);
    else if (!id)
        refuse(t, login, "awork did not say whose token it is (status %d); begin again",
               f->answer.status);
    else if (strcasecmp(id, person->awork) != 0)
        refuse(
            t, login,
            "this login is of %s (%.40s), but users.%s.awork is %.40s: log out of awork, or use a "
            "private window, and begin again",
            name, id, login->person, person->awork);
    else
        st = keep(t, login, k, id, name, err);
    json_decref(me);
    return st;
}

enum cw_status login_heard(struct tokens *t, struct flight *f, struct cw_error *err)
{
    if (f->login->pair.access)
        return on_me(t, f, err);
    on_exchanged(t, f);
    return CW_OK;
}
