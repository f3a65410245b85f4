/* What is sealed opens with the same key for the same purpose and person, and for nothing else. */
#include "check.h"
#include "seal.h"
#include "secret.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static const struct seal_key one = {"0123456789abcdef0123456789abcde"},
                             two = {"0123456789abcdef0123456789abcdf"};

static enum cw_status open_as(const struct seal_key *key, const char *purpose, const char *whose,
                              const char *sealed, char **out)
{
    struct cw_error err = {.text = ""};
    enum cw_status st = seal_open(key, purpose, whose, cw_text_of(sealed), out, &err);
    CHECK(!st || (err.text[0] && !strstr(err.text, "hush")));
    return st;
}

TEST(there_and_back)
{
    static const char *const secrets[] = {"", "x", "hush", "{\"access_token\":\"hush\"}"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        char *out = NULL;
        char *sealed = seal_make(&one, "token", "ada", cw_text_of(secrets[i]));
        CHECK_MEM(sealed, 2, "1:");
        CHECK(!strstr(sealed, "hush"));
        CHECK_INT(open_as(&one, "token", "ada", sealed, &out), CW_OK);
        CHECK_STR(out, secrets[i]);
        secret_free(out);
        free(sealed);
    }
}

TEST(no_two_are_the_same)
{
    char *a = seal_make(&one, "token", "ada", CW_TEXT("hush"));
    char *b = seal_make(&one, "token", "ada", CW_TEXT("hush"));
    CHECK(strcmp(a, b) != 0);
    free(a);
    free(b);
}

TEST(for_nobody_else)
{
    char *out = NULL;
    char *sealed = seal_make(&one, "token", "ada", CW_TEXT("hush"));
    CHECK_INT(open_as(&two, "token", "ada", sealed, &out), CW_EDENIED);
    CHECK_INT(open_as(&one, "token", "bo", sealed, &out), CW_EDENIED);
    CHECK_INT(open_as(&one, "other", "ada", sealed, &out), CW_EDENIED);
    CHECK_INT(open_as(&one, "toke", "nada", sealed, &out), CW_EDENIED);
    CHECK(out == NULL);
    free(sealed);
}

TEST(every_sign_counts)
{
    char *out = NULL;
    char *sealed = seal_make(&one, "token", "ada", CW_TEXT("hush"));
    for (size_t i = 0; i < strlen(sealed); i++) {
        char was = sealed[i];
        sealed[i] = was == 'A' ? 'B' : 'A';
        enum cw_status st = open_as(&one, "token", "ada", sealed, &out);
        CHECK_INT(st, i < 2 ? CW_EINVAL : CW_EDENIED);
        sealed[i] = was;
    }
    for (size_t len = 0; len < strlen(sealed); len++) {
        char *cut = xtext((struct cw_text){sealed, len});
        CHECK(open_as(&one, "token", "ada", cut, &out) != CW_OK);
        free(cut);
    }
    CHECK(out == NULL);
    free(sealed);
}

TEST(keys)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", true},
        {"000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f", true},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", false},  /* no padding */
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", false}, /* not canonical */
        {"", false},
        {"secret", false},
        {"000102030405060708090a0b0c0d0e0f", false},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", false},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", false},
        {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v", false}, /* 48 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seal_key key = {{0}};
        struct cw_error err = {.text = ""};
        enum cw_status st = seal_key_read(cw_text_of(rows[i].text), &key, &err);
        CHECK_INT(st, rows[i].good ? CW_OK : CW_EINVAL);
        CHECK_INT(key.bytes[31], rows[i].good ? 31 : 0);
        CHECK(rows[i].good || !*rows[i].text || !strstr(err.text, rows[i].text));
        seal_key_wipe(&key);
        CHECK_INT(key.bytes[31], 0);
    }
}

CHECK_MAIN
