/*
 * The command line: one table of what there is, and the text of --help.
 */
#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "usage: awork-sim --listen HOST:PORT --seed FILE [options]\n"
    "\n"
    "A local awork: timers, time entries, people, work, tokens under /api/v1, and its own routes\n"
    "(log, state, faults, clock, reset, ...) under /_sim/. awork-sim(1) says more.\n"
    "\n"
    "  --listen HOST:PORT    loopback address; port 0 picks a free one\n"
    "  --seed FILE           who and what there is, JSON, see below\n"
    "  --rate-second N       requests per second (default 50; 0: no limit)\n"
    "  --rate-minute N       requests per minute (default 1000; 0: no limit)\n"
    "  --keep-requests N     lines of the request log (default 1000000)\n"
    "  --keep-entries N      time entries and acts of each person (default 200000)\n"
    "  --retry-after         send Retry-After with a 429 (not documented by awork)\n"
    "  --ignore-me-user-id   /me/...?userId=X acts on the caller, not on X\n"
    "  --short-pages         archived users leave gaps in the pages, as they once did\n"
    "  --strict              refuse unknown properties, contradicting durations, and any body of\n"
    "                        pause and resume\n"
    "  --webhook-timeout MS  how long a webhook may take to be answered (default 30000)\n"
    "  --webhook-retry MS    until the first retry; each next one waits twice as long (1000)\n"
    "  --allow-remote        listen on, and send webhooks to, addresses that are not loopback\n"
    "  --help                this text\n"
    "\n"
    "The seed is an object; unknown keys are refused, * marks what must be there:\n"
    "  workspace*    {id*, name*, url}\n"
    "  limits        {perSecond, perMinute}\n"
    "  settings      [{type*, enabled*, dayCount, hours}]   type: prevent-on-done-projects,\n"
    "                  prevent-private, allow-on-past-days, time-tracking-limit,\n"
    "                  time-tracking-disabled\n"
    "  users*        [{id*, firstName*, lastName, email, contacts, language, admin, deactivated,\n"
    "                  archived, apiUser, external, seesOthers, dailyHours}]\n"
    "                  an apiUser is an admin; contacts: [{type, subType, value*}]\n"
    "  tokens*       [{token*, userId*, kind*, expiresAt}]   kind: apikey (of an apiUser), oauth\n"
    "  typesOfWork*  [{id*, name*, icon, description, archived}]\n"
    "  projects      [{id*, name*, key, status, company, private, members, archived,\n"
    "                  billableByDefault}]          status closed or done: no timers\n"
    "  oauth         {consentAs, accessSeconds, refreshSeconds, codeSeconds,\n"
    "                  clients: [{clientId*, clientSecret, name, redirectUris*}]}\n"
    "  webhooks      [{name*, uri*, events*, isActive*, authenticationType*, authentication,\n"
    "                  language, onlyTriggerForMainEntityChanges}]   as POST /webhooks takes them\n"
    "  tasks         [{id*, identifier, name*, projectId, typeOfWorkId*, description, status,\n"
    "                  assignees}]\n"
    "Ids are GUIDs in lower case; members and assignees are ids of users.\n";

#define COUNT_MAX 1000000000

enum kind { TEXT, NUMBER, FLAG };

static const struct row {
    const char *name;
    enum kind kind;
    size_t at;
    long low, high;
} ROWS[] = {
    {"listen", TEXT, offsetof(struct sim_options, listen), 0, 0},
    {"seed", TEXT, offsetof(struct sim_options, seed), 0, 0},
    {"rate-second", NUMBER, offsetof(struct sim_options, per_second), 0, COUNT_MAX},
    {"rate-minute", NUMBER, offsetof(struct sim_options, per_minute), 0, COUNT_MAX},
    {"keep-requests", NUMBER, offsetof(struct sim_options, keep_requests), 10, COUNT_MAX},
    {"keep-entries", NUMBER, offsetof(struct sim_options, keep_entries), 10, COUNT_MAX},
    {"webhook-timeout", NUMBER, offsetof(struct sim_options, webhook_timeout_ms), 1, 600000},
    {"webhook-retry", NUMBER, offsetof(struct sim_options, webhook_retry_ms), 1, 60000},
    {"retry-after", FLAG, offsetof(struct sim_options, retry_after), 0, 0},
    {"ignore-me-user-id", FLAG, offsetof(struct sim_options, ignore_me_user_id), 0, 0},
    {"short-pages", FLAG, offsetof(struct sim_options, short_pages), 0, 0},
    {"strict", FLAG, offsetof(struct sim_options, strict), 0, 0},
    {"allow-remote", FLAG, offsetof(struct sim_options, allow_remote), 0, 0},
};
#define ROW_COUNT (sizeof ROWS / sizeof ROWS[0])

static bool read_number(const struct row *row, const char *text, long *number)
{
    char *end = NULL;
    *number = strtol(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number >= row->low &&
        *number <= row->high)
        return true;
    fprintf(stderr, "awork-sim: --%s is a number from %ld to %ld, not %s\n", row->name, row->low,
            row->high, text);
    return false;
}

static bool take(struct sim_options *options, const struct row *row, const char *text)
{
    void *at = (char *)options + row->at;
    if (row->kind == NUMBER)
        return read_number(row, text, at);
    if (row->kind == FLAG)
        *(bool *)at = true;
    else
        *(const char **)at = text;
    return true;
}

/* What getopt_long wants; the value of an option is its row plus one. */
static void fill(struct option known[ROW_COUNT + 2])
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        known[i] = (struct option){
            ROWS[i].name, ROWS[i].kind == FLAG ? no_argument : required_argument, NULL, (int)i + 1};
    known[ROW_COUNT] = (struct option){"help", no_argument, NULL, 'h'};
    known[ROW_COUNT + 1] = (struct option){NULL, 0, NULL, 0};
}

int sim_options_read(int argc, char **argv, struct sim_options *options)
{
    struct option known[ROW_COUNT + 2];
    int option = 0;
    fill(known);
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return 1;
        }
        if (option == '?' || !take(options, &ROWS[option - 1], optarg))
            return 3;
    }
    if (optind == argc && options->listen != NULL && options->seed != NULL)
        return 0;
    fputs("awork-sim: --listen HOST:PORT and --seed FILE, see awork-sim --help\n", stderr);
    return 3;
}
