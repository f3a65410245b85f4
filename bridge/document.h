/* document: a configuration file and all files that it includes, as one document.
 *
 * A file comes before those that it includes, and these come in the order in which they are
 * written; what fits a pattern comes in the order of its bytes. Each file is read once. Refuses
 * cycles, 8 levels, 4096 names, and what is no regular file. */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <clockwire/doc.h>

/* Returns: NULL after a fault; the caller destroys it. It may be partial (cw_doc_is_partial): then
 * there are errors, and it is good for finding more of them only. */
struct cw_doc *document_read(const char *file, struct cw_diags *diags);

#endif
