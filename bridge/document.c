#include "document.h"

#include "file.h"
#include "xalloc.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LEVELS = 8, NAMES = 4096 };

struct identity {
    dev_t device;
    ino_t inode;
};

/* A file whose `include` is being followed, and what includes it. */
struct level {
    const char *file;
    struct identity id;
    unsigned depth;
    const struct level *above;
};

struct reader {
    struct cw_diags *diags;
    struct cw_doc *doc;
    struct identity *seen; /* files that were read */
    size_t n_seen;
    size_t names; /* that were written or fit a pattern, the same ones too */
    bool bad;
};

static void fault(struct reader *r, const struct cw_node *node, const char *code, const char *hint,
                  const char *text)
{
    cw_diags_add(r->diags, CW_ERROR, code, cw_node_place(node), hint, "%s", text);
    r->bad = true;
}

static void cannot_read(struct reader *r, const struct cw_node *node, const char *path,
                        enum cw_status status, const char *why)
{
    auto_free char *text = xprintf("cannot read %s: %s", path, why);
    fault(r, node, "cannot-read",
          status == CW_EINVAL ? "all files of a folder are written folder/*.yaml" : NULL, text);
}

static bool is_same(struct identity a, struct identity b)
{
    return a.device == b.device && a.inode == b.inode;
}

static bool was_read(struct reader *r, struct identity id)
{
    for (size_t i = 0; i < r->n_seen; i++)
        if (is_same(r->seen[i], id))
            return true;
    r->seen = xrealloc(r->seen, (r->n_seen + 1) * sizeof *r->seen);
    r->seen[r->n_seen++] = id;
    return false;
}

static bool is_open(const struct level *level, struct identity id)
{
    for (; level; level = level->above)
        if (is_same(level->id, id))
            return true;
    return false;
}

static void follow(struct reader *r, const struct level *level, const struct cw_node *root);

static void add_file(struct reader *r, const struct level *level, const struct cw_node *node,
                     const char *path)
{
    const struct cw_node *root = NULL;
    struct cw_error err;
    size_t len = 0;
    char *bytes = NULL;
    enum cw_status status = file_read(path, true, FILE_BYTES, &bytes, &len, &err);
    auto_free char *text = bytes;
    if (status)
        cannot_read(r, node, path, status, err.text);
    else if (cw_doc_add(r->doc, path, (struct cw_text){text, len}, r->diags, &root))
        r->bad = true;
    else
        follow(r, level, root);
}

static void cycle(struct reader *r, const struct cw_node *node, const struct level *above,
                  const struct level *level)
{
    bool direct = is_same(above->id, level->id);
    auto_free char *text = xprintf("%s includes itself%s%s", level->file,
                                   direct ? "" : " by way of ", direct ? "" : above->file);
    fault(r, node, "include-cycle",
          "keep included files in a folder of their own, such as conf.d/*.yaml", text);
}

static void include(struct reader *r, const struct level *above, const struct cw_node *node,
                    const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        cannot_read(r, node, path, CW_ENOENT, strerror(errno));
        return;
    }
    struct level level = {path, {st.st_dev, st.st_ino}, above->depth + 1, above};
    if (is_open(above, level.id)) {
        cycle(r, node, above, &level);
    } else if (level.depth > LEVELS) {
        fault(r, node, "too-deep", NULL, "files are included through more than 8 levels");
    } else if (!was_read(r, level.id)) {
        add_file(r, &level, node, path);
    }
}

/* ---- Patterns ---- */

static bool one_more(struct reader *r, const struct cw_node *node)
{
    if (r->names++ < NAMES)
        return true;
    if (r->names == NAMES + 1)
        fault(r, node, "too-large", NULL, "more than 4096 files and patterns are included");
    return false;
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

/* The folder is a name and no pattern, whatever signs it has. */
static char *pattern_beside(const char *file, const char *text)
{
    auto_free char *path = file_beside(file, text);
    size_t folder = strlen(path) - strlen(text), n = 0;
    char *made = xmalloc(2 * strlen(path) + 1);
    for (size_t i = 0; path[i]; i++) {
        if (i < folder && strchr("*?[\\", path[i]))
            made[n++] = '\\';
        made[n++] = path[i];
    }
    made[n] = '\0';
    return made;
}

static int on_glob_error(const char *path, int error)
{
    (void)path;
    return error != ENOENT && error != ENOTDIR;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void include_all(struct reader *r, const struct level *level, const struct cw_node *node,
                        const char *text)
{
    glob_t found = {0};
    auto_free char *pattern = pattern_beside(level->file, text);
    int result = glob(pattern, GLOB_NOSORT, on_glob_error, &found);
    if (result == GLOB_NOSPACE)
        abort();
    if (result == GLOB_ABORTED)
        cannot_read(r, node, text, CW_EIO, "a folder cannot be looked into");
    else if (result == GLOB_NOMATCH)
        cw_diags_add(r->diags, CW_WARNING, "include-nothing", cw_node_place(node), NULL,
                     "no file is named like %s", pattern);
    if (!result)
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; !result && i < found.gl_pathc && one_more(r, node); i++)
        include(r, level, node, found.gl_pathv[i]);
    globfree(&found);
}

/* ---- include ---- */

static void follow_one(struct reader *r, const struct level *level, const struct cw_node *node)
{
    const char *text = cw_node_text(node).at;
    if (cw_node_kind(node) != CW_NODE_SCALAR || !*text) {
        fault(r, node, "wrong-kind", NULL, "`include` is the name of a file, a pattern, or a list");
    } else if (!one_more(r, node)) {
        return;
    } else if (is_pattern(text)) {
        include_all(r, level, node, text);
    } else {
        auto_free char *path = file_beside(level->file, text);
        include(r, level, node, path);
    }
}

static void follow(struct reader *r, const struct level *level, const struct cw_node *root)
{
    const struct cw_node *node = cw_node_get(root, "include");
    if (!node)
        return;
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        follow_one(r, level, node);
        return;
    }
    if (!cw_node_count(node))
        fault(r, node, "bad-value", NULL, "this list of files is empty");
    for (size_t i = 0; i < cw_node_count(node) && r->names <= NAMES; i++)
        follow_one(r, level, cw_node_item(node, i));
}

/* ---- The whole ---- */

static bool read_first(struct reader *r, const char *file)
{
    struct cw_place place = {file, 1, 1, 1};
    struct cw_error err;
    size_t len = 0;
    char *bytes = NULL;
    if (file_read(file, false, FILE_BYTES, &bytes, &len, &err)) {
        cw_diags_add(r->diags, CW_ERROR, "cannot-read", place, NULL, "cannot read this file: %s",
                     err.text);
        return false;
    }
    auto_free char *text = bytes;
    const struct cw_doc_limits limits = {.mend = true};
    return cw_doc_parse(file, (struct cw_text){text, len}, &limits, r->diags, &r->doc) == CW_OK;
}

static bool read_all(struct reader *r, const char *file)
{
    struct stat st;
    struct level level = {.file = file};
    if (!read_first(r, file))
        return false;
    if (stat(file, &st) == 0)
        level.id = (struct identity){st.st_dev, st.st_ino};
    const struct cw_node *root = cw_doc_root(r->doc);
    if (cw_node_kind(root) != CW_NODE_MAP) {
        fault(r, root, "wrong-kind", NULL,
              "a configuration is a mapping that begins with `version: 1`");
        return false;
    }
    follow(r, &level, root);
    return !r->bad && cw_doc_join(r->doc, r->diags) == CW_OK;
}

struct cw_doc *document_read(const char *file, struct cw_diags *diags)
{
    struct reader r = {.diags = diags};
    bool good = read_all(&r, file);
    free(r.seen);
    if (good)
        return r.doc;
    cw_doc_destroy(r.doc);
    return NULL;
}
