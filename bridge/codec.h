/* codec: hex and base64, read strictly: what has two spellings has one too many for a signature. */
#ifndef CODEC_H
#define CODEC_H

#include <clockwire/error.h>

/* Returns: the decoded length, or SIZE_MAX when the text is malformed or larger than `size`. */
size_t codec_hex(struct cw_text text, unsigned char *out, size_t size);
size_t codec_base64(struct cw_text text, unsigned char *out, size_t size);
void codec_put_hex(const unsigned char *bytes, size_t len, char *out);    /* 2 len + 1 */
void codec_put_base64(const unsigned char *bytes, size_t len, char *out); /* 4 ceil(len/3) + 1 */

#endif
