#include "file.h"

#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cw_status failed(struct cw_error *err)
{
    enum cw_status status = errno == ENOENT || errno == ENOTDIR ? CW_ENOENT : CW_EIO;
    return cw_fail(err, status, "%s", strerror(errno));
}

static enum cw_status check_kind(int fd, bool regular, struct cw_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return failed(err);
    if (S_ISDIR(st.st_mode))
        return cw_fail(err, CW_EINVAL, "it is a folder");
    if (regular && !S_ISREG(st.st_mode))
        return cw_fail(err, CW_EINVAL, "it is no regular file");
    return CW_OK;
}

static enum cw_status read_all(int fd, size_t most, char **out, size_t *len, struct cw_error *err)
{
    size_t size = 1 << 16, n = 0;
    char *text = xmalloc(size);
    ssize_t got;
    do {
        if (n == size)
            text = xrealloc(text, size *= 2);
        got = read(fd, text + n, size - n);
        n += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && n <= most) || (got < 0 && errno == EINTR));
    enum cw_status status = CW_OK;
    if (got < 0)
        status = failed(err);
    else if (n > most)
        status = cw_fail(err, CW_ELIMIT, "it is larger than %zu %s",
                         most >> 20 ? most >> 20 : most >> 10, most >> 20 ? "MiB" : "KiB");
    if (status) {
        free(text);
        return status;
    }
    *out = text;
    *len = n;
    return CW_OK;
}

enum cw_status file_read(const char *path, bool regular, size_t most, char **out, size_t *len,
                         struct cw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0));
    if (fd < 0)
        return failed(err);
    enum cw_status status = check_kind(fd, regular, err);
    if (!status)
        status = read_all(fd, most, out, len, err);
    close(fd);
    return status;
}

void file_show(const char *path, struct cw_diags *diags)
{
    char *bytes = NULL;
    size_t len = 0;
    if (file_read(path, true, FILE_BYTES, &bytes, &len, NULL))
        return;
    auto_free char *text = bytes;
    cw_diags_file(diags, path, (struct cw_text){text, len});
}

char *file_beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    if (*name == '/' || !slash)
        return xstrdup(name);
    return xprintf("%.*s%s", (int)(slash + 1 - file), file, name);
}
