#include "schema.h"

#include "action/action.h"
#include "config.h"
#include "grammar.h"
#include "source/presets.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { LIBRARY_BYTES = 4 << 20 };

/* In the fragments ' stands for ". */
#define TYPES     "'type':['string','number','boolean']"
#define REF(name) "{'$ref':'#/definitions/" name "'}"
#define SOME(name, most)                                                                           \
    "'anyOf':[" REF(name) ",{'type':'array','minItems':1,'maxItems':" most                         \
                          ",'items':" REF(name) "}]"
#define NAME "^[a-z][a-z0-9_]{0,63}$"

static const struct {
    const char *name, *fragment;
} forms[] = {
    /* settings */
    {"address", TYPES ",'pattern':'^(unix:.+|.*:[0-9]{1,5}|)$',"
                      "'examples':['127.0.0.1:8080','unix:/run/clockwire/http.sock']"},
    {"addresses", SOME("address", "16")},
    {"host", "'type':'string','pattern':'^([A-Za-z0-9._-]+|\\\\[[0-9A-Fa-f:]+\\\\])$',"
             "'examples':['mattermost']"},
    {"hosts", SOME("host", "16")},
    {"store", "'type':'string','pattern':'^(sqlite:.+|memory:)$',"
              "'examples':['sqlite:clockwire.db','memory:']"},
    {"url", "'type':'string','pattern':'^https?://[^/].*[^/]$','maxLength':4096,"
            "'examples':['https://api.awork.com/api/v1']"},
    {"endpoint", "'type':'string','pattern':'^(https?://[^/].*[^/])?$','maxLength':4096"},
    {"size", "'type':['string','integer'],'pattern':'^[0-9]+ *([KMG]iB)?$','minimum':1,"
             "'examples':['16 KiB','1 MiB']"},
    {"cap", "'type':['string','integer'],'pattern':'^(none|[0-9]+ *([KMG]iB)?)$',"
            "'minimum':4194304,'examples':['none','2 GiB']"},
    {"count", "'type':['string','integer'],'pattern':'^[0-9]+$','minimum':1"},
    {"secret", TYPES ",'examples':['${secret.name}']"},
    {"rate", "'type':'string','pattern':'^[0-9]+ per (second|minute|hour)$',"
             "'examples':['50 per second','1000 per minute']"},
    {"rates", SOME("rate", "4")},
    /* sources */
    {"sources", "'type':'object','propertyNames':{'pattern':'" NAME "','not':{'enum':['timer',"
                "'clock']}},'additionalProperties':" REF("source")},
    {"url_path", "'type':'string','pattern':'^/','maxLength':512,'examples':['/hooks/github']"},
    {"verify",
     "'anyOf':[{'const':'none'}," REF("scheme") ",{'type':'array','minItems':1,"
                                                "'maxItems':8,'items':" REF("scheme") "}]"},
    {"scheme", "'anyOf':[" REF("secret_alone") "," REF("hmac") "," REF("bearer") "," REF(
                   "basic") "," REF("token") "," REF("equals") "]"},
    {"secrets", "'anyOf':[" REF("secret") ",{'type':'array','minItems':1,'maxItems':8,'items':" REF(
                    "secret") "}]"},
    {"header_name", TYPES ",'pattern':'^[A-Za-z0-9!#$%&\\u0027*+.^_`|~-]{1,200}$'"},
    {"header_names", SOME("header_name", "4")},
    {"headers", "'type':'array','items':" REF("header_name")},
    {"place", "'anyOf':[" REF("template") "," REF("place_of") "]"},
    {"places", SOME("place", "4")},
    {"picked", "'anyOf':[" REF("template") "," REF("pick") "]"},
    {"choice",
     "'anyOf':[" REF("picked") ",{'type':'array','minItems':1,'items':" REF("picked") "}]"},
    {"choices", "'type':'array','maxItems':32,'items':" REF("choice")},
    {"extract", "'anyOf':[" REF("choice") "," REF("extract_first") "," REF("extract_all") "]"},
    {"words", "'type':'object','additionalProperties':" REF("text")},
    {"types", "'type':'object','additionalProperties':{" TYPES ",'pattern':'" NAME "'}"},
    {"fields", "'type':'object','propertyNames':{'pattern':'" NAME "'},"
               "'additionalProperties':" REF("extract")},
    {"methods", "'type':'array','minItems':1,'items':{" TYPES ",'pattern':'^[A-Z]{1,20}$',"
                "'examples':['POST','GET','PUT']}"},
    {"decode", "'anyOf':[" REF("decoder") ",{'type':'array','items':" REF("decoder") "}]"},
    {"challenges", "'type':'array','items':" REF("challenge")},
    {"success", "'anyOf':[{'type':'integer','minimum':200,'maximum':299},"
                "{'type':'string','pattern':'^2[0-9][0-9]$'}]"},
    /* tests */
    {"tests", "'type':['array','null'],'items':" REF("test")},
    {"steps", "'type':'array','minItems':1,'items':" REF("step")},
    {"step_time", "'type':'string','pattern':'^[0-9]{4}-[0-9]{2}-[0-9]{2}',"
                  "'examples':['2026-03-02 10:00','2026-03-02T10:00:00Z']"},
    {"event_fields", "'type':'object'"},
};

static const struct {
    const char *name;
    const struct key *keys;
} mappings[] = {
    {"source", grammar_source},       {"pick", grammar_pick},
    {"extract_first", grammar_first}, {"extract_all", grammar_all},
    {"dedupe", grammar_dedupe},       {"challenge", grammar_challenge},
    {"reply", grammar_reply},         {"hmac", grammar_hmac},
    {"bearer", grammar_bearer},       {"basic", grammar_basic},
    {"token", grammar_token},         {"equals", grammar_equals},
    {"signature_list", grammar_list}, {"signed_time", grammar_time},
    {"place_of", grammar_place},      {"test", grammar_test},
    {"step", grammar_step},
};

static const struct {
    const char *name;
    const char *const *words;
} enums[] = {
    {"digest", grammar_digests},
    {"encoding", grammar_encodings},
    {"key_encoding", grammar_key_encodings},
    {"time_unit", grammar_time_units},
    {"decoder", grammar_decoders},
    {"payloads", grammar_payloads},
    {"level", grammar_levels},
    {"format", grammar_formats},
    {"policy", grammar_policies},
};

static const struct setting {
    const char *path, *kind, *otherwise, *help;
} settings[] = {
#define SETTING(path, kind, field, otherwise, help) {path, #kind, otherwise, help},
#define FIXED                                       SETTING
#define LATER(path)
#include "config.def"
#undef SETTING
#undef FIXED
#undef LATER
};

/* ---- Pieces ---- */

static json_t *parse(const char *fragment)
{
    auto_free char *text = xprintf("{%s}", fragment);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    json_t *made = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!made)
        abort(); /* a fault in a fragment */
    return made;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

/* {"allOf":[{"$ref":...}],"description":...}: beside a $ref nothing else would count. */
static json_t *refer(const char *form, const char *help)
{
    auto_free char *text = xprintf("'allOf':[{'$ref':'#/definitions/%s'}]", form);
    json_t *made = parse(text);
    set_text(made, "description", help);
    return made;
}

static json_t *words_of(const char *const *words)
{
    json_t *list = json_array();
    for (; *words; words++)
        json_array_append_new(list, json_string(*words));
    return json_pack("{s:o}", "enum", list);
}

static json_t *object_of(void)
{
    return parse("'type':'object','additionalProperties':false,'properties':{}");
}

static json_t *properties_of(json_t *object)
{
    return json_object_get(object, "properties");
}

static void require(json_t *object, const char *name)
{
    if (!json_object_get(object, "required"))
        json_object_set_new(object, "required", json_array());
    json_array_append_new(json_object_get(object, "required"), json_string(name));
}

static void add_keys(json_t *object, const struct key *keys)
{
    for (; keys->name; keys++) {
        if (keys->state == KEY_LATER || !keys->form)
            continue;
        json_object_set_new(properties_of(object), keys->name, refer(keys->form, keys->help));
        if (keys->state == KEY_REQUIRED)
            require(object, keys->name);
    }
}

/* ---- Settings ---- */

static json_t *default_of(const struct setting *row)
{
    const char *at = row->otherwise;
    if (strcmp(row->kind, "count") == 0)
        return json_integer(strtol(at, NULL, 10));
    if (!strstr(at, ", "))
        return json_string(at);
    json_t *list = json_array();
    for (const char *end; at; at = end ? end + 2 : NULL) {
        end = strstr(at, ", ");
        json_array_append_new(list, json_stringn(at, end ? (size_t)(end - at) : strlen(at)));
    }
    return list;
}

/* The object one level deeper, made when it is not there. */
static json_t *inner(json_t *properties, const char *name)
{
    json_t *object = json_object_get(properties, name);
    if (object)
        return object;
    object = object_of();
    json_object_set_new(properties, name, object);
    return object;
}

static void add_setting(json_t *properties, const struct setting *row)
{
    auto_free char *path = xstrdup(row->path);
    char *name = path;
    for (char *dot; (dot = strchr(name, '.')); name = dot + 1) {
        *dot = '\0';
        properties = properties_of(inner(properties, name));
    }
    json_t *made = refer(row->kind, row->help);
    if (*row->otherwise)
        json_object_set_new(made, "default", default_of(row));
    json_object_set_new(properties, name, made);
}

static void add_settings(json_t *properties)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        add_setting(properties, &settings[i]);
    json_t *target = json_object_get(properties, "target");
    require(json_object_get(properties_of(target), "awork"), "token"); /* config.c wants it */
}

/* ---- Tests ---- */

static json_t *expected_args(const struct cw_action_spec *spec)
{
    json_t *value = parse("'type':['string','number','boolean','null']");
    json_t *object = object_of();
    for (const struct cw_arg_spec *arg = spec->args; arg && arg->name; arg++)
        if (!arg->later && (arg->kind == CW_ARG_CONFIGS || arg->kind == CW_ARG_TREE))
            json_object_set_new(properties_of(object), arg->name, json_object());
        else if (!arg->later)
            json_object_set(properties_of(object), arg->name, value);
    if (spec->sets)
        json_object_set_new(object, "patternProperties",
                            json_pack("{s:O}", "^(?!for$)[a-z][a-z0-9_]*$", value));
    return json_pack("{s:[o,o]}", "anyOf", value, object);
}

static json_t *expected(void)
{
    json_t *words = json_array(), *object = object_of();
    json_object_set_new(object, "minProperties", json_integer(1));
    json_object_set_new(object, "maxProperties", json_integer(1));
    json_array_append_new(words, json_string("nothing"));
    for (size_t i = 0; i < action_specs_n; i++) {
        const struct cw_action_spec *spec = &action_specs[i];
        if (spec->later)
            continue;
        json_array_append_new(words, json_string(spec->name));
        json_object_set_new(properties_of(object), spec->name, expected_args(spec));
    }
    return json_pack("{s:[{s:o},o]}", "anyOf", "enum", words, object);
}

/* ---- The whole ---- */

/* `{ secret: ... }` takes the scheme from the preset; what stands beside it is in its place. */
static json_t *secret_alone(void)
{
    json_t *object = object_of();
    add_keys(object, grammar_hmac);
    json_object_del(properties_of(object), "hmac");
    json_object_set_new(properties_of(object), "from",
                        refer("places", "Where the token may stand."));
    json_object_set_new(object, "required", json_pack("[s]", "secret"));
    return object;
}

static json_t *preset_names(void)
{
    json_t *names = json_array();
    for (const struct preset *p = presets; p->name; p++)
        json_array_append_new(names, json_string(p->name));
    return json_pack("{s:o}", "enum", names);
}

static void define(json_t *definitions, const char *name, json_t *schema)
{
    if (json_object_get(definitions, name))
        abort(); /* the library, or we, have one of that name */
    json_object_set_new(definitions, name, schema);
}

static void add_definitions(json_t *definitions)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        define(definitions, forms[i].name, parse(forms[i].fragment));
    for (size_t i = 0; i < sizeof enums / sizeof enums[0]; i++)
        define(definitions, enums[i].name, words_of(enums[i].words));
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
        json_t *object = object_of();
        add_keys(object, mappings[i].keys);
        define(definitions, mappings[i].name, object);
    }
    define(definitions, "preset", preset_names());
    define(definitions, "secret_alone", secret_alone());
    define(definitions, "expected", expected());
    /* Without a preset the file says what names the event. */
    json_object_update_new(json_object_get(definitions, "source"),
                           parse("'anyOf':[{'required':['preset']},{'required':['type']}]"));
    json_object_update_new(json_object_get(definitions, "step"),
                           parse("'not':{'required':['at','after']},"
                                 "'dependencies':{'with':['event'],'by':['expect']}"));
}

static json_t *library_schema(void)
{
    const struct cw_catalogue catalogue = config_catalogue();
    struct cw_arena *arena = xarena(LIBRARY_BYTES);
    struct cw_text text;
    if (cw_rules_schema(&catalogue, arena, &text))
        abort();
    json_t *schema = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    cw_arena_destroy(arena);
    if (!schema)
        abort();
    return schema;
}

json_t *schema_make(bool part)
{
    json_t *schema = library_schema(), *properties = properties_of(schema);
    set_text(schema, "title",
             part ? "A file that a configuration of clockwire includes"
                  : "A configuration of clockwire");
    if (part) {
        json_object_del(schema, "required");
        json_object_del(schema, "anyOf");
    }
    json_object_set_new(properties, "sources",
                        refer("sources", "Who sends events, by name: rules call them name.type."));
    json_object_set_new(properties, "tests",
                        refer("tests", "What `clockwire test` plays on a virtual clock."));
    add_settings(properties);
    add_definitions(json_object_get(schema, "definitions"));
    return schema;
}
