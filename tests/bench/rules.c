/* Bench: µs of CPU per event from raw bytes (JSON read, match, decide) among 10 to 100,000 rules,
 * one of which matches; how long they take to load and what they take of memory. See rules.sh.
 * Usage: bench_rules PUSH.json [ROUNDS]. The event is a GitHub push. */
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"

enum { SIZES = 4, MOST_ROUNDS = 1000, EVENTS = 300 /* in one round */, BODIES = 256 };

static const unsigned sizes[SIZES] = {10, 1000, 10000, 100000};

struct push { /* what rules look at */
    char ref[256], repository[256], sender[256], id[32];
};

struct loaded {
    struct cw_ruleset *rules;
    double ms, bytes; /* of one rule */
    double us[MOST_ROUNDS];
};

struct bench {
    struct lab *lab;
    char *body;
    char *bodies[BODIES]; /* pushes to other repositories */
    size_t n_bodies;      /* 1: always the same */
    struct push push;
    struct loaded loaded[SIZES];
    double reading[MOST_ROUNDS];
    int rounds;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double resident_bytes(void)
{
    long pages = 0;
    malloc_trim(0);
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        exit(1);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
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

static bool read_push(struct bench *b, size_t i)
{
    return lab_event(b->lab, "github", "git", "push", b->bodies[i % b->n_bodies]);
}

/* The same push to a repository of another name. */
static char *other_push(const struct bench *b, unsigned number)
{
    const char *rest = b->body, *hit;
    char *made = malloc(strlen(b->body) + 4096), *at = made;
    size_t len = strlen(b->push.repository);
    while ((hit = strstr(rest, b->push.repository))) {
        bool whole = hit[-1] == '"' && hit[len] == '"';
        at += sprintf(at, "%.*s%s", (int)(hit - rest), rest, b->push.repository);
        at += whole ? sprintf(at, "-%u", number) : 0;
        rest = hit + len;
    }
    strcpy(at, rest);
    return made;
}

/* Pushes to repositories all over the rules of the first workload, so that what is looked up is not
 * in the processor's caches. */
static void scatter(struct bench *b, unsigned n)
{
    for (size_t i = 0; i < BODIES; i++) {
        if (b->bodies[i] != b->body)
            free(b->bodies[i]);
        b->bodies[i] = other_push(b, (unsigned)(i * 7919 % (n - 1)));
    }
    b->n_bodies = BODIES;
}

/* ---- Workloads: conditions of rule i of n; the last one is to match ---- */

typedef int write_fn(char *at, const struct push *p, unsigned i, unsigned n);

static int write_extra(char *at, unsigned i)
{
    static const char *const extras[] = {"      event.ref: { matches: '^refs/(?<name>.+)$' }\n",
                                         "      event.ref: { starts_with: refs/heads/ }\n",
                                         "      event.repository.id: { above: 1 }\n"};
    return i % 10 == 9 ? sprintf(at, "%s", extras[i / 10 % 3]) : 0;
}

static int own_repository(char *at, const struct push *p, unsigned i, unsigned n)
{
    char own[300];
    snprintf(own, sizeof own, i + 1 == n ? "%s" : "%s-%u", p->repository, i);
    int len = sprintf(at, "      event.repository.full_name: \"%s\"\n", own);
    len += sprintf(at + len, "      event.sender.login: \"%s\"\n", p->sender);
    return len + write_extra(at + len, i);
}

/* Nothing in common but the type, and no exact condition. */
static int one_type(char *at, const struct push *p, unsigned i, unsigned n)
{
    if (i + 1 == n)
        return sprintf(at, "      event.ref: { starts_with: \"%s\" }\n", p->ref);
    switch (i % 4) {
    case 0:
        return sprintf(at, "      event.ref: { starts_with: refs/heads/team-%u/ }\n", i);
    case 1:
        return sprintf(at, "      event.ref: { matches: '^refs/heads/x%u/(?<task>.+)$' }\n", i);
    case 2:
        return sprintf(at, "      event.ref: { like: refs/tags/v%u.* }\n", i);
    default:
        return sprintf(at, "      event.repository.id: { at_least: %u, below: %u }\n", i, i + 7);
    }
}

static int one_repository(char *at, const struct push *p, unsigned i, unsigned n)
{
    int len = sprintf(at, "      event.repository.full_name: \"%s\"\n", p->repository);
    if (i + 1 == n)
        len += sprintf(at + len, "      event.sender.login: \"%s\"\n", p->sender);
    else if (i % 3 == 0)
        len += sprintf(at + len, "      event.sender.login: \"%s-%u\"\n", p->sender, i);
    else if (i % 3 == 1)
        len += sprintf(at + len, "      event.ref: \"%s-%u\"\n", p->ref, i);
    else
        len += sprintf(at + len, "      event.ref: { starts_with: \"%s-%u/\" }\n", p->ref, i);
    return len + write_extra(at + len, i % 3 ? 0 : i);
}

/* Each repository and each sender in hundreds of rules, each pair in one. */
static int pairs(char *at, const struct push *p, unsigned i, unsigned n)
{
    unsigned side = 1;
    while (side * side < n)
        side++;
    int len = sprintf(at, "      event.repository.full_name: \"%s", p->repository);
    len += (n - 1 - i) / side ? sprintf(at + len, "-%u\"\n", (n - 1 - i) / side)
                              : sprintf(at + len, "\"\n");
    len += sprintf(at + len, "      event.sender.login: \"%s", p->sender);
    len += (n - 1 - i) % side ? sprintf(at + len, "-%u\"\n", (n - 1 - i) % side)
                              : sprintf(at + len, "\"\n");
    return len + write_extra(at + len, i);
}

static int same_pattern(char *at, const struct push *p, unsigned i, unsigned n)
{
    int len = own_repository(at, p, i / 10 * 10, n);
    return len + sprintf(at + len, "      event.ref: { matches: '^refs/(?<name>.+)$' }\n");
}

static int own_pattern(char *at, const struct push *p, unsigned i, unsigned n)
{
    int len = own_repository(at, p, i / 10 * 10, n);
    return len + sprintf(at + len, "      event.ref: { matches: '^refs/(?<name>%u.+)$' }\n", i);
}

static const struct workload {
    const char *name;
    write_fn *write;
    bool loading;   /* only that */
    bool scattered; /* events are for rules all over the file */
} workloads[] = {{"(a) a repository for each rule", own_repository, false, false},
                 {"(b) all rules share one type", one_type, false, false},
                 {"(c) all rules share one repository", one_repository, false, false},
                 {"(d) repositories x senders", pairs, false, false},
                 {"(e) as (a), pushes to 256 repositories in turn", own_repository, false, true},
                 {"the same pattern in each rule", same_pattern, true, false},
                 {"a pattern of its own in each rule", own_pattern, true, false}};

static char *write_rules(const struct push *p, unsigned n, write_fn *write)
{
    char *text = malloc(4096 + (size_t)n * 480), *at = text;
    at += sprintf(at, "version: 1\ntimezone: UTC\nusers:\n"
                      "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n");
    for (unsigned i = 0; i < n; i++) {
        at += sprintf(at, "  - id: r%u\n    when: github.push\n    user: ada\n    if:\n", i);
        at += write(at, p, i, n);
        at += sprintf(at, "    then: { start: { note: \"${event.ref}\" } }\n");
    }
    return text;
}

/* ---- Measuring ---- */

static void load(struct bench *b, unsigned n, write_fn *write, struct loaded *to)
{
    char *text = write_rules(&b->push, n, write);
    double before = resident_bytes(), from = now_us();
    to->rules = lab_compile(text, NULL);
    to->ms = (now_us() - from) / 1000;
    to->bytes = (resident_bytes() - before) / n;
    free(text);
    if (!to->rules)
        exit(1);
}

static double round_us(struct bench *b, const struct cw_ruleset *rules)
{
    double from = now_us();
    for (int i = 0; i < EVENTS; i++) {
        struct cw_plan plan;
        if (!read_push(b, (size_t)i) ||
            cw_match(b->lab->matcher, rules, &b->lab->event, 0, NULL, b->lab->arena,
                     &b->lab->matches) ||
            cw_decide(rules, &b->lab->matches, NULL, 0, b->lab->arena, &plan) || plan.n != 1 ||
            plan.effects[0].n_calls != 1)
            exit(2);
    }
    return (now_us() - from) / EVENTS;
}

static double read_us(struct bench *b)
{
    double from = now_us();
    for (int i = 0; i < EVENTS; i++)
        if (!read_push(b, (size_t)i))
            exit(2);
    return (now_us() - from) / EVENTS;
}

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* Sorts, so that the first is the least and the middle one the median. */
static double median(double *of, int n)
{
    qsort(of, (size_t)n, sizeof *of, compare);
    return of[n / 2];
}

static void measure(struct bench *b, bool scattered)
{
    for (int r = 0; r < b->rounds; r++) {
        for (size_t i = 0; i < SIZES; i++) {
            if (scattered)
                scatter(b, sizes[i]);
            b->reading[r] = read_us(b);
            b->loaded[i].us[r] = round_us(b, b->loaded[i].rules);
        }
    }
}

static void report(struct bench *b, const char *name)
{
    double read = median(b->reading, b->rounds), middle[SIZES];
    for (size_t i = 0; i < SIZES; i++)
        middle[i] = median(b->loaded[i].us, b->rounds);
    printf("%s: %.2fx from %u to %u rules (without reading the JSON %.2fx)\n", name,
           b->loaded[SIZES - 1].us[0] / b->loaded[0].us[0], sizes[0], sizes[SIZES - 1],
           (b->loaded[SIZES - 1].us[0] - b->reading[0]) / (b->loaded[0].us[0] - b->reading[0]));
    for (size_t i = 0; i < SIZES; i++)
        printf("  %7u rules: least %6.2f, median %6.2f us/event (reading alone %.2f, %.2f); "
               "loaded in %5.0f ms, %5.0f bytes a rule\n",
               sizes[i], b->loaded[i].us[0], middle[i], b->reading[0], read, b->loaded[i].ms,
               b->loaded[i].bytes);
    fflush(stdout);
}

static void run(struct bench *b, const struct workload *w)
{
    size_t first = w->loading ? SIZES - 1 : 0;
    b->bodies[0] = b->body;
    b->n_bodies = 1;
    for (size_t i = first; i < SIZES; i++)
        load(b, sizes[i], w->write, &b->loaded[i]);
    if (w->loading) {
        printf("%s: %u rules loaded in %.0f ms, %.0f bytes a rule\n", w->name, sizes[first],
               b->loaded[first].ms, b->loaded[first].bytes);
    } else {
        measure(b, w->scattered);
        report(b, w->name);
    }
    for (size_t i = first; i < SIZES; i++)
        cw_ruleset_unref(b->loaded[i].rules);
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_rules PUSH.json [ROUNDS]\n");
        return 1;
    }
    b.lab = lab_create();
    b.body = read_file(argv[1]);
    b.bodies[0] = b.body;
    b.n_bodies = 1;
    b.rounds = argc > 2 ? atoi(argv[2]) : 20;
    if (b.rounds < 1 || b.rounds > MOST_ROUNDS || !read_push(&b, 0))
        return 1;
    get(b.lab, "ref", b.push.ref, sizeof b.push.ref);
    get(b.lab, "repository.full_name", b.push.repository, sizeof b.push.repository);
    get(b.lab, "sender.login", b.push.sender, sizeof b.push.sender);
    get(b.lab, "repository.id", b.push.id, sizeof b.push.id);
    printf("one push of %zu bytes\n", strlen(b.body));
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        run(&b, &workloads[i]);
    lab_destroy(b.lab);
    return 0;
}
