/* Where secrets come from, in which order, and what is refused. */
#include "check.h"
#include "log.h"
#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], other[64];

static void put(const char *dir, const char *name, const char *bytes, size_t len)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, len, f) != len || fclose(f))
        exit(1);
}

static void drop(const char *dir, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/cw-secret-XXXXXX");
    snprintf(other, sizeof other, "/tmp/cw-secret-XXXXXX");
    if (!mkdtemp(folder) || !mkdtemp(other))
        exit(1);
    unsetenv("CLOCKWIRE_SECRETS_DIR");
    unsetenv("CREDENTIALS_DIRECTORY");
    log_setup(LOG_ERROR, LOG_JSON, STDERR_FILENO);
}

static void teardown(void)
{
    rmdir(folder);
    rmdir(other);
}

static void gives(struct secrets *secrets, const char *tpl, const char *want)
{
    struct cw_error err = {0};
    char *text = NULL;
    CHECK_INT(secrets_text(secrets, cw_text_of(tpl), &text, &err), CW_OK);
    CHECK_STR(text, want);
    secret_free(text);
}

static void refuses(struct secrets *secrets, const char *tpl, enum cw_status status,
                    const char *part)
{
    struct cw_error err = {0};
    char *text = NULL;
    CHECK_INT(secrets_text(secrets, cw_text_of(tpl), &text, &err), status);
    CHECK_STR(text, NULL);
    if (!CHECK(strstr(err.text, part) != NULL))
        fprintf(stderr, "  it says: %s\n", err.text);
}

TEST(file_without_its_newline)
{
    setup();
    put(folder, "github", "s3cret value\n", 13);
    put(folder, "dos", "abc\r\n", 5);
    put(folder, "two", "a\n\n", 3);
    struct secrets *secrets = secrets_create(folder);
    gives(secrets, "${secret.github}", "s3cret value");
    gives(secrets, "Token ${secret.github}!", "Token s3cret value!");
    gives(secrets, "${secret.dos}", "abc");
    gives(secrets, "${secret.two}", "a\n");
    gives(secrets, "written out", "written out");
    drop(folder, "github");
    gives(secrets, "${secret.github}", "s3cret value"); /* read once */
    secrets_destroy(secrets);
    drop(folder, "dos");
    drop(folder, "two");
    teardown();
}

TEST(order_of_the_places)
{
    setup();
    put(folder, "a", "from the folder", 15);
    put(other, "a", "from credentials", 16);
    put(other, "b", "from credentials", 16);
    setenv("CREDENTIALS_DIRECTORY", other, 1);
    setenv("CLOCKWIRE_SECRET_B", "from the variable", 1);
    setenv("CLOCKWIRE_SECRET_C", "from the variable\n", 1);
    struct secrets *secrets = secrets_create(folder);
    gives(secrets, "${secret.a}", "from the folder");
    gives(secrets, "${secret.b}", "from credentials");
    gives(secrets, "${secret.c}", "from the variable");
    secrets_destroy(secrets);
    secrets = secrets_create(NULL);
    gives(secrets, "${secret.a}", "from credentials");
    secrets_destroy(secrets);
    setenv("CLOCKWIRE_SECRETS_DIR", folder, 1);
    secrets = secrets_create(NULL);
    gives(secrets, "${secret.a}", "from the folder");
    secrets_destroy(secrets);
    drop(folder, "a");
    drop(other, "a");
    drop(other, "b");
    unsetenv("CLOCKWIRE_SECRET_B");
    unsetenv("CLOCKWIRE_SECRET_C");
    teardown();
}

TEST(missing_empty_and_odd_ones)
{
    setup();
    char *large = calloc(1, 70000);
    memset(large, 'x', 70000);
    put(folder, "empty", "", 0);
    put(folder, "newline", "\n", 1);
    put(folder, "nul", "a\0b", 3);
    put(folder, "large", large, 70000);
    put(folder, "fits", large, 65536);
    setenv("CLOCKWIRE_SECRET_BLANK", "", 1);
    struct secrets *secrets = secrets_create(folder);
    refuses(secrets, "${secret.nowhere}", CW_ENOENT, "`nowhere` is missing");
    refuses(secrets, "${secret.nowhere | default: x}", CW_ENOENT, "`nowhere` is missing");
    refuses(secrets, "${secret.empty}", CW_EINVAL, "`empty` in ");
    refuses(secrets, "${secret.newline}", CW_EINVAL, "is empty");
    refuses(secrets, "${secret.blank}", CW_EINVAL, "is empty");
    refuses(secrets, "${secret.nul}", CW_EINVAL, "NUL");
    refuses(secrets, "${secret.large}", CW_EINVAL, "larger than 64 KiB");
    char *text = NULL;
    CHECK_INT(secrets_text(secrets, CW_TEXT("${secret.fits}"), &text, NULL), CW_OK);
    CHECK_INT(text ? strlen(text) : 0, 65536);
    secret_free(text);
    refuses(secrets, "", CW_ENOENT, "empty");
    secrets_destroy(secrets);
    const char *const names[] = {"empty", "newline", "nul", "large", "fits"};
    for (size_t i = 0; i < 5; i++)
        drop(folder, names[i]);
    unsetenv("CLOCKWIRE_SECRET_BLANK");
    free(large);
    teardown();
}

TEST(names_and_other_paths)
{
    setup();
    struct secrets *secrets = secrets_create(folder);
    refuses(secrets, "${secret.UPPER}", CW_EINVAL, "a-z");
    refuses(secrets, "${secret['../etc/passwd']}", CW_EINVAL, "a-z");
    refuses(secrets, "${secret.a.b}", CW_EINVAL, "only secret.NAME");
    refuses(secrets, "${body.x}", CW_EINVAL, "only secret.NAME");
    refuses(secrets, "${secret.x", CW_ESYNTAX, "}");
    setenv("CW_TEST_VARIABLE", "value", 1);
    gives(secrets, "x-${env.CW_TEST_VARIABLE}", "x-value");
    gives(secrets, "${env.CW_TEST_NOT_THERE | default: y}", "y");
    refuses(secrets, "${env.CW_TEST_NOT_THERE}", CW_ENOENT, "env.CW_TEST_NOT_THERE");
    secrets_destroy(secrets);
    secrets_destroy(NULL);
    secret_free(NULL);
    teardown();
}

TEST(a_pipe_is_no_secret)
{
    setup();
    char path[200];
    snprintf(path, sizeof path, "%s/pipe", folder);
    CHECK_INT(mkfifo(path, 0600), 0);
    struct secrets *secrets = secrets_create(folder);
    refuses(secrets, "${secret.pipe}", CW_EINVAL, "not a regular file");
    secrets_destroy(secrets);
    unlink(path);
    teardown();
}

CHECK_MAIN
