/* yaml_mend: blanks the entry that could not be read, so that the faults behind it are found in the
 * same run. What is blanked stays lines of blanks: all places remain.
 *
 * An entry is an item or pair of a section of the file, by its indentation. Where a fault has run
 * over several entries (a quote that is not closed), all of them are blanked: rather nothing is
 * told of what follows than something that is not so. */
#include <string.h>

#include "builder.h"

struct line {
    char *at;
    size_t len, indent;
    bool empty; /* or a comment, or indented with a tab: nobody knows how far */
};

/* A walk over the lines of a text. */
struct walk {
    char *at, *end;
    uint32_t number; /* of the line at hand, from 0 */
    bool begun;
};

static bool next_line(struct walk *walk, struct line *out)
{
    if (walk->at == walk->end)
        return false;
    char *feed = memchr(walk->at, '\n', (size_t)(walk->end - walk->at));
    *out = (struct line){.at = walk->at};
    out->len = (size_t)((feed ? feed : walk->end) - walk->at);
    while (out->indent < out->len && out->at[out->indent] == ' ')
        out->indent++;
    out->empty = out->indent == out->len || strchr("#\r\t", out->at[out->indent]);
    walk->at = feed ? feed + 1 : walk->end;
    walk->number += walk->begun;
    walk->begun = true;
    return true;
}

static bool begins_section(const struct line *line)
{
    return !line->empty && !line->indent && *line->at != '-';
}

/* Where an entry lies. */
struct region {
    char *from, *to;    /* bytes */
    uint32_t last;      /* its last line */
    size_t indent;      /* of the entries of the section */
    uint32_t section;   /* the line of the section's name */
    bool whole_section; /* the fault is in that line */
};

/* The entry of line `at`, and all up to the one of line `until`. */
static bool find_region(char *text, size_t len, uint32_t at, uint32_t until, struct region *out)
{
    struct walk walk = {.at = text, .end = text + len};
    struct region found = {.indent = SIZE_MAX};
    struct line line;
    bool inside = false;
    while (next_line(&walk, &line)) {
        bool section = begins_section(&line);
        bool entry = !line.empty && !section && line.indent <= found.indent;
        if (inside && walk.number > until &&
            (section || (entry && !found.whole_section && line.indent == found.indent)))
            break;
        if (section && !inside)
            found = (struct region){.from = line.at, .indent = SIZE_MAX, .section = walk.number};
        if (entry && found.indent == SIZE_MAX)
            found.indent = line.indent;
        if (entry && !inside)
            found.from = line.at;
        if (walk.number == at) {
            inside = true;
            found.whole_section = section;
        }
        found.last = walk.number;
        found.to = walk.at;
    }
    *out = found;
    return inside && found.from;
}

static void blank(const struct region *region)
{
    for (char *at = region->from; at < region->to; at++)
        if (*at != '\n' && *at != '\r')
            *at = ' ';
}

/* What it was in began before: a text in quotes, a list in brackets, or the entry before. */
static bool began_before(const struct builder *b, char *text, size_t len)
{
    struct region region;
    if (!b->stop.context || b->stop.context_line >= b->stop.line)
        return false;
    return !b->stop.block || (find_region(text, len, b->stop.context_line, 0, &region) &&
                              b->stop.context_column > region.indent);
}

bool cwr_yaml_mend(const struct builder *b, char *text, size_t len, uint32_t *out_line)
{
    struct region region;
    bool before = began_before(b, text, len);
    uint32_t at = before ? b->stop.context_line : b->stop.line;
    uint32_t until = before && !b->stop.block ? at : b->stop.line;
    if (!find_region(text, len, at, until, &region))
        return false;
    blank(&region);
    *out_line = region.last + 1;
    return true;
}
