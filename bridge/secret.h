/* secret: where ${secret.x} and ${env.x} come from.
 *
 * The first of: the folder of --secrets or $CLOCKWIRE_SECRETS_DIR, $CREDENTIALS_DIRECTORY/x,
 * /run/secrets/x, the variable CLOCKWIRE_SECRET_X (with a warning). A trailing newline is dropped;
 * missing, empty or larger than 64 KiB is an error. Names are [a-z0-9_]+, never a path. */
#ifndef SECRET_H
#define SECRET_H

#include <clockwire/rules.h>

struct secrets;

struct secrets *secrets_create(const char *folder); /* NULL: only the other places */
void secrets_destroy(struct secrets *secrets);      /* wipes what was read */

/* Renders a template that reads only secret.* and env.*. The text is the caller's, to be given to
 * secret_free(). Returns: CW_ENOENT naming the secret that is missing, never its value. */
enum cw_status secrets_text(struct secrets *secrets, struct cw_text tpl, char **out,
                            struct cw_error *err) CW_CHECKED;
void secret_free(char *secret); /* wipes, then frees; NULL is fine */

#endif
