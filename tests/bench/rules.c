/* Bench: µs per event from raw bytes (JSON read, match, decide) among 10, 1,000, 10,000 and more
 * rules, one of which matches. Every rule is exact on type, repository and sender; every tenth has
 * a pattern more. Usage: bench_rules PUSH.json [ROUNDS]. The event is a GitHub push. */
#include <time.h>

#include "lab.h"

struct bench {
    struct lab *lab;
    struct cw_ruleset *rules;
    char *body;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static char *read_file(const char *path)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (!n)
        exit(1);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void get(struct lab *lab, const char *path, char *out, size_t size)
{
    struct cw_path compiled;
    struct cw_value value;
    if (cw_path_parse(cw_text_of(path), lab->arena, &compiled, NULL) ||
        cw_value_get(&lab->event.body, compiled, lab->arena, &value))
        exit(1);
    snprintf(out, size, "%.*s", (int)value.text.len, value.text.at);
}

enum shape { OWN_REPOSITORY, ONE_REPOSITORY };

/* The last rule is the one that matches. */
static char *write_rules(struct lab *lab, unsigned n, enum shape shape)
{
    char *text = malloc(4096 + (size_t)n * 320), *at = text, repository[256], sender[256];
    get(lab, "repository.full_name", repository, sizeof repository);
    get(lab, "sender.login", sender, sizeof sender);
    at += sprintf(at, "version: 1\ntimezone: UTC\nusers:\n"
                      "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n");
    for (unsigned i = 0; i < n; i++) {
        bool hit = i + 1 == n;
        char own[300];
        snprintf(own, sizeof own, hit || shape == ONE_REPOSITORY ? "%s" : "%s-%u", repository, i);
        at += sprintf(at, "  - id: r%u\n    when: github.push\n    user: ada\n    if:\n", i);
        at += sprintf(at, "      event.repository.full_name: \"%s\"\n", own);
        at += sprintf(at,
                      hit || shape == OWN_REPOSITORY ? "      event.sender.login: \"%s\"\n"
                                                     : "      event.sender.login: \"%s-%u\"\n",
                      sender, i);
        if (i % 10 == 9)
            at += sprintf(at, "      event.ref: { matches: '^refs/(?<name>.+)$' }\n");
        at += sprintf(at, "    then: { start: { note: \"${event.ref}\" } }\n");
    }
    return text;
}

static double round_us(struct bench *b, int times)
{
    double from = now_us();
    for (int i = 0; i < times; i++) {
        struct cw_plan plan;
        if (!lab_event(b->lab, "github", "git", "push", b->body) ||
            cw_match(b->lab->matcher, b->rules, &b->lab->event, 0, NULL, b->lab->arena,
                     &b->lab->matches) ||
            cw_decide(b->rules, &b->lab->matches, NULL, 0, b->lab->arena, &plan) || plan.n != 1 ||
            plan.effects[0].n_calls != 1)
            exit(2);
    }
    return (now_us() - from) / times;
}

static double read_us(struct bench *b, int times)
{
    double from = now_us();
    for (int i = 0; i < times; i++)
        if (!lab_event(b->lab, "github", "git", "push", b->body))
            exit(2);
    return (now_us() - from) / times;
}

static void run(struct bench *b, unsigned n, enum shape shape, int rounds)
{
    double best = 1e9, best_read = 1e9;
    if (!lab_event(b->lab, "github", "git", "push", b->body))
        exit(1);
    char *text = write_rules(b->lab, n, shape);
    double from = now_us();
    b->rules = lab_compile(text, NULL);
    double compile_ms = (now_us() - from) / 1000;
    if (!b->rules)
        exit(1);
    for (int i = 0; i < rounds; i++) {
        double one = round_us(b, 500), reading = read_us(b, 500);
        best = one < best ? one : best;
        best_read = reading < best_read ? reading : best_read;
    }
    printf("%7u rules, %s: %7.2f us/event (reading alone %.2f), compiled in %.0f ms\n", n,
           shape == OWN_REPOSITORY ? "a repository each" : "one repository   ", best, best_read,
           compile_ms);
    cw_ruleset_unref(b->rules);
    free(text);
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {10, 1000, 10000, 100000};
    struct bench b = {.lab = lab_create()};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_rules PUSH.json [ROUNDS]\n");
        return 1;
    }
    b.body = read_file(argv[1]);
    printf("%zu bytes\n", strlen(b.body));
    for (int shape = OWN_REPOSITORY; shape <= ONE_REPOSITORY; shape++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            run(&b, sizes[i], (enum shape)shape, argc > 2 ? atoi(argv[2]) : 20);
    lab_destroy(b.lab);
    return 0;
}
