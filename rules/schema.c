/* schema: the JSON Schema (draft-07) of what the compiler takes, out of the tables by which it
 * reads. Never stricter than the compiler: what the schema refuses, `check` refuses.
 *
 * Every form of a value is a definition; a key points at it and says what it is for. In the
 * fragments below ' stands for ". */
#include <string.h>

#include <clockwire/rules.h>

#include "buf.h"
#include "fact.h"
#include "grammar.h"

#define DAY       "(mon|tue|wed|thu|fri|sat|sun)"
#define DAYS      DAY "(-" DAY ")?(," DAY "(-" DAY ")?)*"
#define TIME      "([01][0-9]|2[0-3]):[0-5][0-9]"
#define UNIT      "(millisecond|second|minute|hour|day)s?"
#define TYPES     "'type':['string','number','boolean']"
#define FACT      "^(?!for$)[a-z][a-z0-9_]{0,63}$" /* the name of one */
#define REF(name) "{'$ref':'#/definitions/" name "'}"
/* A section; an empty one counts for nothing where other files have more. */
#define NAMED                                                                                      \
    "'type':['object','null'],'propertyNames':{'pattern':'^[^\\\\x00- :${}]{1,100}$',"             \
    "'not':{'const':'everyone'}}"
/* One of them or a list. */
#define SOME(name) "'anyOf':[" REF(name) ",{'type':'array','minItems':1,'items':" REF(name) "}]"

static const struct {
    const char *name, *fragment;
} forms[CWR_FORMS] = {
    [CWR_FORM_ANY] = {"any", ""},
    [CWR_FORM_VERSION] = {"version", "'enum':[1,'1']"},
    [CWR_FORM_TEXT] = {"text", TYPES},
    [CWR_FORM_TEXTS] = {"texts", "'type':'array','items':" REF("text")},
    [CWR_FORM_TEMPLATE] = {"template",
                           TYPES ",'description':'Text in which ${path | filter} is replaced.'"},
    [CWR_FORM_BOOL] = {"bool", "'type':'boolean'"},
    [CWR_FORM_ID] = {"rule_id", "'type':'string','pattern':'^[a-z][a-z0-9-]{0,99}$'"},
    [CWR_FORM_AWORK] = {"awork_user",
                        "'type':'string','pattern':"
                        "'^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[^@ ]+@[^@ ]+)$',"
                        "'examples':['6a2c1d3e-0000-4000-8000-000000000001','ada@example.org']"},
    [CWR_FORM_ZONE] = {"zone", "'type':'string','pattern':"
                               "'^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$'"},
    [CWR_FORM_DURATION] = {"duration", "'type':'string','pattern':'^[0-9]+ " UNIT "$',"
                                       "'examples':['90 seconds','10 minutes','1 hour','1 day']"},
    [CWR_FORM_INSTANT] = {"instant",
                          "'type':'string','pattern':'[$][{]|[0-9]{4}-[0-9]{2}-[0-9]{2}',"
                          "'examples':['${event.start}','5 minutes before ${event.start}',"
                          "'${event.end}']"},
    [CWR_FORM_SCHEDULE] = {"schedule",
                           "'type':'string','pattern':'^(" DAYS " " TIME "|[0-9]+ " UNIT ")$',"
                           "'examples':['mon-fri 20:00','sat,sun 09:30','30 minutes']"},
    [CWR_FORM_WINDOW] = {"window", "'type':'string','pattern':'^" DAYS " " TIME "-(" TIME
                                   "|24:00)$','examples':['mon-fri 09:00-17:30',"
                                   "'sat-sun 10:00-16:00','fri 22:00-06:00']"},
    [CWR_FORM_WINDOWS] = {"windows", SOME("window")},
    [CWR_FORM_DATES] = {"dates", "'type':'array','items':{'type':'string',"
                                 "'pattern':'^([0-9]{4}-[0-9]{2}-[0-9]{2}|.+[.][iI][cC][sS])$'}"},
    [CWR_FORM_HOURS] = {"hours", "'anyOf':[" REF("window") ",{'type':'array','minItems':1,"
                                                           "'items':" REF("window") "}," REF(
                                                               "hours_of") "]"},
    [CWR_FORM_ALL_HOURS] = {"all_hours", "'type':['object','null'],'propertyNames':{'pattern':"
                                         "'^[^\\\\x00- :${}\\\\[\\\\],]{1,100}$'},"
                                         "'additionalProperties':" REF("hours")},
    [CWR_FORM_PEOPLE] = {"people", NAMED ",'additionalProperties':" REF("person")},
    [CWR_FORM_TEAMS] = {"teams", NAMED ",'additionalProperties':{'type':'array','minItems':1,"
                                       "'items':" REF("text") "}"},
    [CWR_FORM_RULES] = {"rules", "'type':['array','null'],'items':" REF("rule")},
    [CWR_FORM_EVENT] = {"event", "'type':'string','pattern':"
                                 "'^[a-z][a-z0-9_]*[.]([*]|[a-z][a-z0-9_]*)$',"
                                 "'examples':['calendar.meeting_ended','github.push',"
                                 "'desktop.idle']"},
    [CWR_FORM_TRIGGER] = {"trigger", NULL},
    [CWR_FORM_UNLESS] = {"unless", NULL},
    [CWR_FORM_PARTS] = {"parts",
                        "'type':'array','minItems':2,'maxItems':16,'items':" REF("unless")},
    [CWR_FORM_COUNT] = {"how_many", "'type':['integer','string'],'minimum':1,'maximum':1000,"
                                    "'pattern':'^([1-9][0-9]{0,2}|1000)$'"},
    [CWR_FORM_WHO] = {"who", SOME("text")},
    [CWR_FORM_CONDITION] = {"condition", NULL},
    [CWR_FORM_CONDITIONS] = {"conditions", "'type':'array','minItems':1,'items':" REF("condition")},
    [CWR_FORM_TIMER] = {"timer", SOME("timer_state")},
    [CWR_FORM_NAMES] = {"names", SOME("text")},
    [CWR_FORM_ACTIONS] = {"actions",
                          "'anyOf':[" REF("action") ",{'type':'array','minItems':1,"
                                                    "'maxItems':100,'items':" REF("action") "}]"},
    [CWR_FORM_MODE] = {"mode", NULL},
    [CWR_FORM_SWITCH] = {"switch", NULL},
    [CWR_FORM_SCALAR] = {"scalar", "'type':['string','number','boolean','null'],"
                                   "'pattern':'^([^$]|[$](?![{]))*$'"},
    [CWR_FORM_SCALARS] = {"scalars", "'type':'array','minItems':1,'items':" REF("scalar")},
    [CWR_FORM_PATTERN] = {"pattern", TYPES ",'examples':['^refs/heads/(?<task>[A-Z]{2,}-[0-9]+)']"},
    [CWR_FORM_NUMBER] = {"number", "'anyOf':[{'type':'number'}," REF("duration") "]"},
    [CWR_FORM_MOMENT] = {"moment", "'type':'string','pattern':"
                                   "'^[0-9]{4}-[0-9]{2}-[0-9]{2}($|[Tt ])',"
                                   "'examples':['2026-03-02','2026-03-02T10:00:00Z']"},
    [CWR_FORM_ITEM] = {"item_condition", NULL},
};

/* ---- Writing ---- */

struct writer {
    struct cwr_buf out;
    const struct cw_catalogue *catalogue;
};

/* A fragment, with " for '. */
static void put(struct writer *w, const char *fragment)
{
    for (const char *quote; (quote = strchr(fragment, '\'')); fragment = quote + 1) {
        cwr_buf_put(&w->out, (struct cw_text){fragment, (size_t)(quote - fragment)});
        cwr_buf_puts(&w->out, "\"");
    }
    cwr_buf_puts(&w->out, fragment);
}

static void comma(struct writer *w)
{
    if (w->out.len && !strchr("[{:,", w->out.at[w->out.len - 1]))
        cwr_buf_puts(&w->out, ",");
}

static void put_text(struct writer *w, const char *text)
{
    comma(w);
    cwr_buf_json_string(&w->out, cw_text_of(text));
}

static void put_name(struct writer *w, const char *name)
{
    put_text(w, name);
    cwr_buf_puts(&w->out, ":");
}

static void put_words(struct writer *w, const char *const *words)
{
    put_name(w, "enum");
    cwr_buf_puts(&w->out, "[");
    for (size_t i = 0; words[i]; i++)
        put_text(w, words[i]);
    cwr_buf_puts(&w->out, "]");
}

static void put_help(struct writer *w, const char *help)
{
    if (!help)
        return;
    put_name(w, "description");
    put_text(w, help);
}

/* {"allOf":[{"$ref":...}],...}: beside a $ref nothing else would count. */
static void put_key(struct writer *w, const struct cwr_key *key)
{
    put_name(w, key->name);
    put(w, "{'allOf':[{'$ref':'#/definitions/");
    cwr_buf_puts(&w->out, forms[key->form].name);
    put(w, "'}]");
    put_help(w, key->help);
    if (key->example) {
        put(w, ",'examples':[");
        put(w, key->example);
        put(w, "]");
    }
    put(w, "}");
}

static void put_required(struct writer *w, const struct cwr_keys *keys)
{
    bool any = false;
    for (size_t i = 0; i < keys->n; i++) {
        if (!keys->at[i].required || keys->at[i].later)
            continue;
        if (!any) {
            put_name(w, "required");
            cwr_buf_puts(&w->out, "[");
        }
        any = true;
        put_text(w, keys->at[i].name);
    }
    if (any)
        cwr_buf_puts(&w->out, "]");
}

/* The inside of an object that has these keys; more may follow, and an end. */
static void begin_keys(struct writer *w, const struct cwr_keys *keys)
{
    comma(w);
    put(w, "'type':'object'");
    put_required(w, keys);
    put(w, ",'additionalProperties':false,'properties':{");
    for (size_t i = 0; i < keys->n; i++)
        if (!keys->at[i].later)
            put_key(w, &keys->at[i]);
}

static void put_keys(struct writer *w, const struct cwr_keys *keys)
{
    begin_keys(w, keys);
    put(w, "}");
}

static void begin(struct writer *w, const char *name)
{
    put_name(w, name);
    put(w, "{");
}

static void end(struct writer *w)
{
    put(w, "}");
}

/* ---- Conditions ---- */

static void put_path(struct writer *w, const char *root, const char *name)
{
    comma(w);
    cwr_buf_printf(&w->out, "\"%s%s\":", root, name);
    put(w, REF("matcher"));
}

/* The paths that have a name each. */
static void put_named_paths(struct writer *w, bool of_items)
{
    for (size_t i = 0; cwr_person_fields[i]; i++)
        put_path(w, "user.", cwr_person_fields[i]);
    for (size_t i = 0; i < CWR_FACTS && !of_items; i++)
        put_path(w, "", cwr_fact_path(i));
}

/* Those of which the event, the pattern or the source has the names. */
static void put_paths(struct writer *w, bool of_items)
{
    put(w, ",'patternProperties':{'^(event|match|source)[.[]|^(user|timer)\\\\[':" REF("matcher"));
    put(w, of_items ? ",'^item($|[.[])':" REF("matcher")
                    : ",'^state[.](?!for$)[a-z][a-z0-9_]*$|^state\\\\[':" REF("matcher"));
    put(w, "}");
}

static void put_condition(struct writer *w)
{
    begin(w, "condition");
    put(w, "'description':'All of these must hold: paths with matchers, facts, all, any, not.',"
           "'minProperties':1");
    begin_keys(w, &cwr_condition_keys);
    put_named_paths(w, false);
    end(w);
    put_paths(w, false);
    end(w);
    begin(w, "item_condition");
    put(w, "'description':'A condition about item and item.x.','type':'object','minProperties':1,"
           "'additionalProperties':false,'properties':{"
           "'all':{'type':'array','minItems':1,'items':" REF(
               "item_condition") "},"
                                 "'any':{'type':'array','minItems':1,'items':" REF(
                                     "item_condition") "},"
                                                       "'not':" REF("item_condition"));
    put_named_paths(w, true);
    end(w);
    put_paths(w, true);
    end(w);
    begin(w, "matcher");
    put(w, "'anyOf':[" REF("scalar") "," REF("scalars") "," REF("operators") "]");
    end(w);
    begin(w, "operators");
    put(w, "'minProperties':1,'not':{'required':['ignore_case'],'maxProperties':1}");
    put_keys(w, &cwr_matcher_keys);
    end(w);
}

/* ---- Triggers ---- */

static void put_trigger(struct writer *w, const char *name, bool of_unless)
{
    begin(w, name);
    put(w, "'anyOf':[" REF("event") ",{'type':'array','minItems':1,'items':{'$ref':"
                                    "'#/definitions/");
    put(w, name);
    put(w, "'}}," REF("filtered_event"));
    if (!of_unless)
        put(w, "," REF("all") "," REF("counted"));
    if (!of_unless && w->catalogue->clock)
        put(w, "," REF("every") "," REF("absent"));
    put(w, "]");
    end(w);
}

static void put_keyed(struct writer *w, const char *name, const struct cwr_keys *keys)
{
    begin(w, name);
    put_keys(w, keys);
    end(w);
}

static void put_triggers(struct writer *w)
{
    put_trigger(w, "trigger", false);
    put_trigger(w, "unless", true);
    begin(w, "filtered_event");
    put_keys(w, &cwr_event_keys);
    put(w, ",'patternProperties':{'^event[.[]':" REF("matcher") "}");
    end(w);
    put_keyed(w, "all", &cwr_all_keys);
    put_keyed(w, "counted", &cwr_count_keys);
    if (!w->catalogue->clock)
        return;
    put_keyed(w, "every", &cwr_every_keys);
    put_keyed(w, "absent", &cwr_absent_keys);
}

/* ---- Actions ---- */

static void put_arg(struct writer *w, const struct cw_arg_spec *arg)
{
    put(w, "{");
    if (arg->choices)
        put_words(w, arg->choices);
    else if (arg->is_bool)
        put(w, "'allOf':[" REF("bool") "]");
    else if (arg->kind == CW_ARG_CONFIGS)
        put(w, "'type':'object','additionalProperties':" REF("template"));
    else if (arg->kind == CW_ARG_DURATION)
        put(w, "'anyOf':[" REF("duration") ",{'type':'string','pattern':'[$][{]'}]");
    else if (arg->kind == CW_ARG_FACT)
        put(w, TYPES ",'pattern':'" FACT "'");
    else if (arg->kind != CW_ARG_TREE && arg->kind != CW_ARG_VALUE)
        put(w, "'allOf':[" REF("template") "]");
    put_help(w, arg->help);
    put(w, "}");
}

static const struct cw_arg_spec *scalar_of(const struct cw_action_spec *spec)
{
    const struct cw_arg_spec *arg = spec->scalar ? spec->args : NULL;
    while (arg && arg->name && strcmp(arg->name, spec->scalar) != 0)
        arg++;
    return arg && arg->name && !arg->later ? arg : NULL;
}

static void put_args(struct writer *w, const struct cw_action_spec *spec)
{
    const struct cw_arg_spec *args = spec->args;
    put(w, "{'type':'object','additionalProperties':false");
    if (spec->sets)
        put(w, ",'minProperties':1,'not':{'required':['for'],'maxProperties':1},"
               "'patternProperties':{'" FACT "':{}}");
    bool any = false;
    for (const struct cw_arg_spec *arg = args; arg && arg->name; arg++) {
        if (!arg->required || arg->later)
            continue;
        put(w, any ? "" : ",'required':[");
        put_text(w, arg->name);
        any = true;
    }
    put(w, any ? "],'properties':{" : ",'properties':{");
    for (const struct cw_arg_spec *arg = args; arg && arg->name; arg++) {
        if (arg->later)
            continue;
        put_name(w, arg->name);
        put_arg(w, arg);
    }
    put(w, "}}");
}

static void put_action(struct writer *w, const struct cw_action_spec *spec)
{
    const struct cw_arg_spec *scalar = scalar_of(spec);
    put_name(w, spec->name);
    put(w, "{'anyOf':[");
    if (spec->bare)
        put(w, "{'type':'null'}");
    if (scalar) {
        comma(w);
        put_arg(w, scalar);
    }
    comma(w);
    put_args(w, spec);
    put(w, "]");
    put_help(w, spec->help);
    put(w, "}");
}

static void put_actions(struct writer *w)
{
    const struct cw_catalogue *c = w->catalogue;
    begin(w, "action");
    put(w, "'anyOf':[{'enum':[");
    for (size_t i = 0; i < c->n_actions; i++)
        if (c->actions[i].bare && !c->actions[i].later)
            put_text(w, c->actions[i].name);
    put(w, "]},{'type':'object','minProperties':1,'maxProperties':1,'additionalProperties':false,"
           "'properties':{");
    for (size_t i = 0; i < c->n_actions; i++)
        if (!c->actions[i].later)
            put_action(w, &c->actions[i]);
    put(w, "}}]");
    end(w);
}

/* ---- The whole ---- */

static void put_forms(struct writer *w)
{
    for (size_t i = 0; i < CWR_FORMS; i++) {
        if (!forms[i].fragment)
            continue;
        begin(w, forms[i].name);
        put(w, forms[i].fragment);
        if (i == CWR_FORM_ZONE) {
            put(w, ",'examples':[");
            for (const char *const *zone = cwr_common_zones; *zone; zone++)
                put_text(w, *zone);
            put(w, "]");
        }
        end(w);
    }
    begin(w, "mode");
    put_words(w, cwr_mode_words);
    end(w);
    begin(w, "switch");
    put_words(w, cwr_switch_words);
    end(w);
    begin(w, "timer_state");
    put_words(w, cwr_timer_words);
    end(w);
}

static void put_mapping(struct writer *w, const char *name, const struct cwr_keys *keys)
{
    begin(w, name);
    put_keys(w, keys);
    end(w);
}

static void put_definitions(struct writer *w)
{
    put_forms(w);
    put_mapping(w, "person", &cwr_person_keys);
    put_mapping(w, "hours_of", &cwr_hours_keys);
    begin(w, "rule");
    put(w, "'not':{'required':['wait','at']}");
    put_keys(w, &cwr_rule_keys);
    end(w);
    put_triggers(w);
    put_condition(w);
    put_actions(w);
}

enum cw_status cw_rules_schema(const struct cw_catalogue *catalogue, struct cw_arena *arena,
                               struct cw_text *out)
{
    struct writer w = {cwr_buf_in(arena), catalogue};
    put(&w, "{'$schema':'http://json-schema.org/draft-07/schema#',"
            "'anyOf':[{'required':['rules']},{'required':['include']}]");
    put_keys(&w, &cwr_section_keys);
    begin(&w, "definitions");
    put_definitions(&w);
    end(&w);
    put(&w, "}");
    return cwr_buf_end(&w.out, out);
}
