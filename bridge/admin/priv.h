/* admin/priv: what the pages of the admin listener share. A page of its own file has a row in the
 * table of admin/admin.c. */
#ifndef ADMIN_PRIV_H
#define ADMIN_PRIV_H

#include "admin/admin.h"
#include "admin/door.h"
#include "form.h"

enum { RELOADS = 16 };

struct admin {
    struct admin_deps deps;
    struct admin_door door;
    const struct listener *watched;
    struct listener_exchange *reloads[RELOADS]; /* that wait for the answer */
    size_t n_reloads;
};

/* Answers a request whose query was read. */
typedef void (*admin_answer_fn)(struct admin *, struct listener_exchange *, const struct form *);

/* A field of the query: a copy that ends with NUL, or NULL. */
char *admin_field(const struct form *form, const char *name);
/* The number of that name, 0 when there is none. */
int64_t admin_number(const struct form *form, const char *name);

void admin_text(struct listener_exchange *x, int status, const char *text);
/* JSON lines, which are freed, or a line that says what is wrong. */
void admin_found(struct listener_exchange *x, enum cw_status st, char *text, size_t len,
                 const struct cw_error *err);
/* The status of HTTP that says so. */
int admin_status(enum cw_status st);

/* admin/people.c */
void admin_people(struct admin *a, struct listener_exchange *x, const struct form *form);
void admin_strangers(struct admin *a, struct listener_exchange *x, const struct form *form);

/* admin/dead.c */
void admin_dead(struct admin *a, struct listener_exchange *x, const struct form *form);
void admin_dead_retry(struct admin *a, struct listener_exchange *x, const struct form *form);
void admin_dead_drop(struct admin *a, struct listener_exchange *x, const struct form *form);
/* ---- admin/login.c ---- */
void admin_login(struct admin *a, struct listener_exchange *x, const struct form *form);
void admin_login_code(struct admin *a, struct listener_exchange *x, const struct http_request *r);

/* admin/hold.c */
void admin_hold(struct admin *admin, struct listener_exchange *x, const struct form *form);
void admin_release(struct admin *admin, struct listener_exchange *x, const struct form *form);
void admin_holds(struct admin *admin, struct listener_exchange *x, const struct form *form);
/* For /readyz: "everybody is held until ...", which the caller frees, or NULL. */
char *admin_held(struct admin *admin);

#endif
