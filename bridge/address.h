/* address: is a text the address of a listener at all? Nothing is looked up or opened. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <clockwire/error.h>

enum { ADDRESS_UNIX_BYTES = 107 }; /* of a unix socket's path */

/* HOST:PORT, [IPv6]:PORT or unix:PATH. Returns: CW_EINVAL. */
enum cw_status address_check(struct cw_text text, struct cw_error *err) CW_CHECKED;

#endif
