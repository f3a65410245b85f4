/* Rules text, compiled: no text may crash, hang or leak, and what compiles must match an event. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cw_doc_limits limits = {.bytes = 1 << 16, .nodes = 4096};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    struct cw_text text = {(const char *)data, size};
    cw_diags_file(diags, "f", text);
    enum cw_status status = cw_doc_parse("f", text, &limits, diags, &doc);
    if (!status)
        status = cw_ruleset_compile(doc, &lab_catalogue, diags, &rules);
    if ((status != CW_OK) != (cw_diags_count(diags, CW_ERROR) > 0))
        abort(); /* refused without a word, or accepted with an error */
    cw_doc_destroy(doc);
    if (!status) {
        struct lab *lab = lab_create();
        if (lab_event(lab, "github", "git", "push", "{\"ref\":\"main\",\"user\":[\"ada\",\"x\"]}"))
            lab_run(lab, rules, NULL);
        lab_destroy(lab);
    } else {
        free(cw_diags_render(diags, true));
    }
    cw_ruleset_unref(rules);
    cw_diags_destroy(diags);
    return 0;
}
