/*
 * The little that OAuth needs of coding: SHA-256, base64, percent signs.
 */
#include "codec.h"
#include "sim.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void sim_challenge_of(const char *verifier, char out[44])
{
    unsigned char digest[32];
    unsigned char text[48]; /* 44 characters and a zero */
    if (EVP_Digest(verifier, strlen(verifier), digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
    EVP_EncodeBlock(text, digest, sizeof digest);
    for (size_t i = 0; i < 43; i++)
        out[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i];
    out[43] = '\0';
}

char *sim_unbase64(const char *text)
{
    size_t bytes = strlen(text);
    if (bytes == 0 || bytes % 4 != 0 || bytes > 8192)
        return NULL;
    char *out = sim_alloc(bytes + 1, 1);
    if (EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text, (int)bytes) >= 0)
        return out; /* padding comes out as zero bytes */
    free(out);
    return NULL;
}

char *sim_escape(const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = sim_alloc(strlen(text) * 3 + 1, 1);
    char *to = out;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (strchr(plain, *text) != NULL) {
            *to++ = *text;
            continue;
        }
        *to++ = '%';
        *to++ = "0123456789ABCDEF"[c >> 4];
        *to++ = "0123456789ABCDEF"[c & 15];
    }
    return out;
}
