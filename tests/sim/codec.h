#ifndef AWORK_SIM_CODEC_H
#define AWORK_SIM_CODEC_H

#include <stdbool.h>
#include <stddef.h>

/* S256 of RFC 7636: base64url of the SHA-256, 43 characters. */
void sim_challenge_of(const char *verifier, char out[44]);
/* What base64 stands for, with a zero byte behind it, for the caller to free; NULL: none. */
char *sim_unbase64(const char *text);
/* `text` as it may stand in a query, for the caller to free. */
char *sim_escape(const char *text);

#endif
