/* seal: a short secret at rest, encrypted and authenticated (AES-256-GCM of OpenSSL).
 *
 * A sealed text says for what and for whom it is: it opens for just these, so that nobody who can
 * write the journal gives one person the secret of another. Its form has a version. */
#ifndef SEAL_H
#define SEAL_H

#include <clockwire/error.h>

struct seal_key {
    unsigned char bytes[32];
};

/* Reads a key as 64 hex digits or 44 signs of base64; nothing else is one, so that no password is
 * taken for a key. Returns: CW_EINVAL, without a word of the text. */
enum cw_status seal_key_read(struct cw_text text, struct seal_key *out,
                             struct cw_error *err) CW_CHECKED;
void seal_key_wipe(struct seal_key *key);

/* "1:" and base64 of a random nonce, the ciphertext and the tag. The text is the caller's. */
char *seal_make(const struct seal_key *key, const char *purpose, const char *whose,
                struct cw_text secret);
/* The text ends with NUL and is the caller's, to be given to secret_free(). Returns: CW_EDENIED
 * when it is not of this key, purpose and person, or was changed; CW_EINVAL for another form. */
enum cw_status seal_open(const struct seal_key *key, const char *purpose, const char *whose,
                         struct cw_text sealed, char **out, struct cw_error *err) CW_CHECKED;

#endif
