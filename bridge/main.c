/* The table of commands. */
#include "cmd/cmd.h"

#include <clockwire/version.h>
#include <getopt.h>
#include <limits.h>
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
} commands[] = {
    {"run", "", "serve: hear events, make calls", cmd_run, 0},
    {"check", "[FILE...]",
     "list every fault of a configuration; --format text, json, sarif, github", cmd_check, INT_MAX},
    {"test", "[FILE...]", "play the tests of a configuration; --coverage, --format junit", cmd_test,
     INT_MAX},
    {"send", "SOURCE FILE", "sign a payload as its provider would and post it", cmd_send, 2},
    {"health", "[--ready]", "ask the daemon whether it is well", cmd_health, 0},
    {"events", "[--after N]", "what came and what was done about it; --json", cmd_events, 0},
    {"why", "EVENT", "why each rule did what it did; --rule ID, --user NAME, --json", cmd_why, 1},
    {"pending", "", "runs that wait for their time: JSON lines", cmd_pending, 0},
    {"reload", "", "read the configuration anew, as SIGHUP does", cmd_reload, 0},
    {"version", "", "print the version", cmd_version, 0},
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

static bool read_args(int argc, char **argv, struct cmd_args *args)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"secrets", required_argument, NULL, 's'},
                                            {"ready", no_argument, NULL, 'r'},
                                            {"after", required_argument, NULL, 'a'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"coverage", no_argument, NULL, 'v'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"rule", required_argument, NULL, 'R'},
                                            {"user", required_argument, NULL, 'u'},
                                            {0}};
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (c == 'c')
            args->config = optarg;
        else if (c == 's')
            args->secrets = optarg;
        else if (c == 'r')
            args->ready = true;
        else if (c == 'j')
            args->json = true;
        else if (c == 'a')
            args->after = optarg;
        else if (c == 'h')
            args->help = true;
        else if (c == 'v')
            args->coverage = true;
        else if (c == 'f')
            args->format = optarg;
        else if (c == 'R')
            args->rule = optarg;
        else if (c == 'u')
            args->user = optarg;
        else
            return false;
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
    if (!read_args(argc - 1, argv + 1, &args))
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
