/* Several files as one configuration, told apart by a line of ====: refused with a place in one of
 * them, or a ruleset. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 8 };

static const char *const names[FILES] = {"a.yaml", "b.yaml", "c.yaml", "d.yaml",
                                         "e.yaml", "f.yaml", "g.yaml", "h.yaml"};

static size_t split(struct cw_text text, struct cw_text files[FILES])
{
    static const char mark[] = "\n====\n";
    size_t n = 0;
    while (n + 1 < FILES) {
        const char *at = text.len ? memmem(text.at, text.len, mark, strlen(mark)) : NULL;
        if (!at)
            break;
        files[n++] = (struct cw_text){text.at, (size_t)(at - text.at) + 1};
        text.len -= (size_t)(at - text.at) + strlen(mark);
        text.at = at + strlen(mark);
    }
    files[n++] = text;
    return n;
}

static enum cw_status read(const struct cw_text *files, size_t n, struct cw_diags *diags,
                           struct cw_doc **out)
{
    const struct cw_doc_limits limits = {.bytes = 1 << 16, .nodes = 4096};
    const struct cw_node *root;
    enum cw_status status = cw_doc_parse(names[0], files[0], &limits, diags, out);
    for (size_t i = 1; i < n && !status; i++)
        status = cw_doc_add(*out, names[i], files[i], diags, &root);
    return status ? status : cw_doc_join(*out, diags);
}

static void check_places(const struct cw_diags *diags, size_t n)
{
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *diag = cw_diags_get(diags, i);
        size_t k = 0;
        while (k < n && (!diag->place.file || strcmp(diag->place.file, names[k]) != 0))
            k++;
        if (k == n || !diag->place.line || !diag->place.column)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_text files[FILES];
    size_t n = split((struct cw_text){(const char *)data, size}, files);
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    enum cw_status status = read(files, n, diags, &doc);
    if (!status)
        status = cw_ruleset_compile(doc, &lab_catalogue, diags, &rules);
    if ((status != CW_OK) != (cw_diags_count(diags, CW_ERROR) > 0))
        abort(); /* refused without a word, or accepted with an error */
    check_places(diags, n);
    free(cw_diags_render(diags, true));
    cw_doc_destroy(doc);
    cw_ruleset_unref(rules);
    cw_diags_destroy(diags);
    return 0;
}
