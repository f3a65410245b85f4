#include "rules_of.h"

#include "zones.h"

#include "action/action.h"

#include <stdio.h>
#include <stdlib.h>

static struct cw_ruleset *compile(const char *text, const struct cw_catalogue *catalogue,
                                  struct cw_diags *diags)
{
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    if (cw_doc_parse("rules.yaml", cw_text_of(text), NULL, diags, &doc) == CW_OK &&
        cw_ruleset_compile(doc, catalogue, diags, &rules) != CW_OK)
        rules = NULL;
    cw_doc_destroy(doc);
    return rules;
}

struct cw_ruleset *rules_of(const char *text)
{
    static const char *const sections[] = {NULL};
    static const struct cw_source_spec sources[] = {{.name = "calendar"},
                                                    {.name = "desktop", .family = "desktop"},
                                                    {.name = "github", .family = "git"}};
    struct cw_catalogue catalogue = {.actions = action_specs,
                                     .n_actions = action_specs_n,
                                     .sources = sources,
                                     .n_sources = 3,
                                     .sections = sections,
                                     .zone = zones_read,
                                     .clock = true};
    struct cw_diags *diags = cw_diags_create();
    struct cw_ruleset *rules = compile(text, &catalogue, diags);
    if (!rules) {
        fprintf(stderr, "%s", cw_diags_render(diags, false));
        exit(1);
    }
    cw_diags_destroy(diags);
    return rules;
}
