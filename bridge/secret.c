/* secret: looks a name up in the folders and the environment, once, and keeps it until the end.
 *
 * A place that has no such file is passed over; a file that is there but cannot be used (another
 * kind than a regular file, unreadable, empty, too large, holding NUL) is an error and hides the
 * places after it. The value never gets into an error or a line of the log. */
#include "secret.h"

#include "log.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES = 64 * 1024, NAME_BYTES = 100 };

struct secret {
    struct secret *next;
    char *name, *value;
};

struct secrets {
    char *folder;
    struct secret *known;
};

struct secrets *secrets_create(const char *folder)
{
    struct secrets *secrets = xcalloc(1, sizeof *secrets);
    secrets->folder = xstrdup(folder ? folder : getenv("CLOCKWIRE_SECRETS_DIR"));
    return secrets;
}

void secret_free(char *secret)
{
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

void secrets_destroy(struct secrets *secrets)
{
    if (!secrets)
        return;
    for (struct secret *s = secrets->known, *next; s; s = next) {
        next = s->next;
        secret_free(s->value);
        free(s->name);
        free(s);
    }
    free(secrets->folder);
    free(secrets);
}

/* Drops one newline at the end and says what is wrong with the rest, or NULL. */
static const char *fault_of(char *value, size_t len)
{
    if (len > SECRET_BYTES)
        return "larger than 64 KiB";
    if (len && value[len - 1] == '\n')
        value[--len] = '\0';
    if (len && value[len - 1] == '\r')
        value[--len] = '\0';
    if (!len)
        return "empty";
    return strlen(value) != len ? "not text: it holds a NUL" : NULL;
}

static enum cw_status unreadable(const char *path, const char *name, struct cw_error *err)
{
    return cw_fail(err, CW_EIO, "the secret `%s` cannot be read from %s: %s", name, path,
                   strerror(errno));
}

static enum cw_status read_all(int fd, const char *path, const char *name, char **out,
                               struct cw_error *err)
{
    char *value = xcalloc(1, SECRET_BYTES + 2); /* one more shows that it is too large */
    size_t len = 0;
    ssize_t got;
    do {
        got = read(fd, value + len, SECRET_BYTES + 1 - len);
        len += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && len <= SECRET_BYTES) || (got < 0 && errno == EINTR));
    enum cw_status status = CW_OK;
    const char *fault = NULL;
    if (got < 0)
        status = unreadable(path, name, err);
    else if ((fault = fault_of(value, len)))
        status = cw_fail(err, CW_EINVAL, "the secret `%s` in %s is %s", name, path, fault);
    else
        *out = xstrdup(value);
    OPENSSL_cleanse(value, SECRET_BYTES + 2);
    free(value);
    return status;
}

/* CW_ENOENT without a word when the folder has no such file. */
static enum cw_status read_file(const char *folder, const char *name, char **out,
                                struct cw_error *err)
{
    if (!folder || !*folder)
        return CW_ENOENT;
    char *auto_free path = xprintf("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return CW_ENOENT;
    if (fd < 0)
        return unreadable(path, name, err);
    struct stat st;
    enum cw_status status;
    if (fstat(fd, &st) != 0)
        status = unreadable(path, name, err);
    else if (!S_ISREG(st.st_mode))
        status = cw_fail(err, CW_EINVAL, "the secret `%s`: %s is not a regular file", name, path);
    else
        status = read_all(fd, path, name, out, err);
    close(fd);
    return status;
}

static enum cw_status read_variable(const char *name, char **out, struct cw_error *err)
{
    char *auto_free variable = xprintf("CLOCKWIRE_SECRET_%s", name);
    for (char *c = variable; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    const char *value = getenv(variable);
    if (!value)
        return CW_ENOENT;
    char *copy = xstrdup(value);
    const char *fault = fault_of(copy, strlen(copy));
    if (fault) {
        secret_free(copy);
        return cw_fail(err, CW_EINVAL, "the secret `%s` in the variable %s is %s", name, variable,
                       fault);
    }
    LOG(LOG_WARN, "a secret comes from the environment, which other processes may see",
        F_S("variable", variable));
    *out = copy;
    return CW_OK;
}

static bool is_name(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", text.at[i]) || !text.at[i])
            return false;
    return text.len && text.len <= NAME_BYTES;
}

static enum cw_status find(struct secrets *secrets, const char *name, char **out,
                           struct cw_error *err)
{
    const char *folders[] = {secrets->folder, getenv("CREDENTIALS_DIRECTORY"), "/run/secrets"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        enum cw_status status = read_file(folders[i], name, out, err);
        if (status != CW_ENOENT)
            return status;
    }
    enum cw_status status = read_variable(name, out, err);
    if (status == CW_ENOENT)
        return cw_fail(err, CW_ENOENT, "the secret `%s` is missing", name);
    return status;
}

static enum cw_status get_secret(struct secrets *secrets, struct cw_text name, const char **out,
                                 struct cw_error *err)
{
    if (!is_name(name))
        return cw_fail(err, CW_EINVAL, "names of secrets are of a-z, 0-9 and _");
    for (struct secret *s = secrets->known; s; s = s->next)
        if (cw_text_is(name, s->name)) {
            *out = s->value;
            return CW_OK;
        }
    char *value = NULL, *copy = xtext(name);
    enum cw_status status = find(secrets, copy, &value, err);
    if (status) {
        free(copy);
        return status;
    }
    struct secret *made = xcalloc(1, sizeof *made);
    *made = (struct secret){secrets->known, copy, value};
    secrets->known = made;
    *out = value;
    return CW_OK;
}

static enum cw_status lookup(void *ctx, struct cw_path path, struct cw_arena *arena,
                             struct cw_value *out, struct cw_error *err)
{
    bool plain =
        path.n == 2 && path.steps[0].kind == CW_STEP_NAME && path.steps[1].kind == CW_STEP_NAME;
    const char *value = NULL;
    if (plain && cw_text_is(path.steps[0].name, "secret")) {
        enum cw_status status = get_secret(ctx, path.steps[1].name, &value, err);
        if (status)
            return status;
    } else if (plain && cw_text_is(path.steps[0].name, "env")) {
        char *auto_free name = xtext(path.steps[1].name);
        value = getenv(name);
        value = value ? cw_arena_copy(arena, cw_text_of(value)) : NULL;
    } else {
        return cw_fail(err, CW_EINVAL, "only secret.NAME and env.NAME can be read here");
    }
    *out = value ? cw_value_string(cw_text_of(value)) : (struct cw_value){.kind = CW_MISSING};
    return CW_OK;
}

/* True when the text is (a part of) a kept one, not a copy to be wiped. */
static bool is_kept(const struct secrets *secrets, const char *at)
{
    for (const struct secret *s = secrets->known; s; s = s->next)
        if ((uintptr_t)at >= (uintptr_t)s->value &&
            (uintptr_t)at <= (uintptr_t)s->value + strlen(s->value))
            return true;
    return false;
}

enum cw_status secrets_text(struct secrets *secrets, struct cw_text tpl, char **out,
                            struct cw_error *err)
{
    struct cw_arena *arena = xarena(1024 * 1024);
    const struct cw_scope scope = {.lookup = lookup, .ctx = secrets};
    const struct cw_template *compiled;
    struct cw_value value = {.kind = CW_MISSING};
    enum cw_status status = cw_template_parse(tpl, arena, &compiled, err);
    if (!status)
        status = cw_template_render(compiled, &scope, arena, &value, err);
    if (!status && !value.text.len)
        status = cw_fail(err, CW_ENOENT, "a secret is empty here");
    if (!status)
        *out = xtext(value.text);
    if (!status && !is_kept(secrets, value.text.at))
        OPENSSL_cleanse((char *)(uintptr_t)value.text.at, value.text.len); /* lies in the arena */
    cw_arena_destroy(arena);
    return status;
}
