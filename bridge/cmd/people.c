/* clockwire people: who is who; `people unknown`: senders whom nobody is called like. */
#include "cmd.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static void print_person(const json_t *o)
{
    const char *id = show_text(o, "awork"), *email = show_text(o, "email"),
               *known = show_text(o, "known"), *name = show_text(o, "name");
    printf("%-16s  %s", show_text(o, "person"), *id ? id : "not known at awork");
    if (*email)
        printf("  %s", email);
    if (*known)
        printf(" (%s%sknown since %s)", name, *name ? ", " : "", show_moment(known));
    printf("  token: %s%s", show_text(o, "token"),
           *show_text(o, "automation") ? "  automation: off" : "");
    if (strcmp(show_text(o, "lane"), "idle") != 0)
        printf("  call %lld %s %s", show_number(o, "call"), show_text(o, "action"),
               show_text(o, "lane"));
    putchar('\n');
    if (*show_text(o, "trouble"))
        printf("    %s\n", show_text(o, "trouble"));
    else if (*show_text(o, "reason"))
        printf("    %s\n", show_text(o, "reason"));
}

static void print_stranger(const json_t *o)
{
    printf("%6lld  last %s  event %lld, %s.%s\n", show_number(o, "count"),
           show_moment(show_text(o, "last")), show_number(o, "event"), show_text(o, "source"),
           show_text(o, "type"));
    printf("        %s\n", show_text(o, "paste"));
}

int cmd_people(const struct cmd_args *args)
{
    bool unknown = args->n_words && strcmp(args->words[0], "unknown") == 0;
    size_t n = 0;
    if (args->n_words && !unknown) {
        fprintf(stderr, "clockwire: people takes `unknown`, or nothing\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = unknown ? show_pages(config, "/people/unknown?", args->json, print_stranger, &n)
                       : show_pages(config, "/people?", args->json, print_person, &n);
    if (code == CMD_OK && !n && !args->json)
        puts(unknown ? "every sender is known" : "there are no users");
    config_destroy(config);
    return code;
}
