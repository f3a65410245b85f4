/* tell: texts and JSON as they come from the world and the journal, and the lines in which the
 * daemon answers the commands. */
#ifndef TELL_H
#define TELL_H

#include <clockwire/rules.h>
#include <jansson.h>
#include <stdio.h>

/* How the journal says that names are unknown; they follow, with commas between them. */
#define NOBODY "nobody has the name or alias "

/* Reads JSON of the world, of the journal or of the daemon; a byte 0 in a text of it is no fault.
 * `flags` are Jansson's. Returns: NULL when it is none. */
json_t *tell_read(struct cw_text text, size_t flags);
/* How much of a text goes into `most` bytes: never half a character. */
size_t tell_fits(struct cw_text text, size_t most);
/* Text from the world may not be UTF-8: what Jansson refuses is "". */
json_t *tell_text(struct cw_text text);
/* Cut at 300 bytes, with a mark. */
json_t *tell_short(struct cw_text text);
/* Sets `name` and "zone": the moment on the person's clock, in UTC when there is no such person. */
void tell_moment(json_t *to, const char *name, int64_t ms, const struct cw_person *person);
/* Writes a line and releases it. */
void tell_line(FILE *f, json_t *line);
/* A text that grows; after tell_close it is the caller's. */
FILE *tell_open(char **out, size_t *len);
void tell_close(FILE *f);

#endif
