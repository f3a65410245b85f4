#include "grammar.h"

#include <stddef.h>

#define KEYS(name, rows) const struct cwr_keys name = {rows, sizeof rows / sizeof rows[0]}

static const struct cwr_key sections[] = {
    {"version", CWR_FORM_VERSION, .required = true, .help = "The version of the language."},
    {"users", CWR_FORM_PEOPLE, .help = "The people whose timers are looked after, by name."},
    {"timezone", CWR_FORM_ZONE, .help = "The time zone of people who have none of their own."},
    {"rules", CWR_FORM_RULES,
     .help = "When something happens, if these facts hold, then do that; tried in this order."},
    {"hours", CWR_FORM_ALL_HOURS, .help = "Named hours of the week, for the condition `during`."},
    {"include", CWR_FORM_NAMES,
     .help = "Further files, by name or pattern, seen from this one; they are part of it.",
     .example = "'teams/*.yaml'"},
    {"teams", CWR_FORM_TEAMS, .help = "Lists of users; rules say team:name.",
     .example = "{'backend':['ada','grace']}"},
    {"tests", CWR_FORM_ANY, .later = true}, /* unless the host reads them */
};
KEYS(cwr_section_keys, sections);

static const struct cwr_key person[] = {
    {"awork", CWR_FORM_AWORK, .required = true,
     .help = "The id of the user at awork, or the e-mail address by which awork knows the user."},
    {"aliases", CWR_FORM_TEXTS,
     .help = "What events call the person: e-mail addresses, or kind:name; in any case.",
     .example = "['ada@example.org','github:ada-l']"},
    {"timezone", CWR_FORM_ZONE, .help = "The person's time zone; else the one of the file."},
    {"token", CWR_FORM_TEMPLATE,
     .help = "The person's own awork token, which a true pause needs, or `oauth`: they log in with "
             "`clockwire login`. Without one a pause is emulated.",
     .example = "'oauth','${secret.awork_ada}'"},
    {"chat", CWR_FORM_TEMPLATE,
     .help = "The address to which `notify` posts what the person is to read.",
     .example = "'https://chat.example.org/hooks/${secret.chat_ada}'"},
    {"type_of_work", CWR_FORM_TEXT,
     .help = "Name or id of the type of work of a start that names none.",
     .example = "'Development'"},
    {"hours", CWR_FORM_ALL_HOURS,
     .help = "Hours of the person's own, in place of the common ones of the same name."},
    {"automation", CWR_FORM_SWITCH,
     .help = "off: the person has opted out; rules never act for them."},
};
KEYS(cwr_person_keys, person);

static const struct cwr_key hours[] = {
    {"windows", CWR_FORM_WINDOWS, .required = true, .help = "Days and times; the end is excluded."},
    {"timezone", CWR_FORM_ZONE, .help = "Whose clock counts; without it the person's."},
    {"except", CWR_FORM_DATES,
     .help = "Days on which these hours do not hold, or calendar files (.ics) with them.",
     .example = "['2026-12-25','holidays.ics']"},
};
KEYS(cwr_hours_keys, hours);

static const struct cwr_key rule[] = {
    {"id", CWR_FORM_ID, .required = true,
     .help = "The rule's name in the journal, in logs and for other rules; unique.",
     .example = "'stop-after-meeting'"},
    {"name", CWR_FORM_TEXT, .help = "What the rule does, as a sentence for people."},
    {"when", CWR_FORM_TRIGGER, .required = true,
     .help = "The event that the rule is for; a list means any of them."},
    {"user", CWR_FORM_WHO,
     .help = "Whom it acts for; each person has a run of their own. Without it: those whom the "
             "event is about.",
     .example = "'${event.attendees}'"},
    {"if", CWR_FORM_CONDITION, .help = "What must hold; all keys of it."},
    {"wait", CWR_FORM_DURATION,
     .help = "The time between the match and the actions. It survives a restart; `if` is asked "
             "once more at its end."},
    {"unless", CWR_FORM_UNLESS, .help = "An event that ends the wait of the same person."},
    {"then", CWR_FORM_ACTIONS, .required = true, .help = "What is done; one action or a list."},
    {"enabled", CWR_FORM_BOOL, .help = "false switches the rule off."},
    {"at", CWR_FORM_INSTANT, .help = "In place of `wait`: the moment at which it is done."},
    {"key", CWR_FORM_TEMPLATE,
     .help = "What a pending run is about; without it the person. A newer event of the same key "
             "that does not fit any more cancels the run.",
     .example = "'${event.uid}'"},
    {"mode", CWR_FORM_MODE,
     .help = "What a newer match does to a pending run: take its place (restart, the default), "
             "nothing (single), or stand beside it (parallel)."},
    {"throttle", CWR_FORM_DURATION,
     .help = "At most one match in this time for each rule, person and key."},
    {"expires", CWR_FORM_DURATION,
     .help =
         "An action that has not begun this long after it was due is dropped, never done late."},
    {"human_wins", CWR_FORM_BOOL,
     .help = "false: a change of the timer by hand neither ends the wait nor mutes the rule."},
    {"final", CWR_FORM_BOOL, .help = "true: later rules do not see this event for this person."},
    {"dry_run", CWR_FORM_BOOL,
     .help = "true: everything is decided and journaled, and nothing is done."},
};
KEYS(cwr_rule_keys, rule);

static const struct cwr_key event[] = {
    {"event", CWR_FORM_EVENT, .required = true,
     .help = "The event; beside it stand matchers of its paths."},
};
KEYS(cwr_event_keys, event);

static const struct cwr_key every[] = {
    {"every", CWR_FORM_SCHEDULE, .required = true,
     .help = "A schedule on the clock of each person: days and a time, or a step of minutes, hours "
             "or days."},
};
KEYS(cwr_every_keys, every);

static const struct cwr_key all[] = {
    {"all", CWR_FORM_PARTS, .required = true,
     .help = "Events that must all come, in any order; `event` is the one that came last.",
     .example = "['calendar.meeting_ended','desktop.active']"},
    {"within", CWR_FORM_DURATION, .required = true,
     .help = "The time from the first of them to the last."},
};
KEYS(cwr_all_keys, all);

static const struct cwr_key absent[] = {
    {"absent", CWR_FORM_UNLESS, .required = true,
     .help = "A sign of life; the rule begins when a person's has not come again for so long. "
             "`event` is the last one that came.",
     .example = "'desktop.heartbeat'"},
    {"for", CWR_FORM_DURATION, .required = true, .help = "How long none must come."},
};
KEYS(cwr_absent_keys, absent);

static const struct cwr_key count[] = {
    {"count", CWR_FORM_COUNT, .required = true,
     .help = "How many must come; counting begins anew when they have."},
    {"of", CWR_FORM_UNLESS, .required = true,
     .help = "The event that is counted, if what `if` says of it holds."},
    {"within", CWR_FORM_DURATION, .required = true,
     .help = "The time from the first of them to the last."},
};
KEYS(cwr_count_keys, count);

static const struct cwr_key condition[] = {
    {"all", CWR_FORM_CONDITIONS, .help = "Every one of these must hold."},
    {"any", CWR_FORM_CONDITIONS, .help = "One of these must hold."},
    {"not", CWR_FORM_CONDITION, .help = "This must not hold."},
    {"timer", CWR_FORM_TIMER, .help = "What the person's timer does; one state or several."},
    {"paused_by", CWR_FORM_ID, .help = "The rule that paused the timer."},
    {"started_by", CWR_FORM_ID, .help = "The rule that started the timer."},
    {"during", CWR_FORM_NAMES, .help = "The person's clock is within these named hours.",
     .example = "'work'"},
};
KEYS(cwr_condition_keys, condition);

static const struct cwr_key matcher[] = {
    {"is", CWR_FORM_SCALAR, .help = "The value is this."},
    {"is_not", CWR_FORM_SCALAR, .help = "There is a value, and it is not this."},
    {"in", CWR_FORM_SCALARS, .help = "The value is one of these."},
    {"not_in", CWR_FORM_SCALARS, .help = "There is a value, and it is none of these."},
    {"contains", CWR_FORM_SCALAR, .help = "A text with this part, or a list with this item."},
    {"starts_with", CWR_FORM_TEXT, .help = "The text begins with this."},
    {"ends_with", CWR_FORM_TEXT, .help = "The text ends with this."},
    {"like", CWR_FORM_TEXT, .help = "The whole text, with * for any characters and ? for one.",
     .example = "'release-*'"},
    {"matches", CWR_FORM_PATTERN,
     .help = "A regular expression (PCRE2), looked for anywhere; (?<name>...) becomes "
             "${match.name}."},
    {"exists", CWR_FORM_BOOL, .help = "Whether there is a value."},
    {"above", CWR_FORM_NUMBER, .help = "More than this number or duration."},
    {"below", CWR_FORM_NUMBER, .help = "Less than this number or duration."},
    {"at_least", CWR_FORM_NUMBER, .help = "This number or duration, or more."},
    {"at_most", CWR_FORM_NUMBER, .help = "This number or duration, or less."},
    {"before", CWR_FORM_MOMENT, .help = "A moment before this one."},
    {"after", CWR_FORM_MOMENT, .help = "A moment after this one."},
    {"any_item", CWR_FORM_ITEM, .help = "One item of the list fulfils this; it is called `item`."},
    {"every_item", CWR_FORM_ITEM,
     .help = "Every item of the list fulfils this; it is called `item`."},
    {"ignore_case", CWR_FORM_BOOL, .help = "true: letters are equal in any case."},
};
KEYS(cwr_matcher_keys, matcher);

const char *const cwr_mode_words[] = {"restart", "single", "parallel", NULL};
const char *const cwr_switch_words[] = {"on", "off", NULL};
const char *const cwr_timer_words[] = {"running", "paused", "stopped", NULL};
const char *const cwr_person_fields[] = {"name",         "awork", "timezone", "chat",
                                         "type_of_work", "teams", NULL};

/* Every zone with many people in it. */
const char *const cwr_common_zones[] = {
    "UTC",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "America/Vancouver",
    "Asia/Bangkok",
    "Asia/Beirut",
    "Asia/Dhaka",
    "Asia/Dubai",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Manila",
    "Asia/Riyadh",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Taipei",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Melbourne",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Belgrade",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Copenhagen",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Luxembourg",
    "Europe/Madrid",
    "Europe/Moscow",
    "Europe/Oslo",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Riga",
    "Europe/Rome",
    "Europe/Sofia",
    "Europe/Stockholm",
    "Europe/Tallinn",
    "Europe/Vienna",
    "Europe/Vilnius",
    "Europe/Warsaw",
    "Europe/Zurich",
    "Pacific/Auckland",
    "Pacific/Honolulu",
    NULL,
};

size_t cwr_words(const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}
