/* file: whole files that a configuration names, read with a ceiling. */
#ifndef FILE_H
#define FILE_H

#include <clockwire/doc.h>

enum { FILE_BYTES = 64 << 20 }; /* of a configuration */

/* Reads a file. `regular`: nothing else is, so that no pipe or device is waited for. The caller
 * frees *out. Returns: CW_ENOENT, CW_EINVAL (another kind of file), CW_ELIMIT (more than `most`
 * bytes), CW_EIO; err says it without the path. */
enum cw_status file_read(const char *path, bool regular, size_t most, char **out, size_t *len,
                         struct cw_error *err) CW_CHECKED;
/* Reads it again, if that can be, so that diagnostics can show its lines. */
void file_show(const char *path, struct cw_diags *diags);
/* What `name` means in `file`: an absolute path, or one from the folder of the file, where it is
 * named and not where a link may lead. The caller frees it. */
char *file_beside(const char *file, const char *name);

#endif
