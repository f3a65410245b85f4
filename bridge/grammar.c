#include "grammar.h"

#include <stddef.h>

const struct key grammar_source[] = {
    {"path", "url_path", KEY_REQUIRED, "The path of the URL that it posts to."},
    {"preset", "preset", KEY_OPTIONAL, "The provider, from which all that follows is known."},
    {"verify", "verify", KEY_REQUIRED,
     "How a delivery is proven genuine; a list means that any of them suffices."},
    {"type", "extract", KEY_OPTIONAL,
     "What names the event; in small letters it is the type in source.type."},
    {"id", "extract", KEY_OPTIONAL,
     "What names the delivery, so that a repeated one does nothing."},
    {"user", "extract", KEY_OPTIONAL, "Whom the event is about: one or several names or aliases."},
    {"fields", "fields", KEY_OPTIONAL,
     "Further fields of the event; they hide the body's of the same name."},
    {"types", "types", KEY_OPTIONAL, "The provider's words for events, and what rules call them."},
    {"methods", "methods", KEY_OPTIONAL, "The methods that it takes; POST without it."},
    {"headers", "headers", KEY_OPTIONAL, "Headers that rules may read as event.header.X."},
    {"challenge", "challenges", KEY_OPTIONAL,
     "Requests that are answered and no events: handshakes, pings."},
    {"decode", "decode", KEY_OPTIONAL, "How the body is read; one way or several."},
    {"ack", "reply", KEY_OPTIONAL, "What the sender hears when the event is on disk."},
    {"reply", "reply", KEY_OPTIONAL, "How a text of a rule is answered; its body reads ${reply}."},
    {"batch", "text", KEY_OPTIONAL, "The path of the list whose items are events of their own."},
    {"dedupe", "dedupe", KEY_OPTIONAL, "A key of your own by which a delivery counts as seen."},
    {"allow", NULL, KEY_LATER, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_pick[] = {
    {"take", "template", KEY_REQUIRED, "What is taken."},
    {"after", "text", KEY_OPTIONAL, "Only of a text that begins so, and then the rest of it."},
    {"as", "text", KEY_OPTIONAL, "This word in place of what is found."},
    {"when", "template", KEY_OPTIONAL, "Only where this is there."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_first[] = {
    {"first", "choice", KEY_REQUIRED, "The first of these that is there."},
    {"map", "words", KEY_OPTIONAL, "The provider's words, and what they become."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_all[] = {
    {"all", "choices", KEY_REQUIRED, "One list of all of these that are there."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_dedupe[] = {
    {"key", "template", KEY_REQUIRED, "Two deliveries with the same key are the same."},
    {"within", "duration", KEY_OPTIONAL, "How long a key is known."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_challenge[] = {
    {"when", "template", KEY_REQUIRED, "What is looked at."},
    {"is", "text", KEY_REQUIRED, "It is answered when that is this."},
    {"reply", "reply", KEY_OPTIONAL, "The answer; without it `ack`."},
    {"verified", NULL, KEY_LATER, NULL},
    {"echo", NULL, KEY_LATER, NULL},
    {"method", NULL, KEY_LATER, NULL},
    {"remember", NULL, KEY_LATER, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_reply[] = {
    {"status", "success", KEY_OPTIONAL, "The status, 200 to 299."},
    {"type", "text", KEY_OPTIONAL, "The media type."},
    {"body", "template", KEY_OPTIONAL, "The body."},
    {"headers", NULL, KEY_LATER, NULL},
    {"json", NULL, KEY_LATER, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

/* ---- verify ---- */

#define SECRET "One secret, or several while they are replaced."

const struct key grammar_hmac[] = {
    {"hmac", "digest", KEY_REQUIRED, "The digest of the keyed hash."},
    {"secret", "secrets", KEY_REQUIRED, SECRET},
    {"header", "header_names", KEY_OPTIONAL, "The header with the signature; one to four."},
    {"encoding", "encoding", KEY_OPTIONAL, "How the signature is written; hex without it."},
    {"prefix", "text", KEY_OPTIONAL, "What stands before the signature, such as sha256=."},
    {"content", "template", KEY_OPTIONAL, "What is signed; ${body} without it."},
    {"key_encoding", "key_encoding", KEY_OPTIONAL, "How the secret is written; text without it."},
    {"list", "signature_list", KEY_OPTIONAL, "For a header with several signatures."},
    {"time", "signed_time", KEY_OPTIONAL, "The signed time and its greatest age."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

/* `secret` alone takes the scheme from the preset: with it the rows without a form are given. */
const struct key grammar_bearer[] = {
    {"bearer", "secrets", KEY_REQUIRED, "The token of `Authorization: Bearer`."},
    {"secret", NULL, KEY_OPTIONAL, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_basic[] = {
    {"basic", "secrets", KEY_REQUIRED, "USER:PASSWORD of `Authorization: Basic`."},
    {"secret", NULL, KEY_OPTIONAL, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_token[] = {
    {"token", "secrets", KEY_REQUIRED, "A token at another place."},
    {"from", "places", KEY_OPTIONAL, "Where the token may stand; one to four places."},
    {"secret", NULL, KEY_OPTIONAL, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_equals[] = {
    {"header", "header_name", KEY_REQUIRED, "The header that is compared."},
    {"equals", "secrets", KEY_REQUIRED, "The secret value that it must have."},
    {"secret", NULL, KEY_OPTIONAL, NULL},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_list[] = {
    {"separator", "text", KEY_REQUIRED, "What stands between the signatures."},
    {"version", "text", KEY_OPTIONAL, "What stands before those that count, such as v1."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_time[] = {
    {"from", "template", KEY_REQUIRED, "Where the time stands."},
    {"unit", "time_unit", KEY_OPTIONAL, "Seconds (s, without it) or milliseconds (ms)."},
    {"tolerance", "duration", KEY_REQUIRED, "An older or younger delivery is refused."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_place[] = {
    {"take", "template", KEY_REQUIRED, "Where the token stands."},
    {"word", "text", KEY_OPTIONAL, "What stands before it, such as Bearer."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

/* ---- tests ---- */

const struct key grammar_test[] = {
    {"name", "text", KEY_REQUIRED, "What is to be shown, as a sentence."},
    {"user", "text", KEY_OPTIONAL, "Whom the steps are about; everybody without it."},
    {"timer", "timer_state", KEY_OPTIONAL,
     "What the timer does before the first step; stopped without it."},
    {"steps", "steps", KEY_REQUIRED, "What happens, in order."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

const struct key grammar_step[] = {
    {"at", "step_time", KEY_OPTIONAL,
     "The moment: a day and a time on the user's clock, or RFC 3339."},
    {"after", "duration", KEY_OPTIONAL, "In place of `at`: so long after the step before."},
    {"event", "event", KEY_OPTIONAL, "The event that comes; timer.stopped is a change by hand."},
    {"with", "event_fields", KEY_OPTIONAL, "The event's fields as rules read them."},
    {"restart", "bool", KEY_OPTIONAL, "true: the daemon ends and begins again."},
    {"expect", "expected", KEY_OPTIONAL, "An action since the step before, or `nothing`."},
    {"by", "text", KEY_OPTIONAL, "The rule that does it."},
    {NULL, NULL, KEY_OPTIONAL, NULL},
};

/* ---- Words ---- */

const char *const grammar_digests[] = {"sha1", "sha256", "sha512", NULL};
const char *const grammar_encodings[] = {"hex", "base64", NULL};
const char *const grammar_key_encodings[] = {"text", "base64", "hex", "whsec", NULL};
const char *const grammar_time_units[] = {"s", "ms", NULL};
const char *const grammar_decoders[] = {"json",  "form", "form.payload", "ndjson", "none",
                                        "query", NULL};
const char *const grammar_timers[] = {"running", "paused", "stopped", NULL};
const char *const grammar_payloads[] = {"used", "full", "none", NULL};
const char *const grammar_levels[] = {"debug", "info", "warn", "error", NULL};
const char *const grammar_formats[] = {"auto", "json", "text", NULL};
const char *const grammar_policies[] = {"emulate", "skip", "fail", NULL};

const struct key *grammar_find(const struct key *keys, struct cw_text name)
{
    for (; keys->name; keys++)
        if (cw_text_is(name, keys->name))
            return keys;
    return NULL;
}

size_t grammar_words(const struct key *keys, const char *words[GRAMMAR_WORDS])
{
    size_t n = 0;
    for (; keys->name && n + 1 < GRAMMAR_WORDS; keys++)
        if (keys->state != KEY_LATER)
            words[n++] = keys->name;
    words[n] = NULL;
    return n;
}
