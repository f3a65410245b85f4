#include "seal.h"

#include "codec.h"
#include "xalloc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE = 12, TAG = 16, MOST = 1 << 20 };

static const char version[] = "1:";

enum cw_status seal_key_read(struct cw_text text, struct seal_key *out, struct cw_error *err)
{
    unsigned char bytes[sizeof out->bytes];
    size_t len = text.len == 2 * sizeof bytes ? codec_hex(text, bytes, sizeof bytes)
                                              : codec_base64(text, bytes, sizeof bytes);
    bool good = len == sizeof bytes;
    if (good)
        memcpy(out->bytes, bytes, sizeof bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good ? CW_OK
                : cw_fail(
                      err, CW_EINVAL,
                      "a key is 32 random bytes, written as 64 hex digits or 44 signs of base64");
}

void seal_key_wipe(struct seal_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

/* ---- One message ---- */

/* Both texts with their NUL: no two pairs look the same. */
static bool bind(EVP_CIPHER_CTX *ctx, const char *purpose, const char *whose)
{
    int len;
    return EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)purpose,
                            (int)strlen(purpose) + 1) == 1 &&
           EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)whose,
                            (int)strlen(whose) + 1) == 1;
}

/* `to` may be `from`. With `encrypt` the tag is written, else it is checked. */
static bool run(const struct seal_key *key, const char *purpose, const char *whose,
                unsigned char *nonce, unsigned char *text, size_t len, unsigned char *tag,
                bool encrypt)
{
    int n = 0, end = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx)
        abort();
    bool good = EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->bytes, nonce, encrypt, NULL) == 1 &&
                bind(ctx, purpose, whose) && EVP_CipherUpdate(ctx, text, &n, text, (int)len) == 1 &&
                (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1) &&
                EVP_CipherFinal_ex(ctx, text + n, &end) == 1 &&
                (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return good;
}

char *seal_make(const struct seal_key *key, const char *purpose, const char *whose,
                struct cw_text secret)
{
    size_t all = NONCE + secret.len + TAG;
    unsigned char *bytes = xcalloc(1, all + 1), *text = bytes + NONCE;
    if (secret.len > MOST || RAND_bytes(bytes, NONCE) != 1)
        abort();
    memcpy(text, secret.at, secret.len);
    if (!run(key, purpose, whose, bytes, text, secret.len, text + secret.len, true))
        abort();
    char *out = xcalloc(1, sizeof version + (all + 2) / 3 * 4);
    memcpy(out, version, sizeof version);
    codec_put_base64(bytes, all, out + sizeof version - 1);
    free(bytes);
    return out;
}

/* Takes the bytes, and gives back the text in them. */
static char *text_of(unsigned char *bytes, size_t len)
{
    char *text = xtext((struct cw_text){(char *)bytes + NONCE, len});
    OPENSSL_cleanse(bytes, NONCE + len);
    return text;
}

enum cw_status seal_open(const struct seal_key *key, const char *purpose, const char *whose,
                         struct cw_text sealed, char **out, struct cw_error *err)
{
    size_t head = sizeof version - 1;
    if (sealed.len < head || sealed.len > 2 * (size_t)MOST || memcmp(sealed.at, version, head) != 0)
        return cw_fail(err, CW_EINVAL, "it is sealed in a way that this build does not know");
    auto_free unsigned char *bytes = xcalloc(1, sealed.len);
    size_t all =
        codec_base64((struct cw_text){sealed.at + head, sealed.len - head}, bytes, sealed.len);
    size_t len = all == SIZE_MAX || all < NONCE + TAG ? SIZE_MAX : all - NONCE - TAG;
    if (len == SIZE_MAX)
        return cw_fail(err, CW_EDENIED, "it was damaged");
    if (!run(key, purpose, whose, bytes, bytes + NONCE, len, bytes + NONCE + len, false))
        return cw_fail(err, CW_EDENIED, "it was sealed with another key, or was changed");
    *out = text_of(bytes, len);
    return CW_OK;
}
