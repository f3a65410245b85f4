#include "regex_tree.h"

#include <limits.h>
#include <string.h>

#include "text.h"

enum { MOST_NODES = 8192 };

struct reader {
    struct cw_text text;
    size_t at;
    struct cw_arena *arena;
    unsigned nodes;
    bool no_memory, recursive;
};

static struct cwr_regex_node *new_node(struct reader *r, enum cwr_regex_kind kind)
{
    struct cwr_regex_node *node = cw_arena_take(r->arena, sizeof *node);
    r->no_memory |= !node || ++r->nodes > MOST_NODES;
    if (node)
        *node = (struct cwr_regex_node){.kind = kind};
    return node;
}

static void add(struct cwr_regex_node *parent, struct cwr_regex_node *child)
{
    if (!child || !parent)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static bool one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_next(const struct reader *r, const char *what)
{
    size_t len = strlen(what);
    return r->text.len - r->at >= len && memcmp(r->text.at + r->at, what, len) == 0;
}

static char peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.at[r->at] : '\0';
}

static char take(struct reader *r)
{
    return r->at < r->text.len ? r->text.at[r->at++] : '\0';
}

static struct cwr_regex_node *character(struct reader *r, const char *at, unsigned len)
{
    struct cwr_regex_node *node = new_node(r, CWR_REGEX_CHARACTER);
    if (node) {
        memcpy(node->at, at, len);
        node->len = len;
    }
    return node;
}

static void skip_behind(struct reader *r, char close)
{
    while (r->at < r->text.len && take(r) != close)
        ;
}

/* What fits the escape behind the backslash; '\0': nothing does, as for \b. */
static char fit_of(struct reader *r)
{
    static const char *const fits[] = {"d1", "wa", "s ", "h ", "v\n", "Da", "W ",
                                       "Sa", "Ha", "Va", "Na", "nn",  "Xa", "Ra"};
    char c = take(r);
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++)
        if (fits[i][0] == c)
            return c == 'n' || c == 'R' ? '\n' : fits[i][1];
    if (c == 't')
        return '\t';
    if (one_of(c, "pPxoNkg") && peek(r) == '{')
        skip_behind(r, '}');
    else if (one_of(c, "kg") && one_of(peek(r), "<'"))
        skip_behind(r, take(r) == '<' ? '>' : '\'');
    if (one_of(c, "pPxo"))
        return 'a';
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    r->recursive |= c == 'g';
    return letter ? '\0' : c;
}

/* \Q...\E is plain text. */
static struct cwr_regex_node *read_quoted(struct reader *r)
{
    struct cwr_regex_node *sequence = new_node(r, CWR_REGEX_SEQUENCE);
    while (r->at < r->text.len && !is_next(r, "\\E"))
        add(sequence, character(r, &r->text.at[r->at++], 1));
    r->at += is_next(r, "\\E") ? 2 : 0;
    return sequence;
}

static struct cwr_regex_node *read_escape(struct reader *r)
{
    r->at++;
    if (peek(r) == 'Q') {
        r->at++;
        return read_quoted(r);
    }
    char c = fit_of(r);
    return c ? character(r, &c, 1) : new_node(r, CWR_REGEX_SEQUENCE);
}

/* A set in brackets: its first member, or of a negated one a character that is not written there.
 */
static struct cwr_regex_node *read_set(struct reader *r)
{
    static const char others[] = "a1 _-/.,!";
    size_t begin = ++r->at;
    bool negated = peek(r) == '^';
    char first = '\0';
    begin = r->at += negated;
    while (r->at < r->text.len && (peek(r) != ']' || r->at == begin)) {
        char c;
        if (is_next(r, "[:")) {
            skip_behind(r, ']');
            c = 'a';
        } else if (peek(r) == '\\') {
            r->at++;
            c = fit_of(r);
        } else {
            c = take(r);
        }
        first = first ? first : c;
    }
    struct cw_text inside = {r->text.at + begin, r->at - begin};
    r->at++;
    for (size_t i = 0; negated && others[i]; i++)
        if (!memchr(inside.at, others[i], inside.len) &&
            !(others[i] == 'a' && memmem(inside.at, inside.len, "\\w", 2)))
            return character(r, &others[i], 1);
    return character(r, first ? &first : "a", 1);
}

static struct cwr_regex_node *read_choice(struct reader *r);

/* (?:  (?<name>  (?=  and their like. */
static void skip_head(struct reader *r)
{
    if (peek(r) != '?')
        return;
    r->at++;
    if (is_next(r, "R)") || is_next(r, "&") || is_next(r, "P>") || is_next(r, "P=") ||
        (peek(r) >= '0' && peek(r) <= '9')) {
        r->recursive |= !is_next(r, "P=");
        while (r->at < r->text.len && peek(r) != ')')
            r->at++;
        return;
    }
    if (peek(r) == 'P')
        r->at++;
    if (is_next(r, "<=") || is_next(r, "<!"))
        r->at += 2;
    else if (peek(r) == '<')
        skip_behind(r, '>');
    else if (peek(r) == '(' || peek(r) == '#')
        r->at += 0; /* a condition is read as a group, a comment as text */
    else if (one_of(peek(r), ":=!>|*"))
        r->at++;
    else
        while (r->at < r->text.len && !one_of(peek(r), ":)"))
            r->at++;
    r->at += peek(r) == ':' && r->text.at[r->at - 1] != ':';
}

static struct cwr_regex_node *read_atom(struct reader *r)
{
    char c = peek(r);
    if (c == '\\')
        return read_escape(r);
    if (c == '[')
        return read_set(r);
    if (c == '(') {
        r->at++;
        skip_head(r);
        struct cwr_regex_node *inner = read_choice(r);
        r->at += peek(r) == ')';
        return inner;
    }
    if (one_of(c, "^$")) {
        r->at++;
        return new_node(r, CWR_REGEX_SEQUENCE);
    }
    if (c == '.') {
        r->at++;
        return character(r, "a", 1);
    }
    unsigned len = cwr_utf8_get(r->text.at + r->at, r->text.at + r->text.len, NULL);
    len = len ? len : 1;
    r->at += len;
    return character(r, r->text.at + r->at - len, len);
}

static unsigned read_number(struct reader *r)
{
    unsigned n = 0;
    while (peek(r) >= '0' && peek(r) <= '9')
        n = n < 10000 ? n * 10 + (unsigned)(take(r) - '0') : (take(r), n);
    return n;
}

/* * + ? {2} {2,} {2,5}; *max is 0 when there is none. */
static void read_times(struct reader *r, unsigned *min, unsigned *max)
{
    size_t begin = r->at;
    char c = take(r);
    *min = c == '+';
    *max = c == '?' ? 1 : c == '*' || c == '+' ? UINT_MAX : 0;
    if (c == '{' && peek(r) >= '0' && peek(r) <= '9') {
        *min = *max = read_number(r);
        if (peek(r) == ',') {
            r->at++;
            *max = peek(r) == '}' ? UINT_MAX : read_number(r);
        }
        if (take(r) == '}') {
            begin = r->at;
            *max += *max == 0;
        } else {
            *max = 0;
        }
    }
    if (!*max)
        r->at = begin; /* no repeat: the character stands for itself */
    else
        r->at += peek(r) == '?' || peek(r) == '+';
}

static struct cwr_regex_node *read_piece(struct reader *r)
{
    unsigned min, max;
    struct cwr_regex_node *atom = read_atom(r);
    for (;;) {
        read_times(r, &min, &max);
        if (!max)
            return atom;
        struct cwr_regex_node *repeat = new_node(r, CWR_REGEX_REPEAT);
        if (!repeat)
            return NULL;
        repeat->min = min;
        repeat->max = max;
        add(repeat, atom);
        atom = repeat;
    }
}

static struct cwr_regex_node *read_choice(struct reader *r)
{
    struct cwr_regex_node *choice = new_node(r, CWR_REGEX_CHOICE),
                          *sequence = new_node(r, CWR_REGEX_SEQUENCE);
    add(choice, sequence);
    while (r->at < r->text.len && peek(r) != ')' && !r->no_memory) {
        if (peek(r) == '|') {
            r->at++;
            sequence = new_node(r, CWR_REGEX_SEQUENCE);
            add(choice, sequence);
        } else {
            add(sequence, read_piece(r));
        }
    }
    return choice;
}

enum cw_status cwr_regex_tree(struct cw_text pattern, struct cw_arena *arena,
                              const struct cwr_regex_node **out, bool *recursive)
{
    struct reader r = {.text = pattern, .arena = arena};
    const struct cwr_regex_node *whole = read_choice(&r);
    bool large = r.nodes > MOST_NODES;
    if (r.no_memory && !large)
        return CW_NOMEM;
    *out = large ? NULL : whole;
    *recursive = r.recursive;
    return CW_OK;
}
