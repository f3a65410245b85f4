/* The table of commands. */
#include "cmd/cmd.h"

#include <clockwire/version.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int cmd_version(const struct cmd_args *args)
{
    (void)args;
    printf("clockwire %s\n", CW_VERSION);
    return CMD_OK;
}

static const struct command {
    const char *name, *words, *help;
    int (*run)(const struct cmd_args *args);
    int most_words;
    const char *options; /* beside -c, --secrets and --help */
} commands[] = {
    {"run", "", "serve: hear events, make calls", cmd_run, 0, ""},
    {"check", "[FILE...]", "list every fault of a configuration; --format json|sarif|github",
     cmd_check, INT_MAX, "format"},
    {"schema", "", "print the JSON Schema of a configuration, for editors; --part", cmd_schema, 0,
     "part"},
    {"test", "[FILE...]", "play the tests of a configuration; --coverage, --format junit|json",
     cmd_test, INT_MAX, "coverage format"},
    {"send", "SOURCE FILE", "sign a payload as its provider would and post it", cmd_send, 2, ""},
    {"health", "[--ready]", "ask the daemon whether it is well", cmd_health, 0, "ready"},
    {"events", "[--follow]",
     "what came and what was done about it; --user, --rule, --source, --since, --after, --json",
     cmd_events, 0, "after since user person rule source follow json"},
    {"why", "EVENT",
     "why each rule did what it did, or nothing; run N; --rule, --user, --at, --json", cmd_why, 2,
     "rule user person at json"},
    {"pending", "", "everything that waits for a moment; --cancel ID, --rule, --user, --json",
     cmd_pending, 0, "cancel rule user person json"},
    {"people", "[unknown]", "who is who; senders whom nobody is called like; --json", cmd_people, 1,
     "json"},
    {"dead", "",
     "calls that can never succeed; --retry ID|all, --drop ID|all, --rule, --user, --json",
     cmd_dead, 0, "retry drop rule user person json"},
    {"hold", "[PERSON]", "do nothing for a person, or for anybody; --for 2h, --list, --json",
     cmd_hold, 2, "for list json"},
    {"release", "[PERSON]", "go on, after a hold", cmd_release, 1, ""},
    {"plan", "[FILE]", "what a reload would change, and what becomes of what waits; --json",
     cmd_plan, 1, "json"},
    {"login", "USER", "give a user's own awork token to the daemon; --paste, --timeout", cmd_login,
     1, "paste timeout"},
    {"reload", "", "read the configuration anew, as SIGHUP does; --dry-run, --json", cmd_reload, 0,
     "dry-run json"},
    {"version", "", "print the version", cmd_version, 0, ""},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: clockwire COMMAND [-c clockwire.yaml] [--secrets DIR] ...\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-8s %-12s %s\n", commands[i].name, commands[i].words, commands[i].help);
    fprintf(to, "\nclockwire(1) and clockwire.yaml(5) tell more.\n");
    return code;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = cw_nearest(cw_text_of(name), names, COMMANDS);
    fprintf(stderr, "clockwire: there is no command `%s`%s%s%s\n", name,
            near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    return NULL;
}

/* ---- Options ---- */

static const struct row {
    const char *name;
    size_t at; /* in struct cmd_args: a text, or a flag */
    bool is_flag;
} rows[] = {
#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, offsetof(struct cmd_args, field), false                                              \
    }
#define FLAG(name, field)                                                                          \
    {                                                                                              \
        name, offsetof(struct cmd_args, field), true                                               \
    }
    TEXT("config", config),     TEXT("secrets", secrets), FLAG("help", help),
    FLAG("ready", ready),       TEXT("after", after),     FLAG("json", json),
    FLAG("coverage", coverage), TEXT("format", format),   TEXT("rule", rule),
    TEXT("user", user),         TEXT("person", user),     TEXT("at", at),
    TEXT("since", since),       TEXT("source", source),   FLAG("follow", follow),
    TEXT("cancel", cancel),     TEXT("retry", retry),     TEXT("drop", drop),
    FLAG("dry-run", dry_run),   FLAG("part", part),       TEXT("for", length),
    FLAG("list", list),         FLAG("paste", paste),     TEXT("timeout", timeout),
};
enum { ROWS = sizeof rows / sizeof *rows, EVERYWHERE = 3 /* the first ones */ };

static void set(struct cmd_args *args, const struct row *row, const char *text)
{
    char *at = (char *)args + row->at;
    if (row->is_flag)
        *(bool *)at = true;
    else
        *(const char **)at = text;
}

static bool takes(const struct command *command, size_t row)
{
    const char *at = command->options;
    size_t n = strlen(rows[row].name);
    if (row < EVERYWHERE)
        return true;
    while (at && !(strncmp(at, rows[row].name, n) == 0 && (at[n] == ' ' || !at[n]))) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at != NULL;
}

static bool read_args(const struct command *command, int argc, char **argv, struct cmd_args *args)
{
    struct option options[ROWS + 1] = {{0}};
    for (int i = 0; i < ROWS; i++)
        options[i] = (struct option){rows[i].name, !rows[i].is_flag, NULL, 256 + i};
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        size_t row = c == 'c' ? 0 : c == 'h' ? 2 : (size_t)c - 256;
        if (c == '?')
            return false;
        if (!takes(command, row)) {
            fprintf(stderr, "clockwire: %s does not take --%s\n", command->name, rows[row].name);
            return false;
        }
        set(args, &rows[row], optarg);
    }
    args->words = argv + optind;
    args->n_words = argc - optind;
    return true;
}

int main(int argc, char **argv)
{
    struct cmd_args args = {.config = "clockwire.yaml"};
    if (argc < 2)
        return usage(stderr, CMD_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return usage(stdout, CMD_OK);
    if (strcmp(argv[1], "--version") == 0)
        return cmd_version(&args);
    const struct command *command = find(argv[1]);
    if (!command)
        return CMD_USAGE;
    if (!read_args(command, argc - 1, argv + 1, &args))
        return usage(stderr, CMD_USAGE);
    if (args.help)
        return usage(stdout, CMD_OK);
    if (args.n_words > command->most_words) {
        fprintf(stderr, "clockwire: %s does not take `%s`%s\n", command->name,
                args.words[command->most_words],
                command->most_words ? "" : "; the configuration is named with -c");
        return CMD_USAGE;
    }
    log_setup(LOG_INFO, LOG_AUTO, 2);
    return command->run(&args);
}
