/* nearest: the word that a mistyped one was meant to be, by Damerau and Levenshtein's distance. */
#include <clockwire/doc.h>
#include <string.h>

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits, with the swap of two neighbours as one; both at most LONGEST bytes. */
static size_t distance(struct cw_text a, struct cw_text b)
{
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t k = 0; k <= b.len; k++)
        last[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t same = a.at[i - 1] == b.at[k - 1] ? 0 : 1;
            now[k] = least(least(last[k] + 1, now[k - 1] + 1), last[k - 1] + same);
            if (i > 1 && k > 1 && a.at[i - 1] == b.at[k - 2] && a.at[i - 2] == b.at[k - 1])
                now[k] = least(now[k], before[k - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.len];
}

/* The one word that begins with what was written: `alias` is the begin of `aliases`. */
static const char *begun(struct cw_text word, const char *const *words, size_t n)
{
    const char *found = NULL;
    for (size_t i = 0; word.len >= 4 && i < n; i++) {
        if (strlen(words[i]) > LONGEST || strncmp(words[i], word.at, word.len) != 0)
            continue;
        if (found)
            return NULL;
        found = words[i];
    }
    return found;
}

const char *cw_nearest(struct cw_text word, const char *const *words, size_t n)
{
    const char *nearest = NULL;
    size_t best = word.len / 3 > 1 ? word.len / 3 + 1 : 2;
    if (!word.len || word.len > LONGEST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct cw_text candidate = cw_text_of(words[i]);
        size_t gap = candidate.len > word.len ? candidate.len - word.len : word.len - candidate.len;
        if (candidate.len > LONGEST || gap >= best)
            continue;
        size_t d = distance(word, candidate);
        if (d < best) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest ? nearest : begun(word, words, n);
}
