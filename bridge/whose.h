/* whose: whom a stored event names. */
#ifndef WHOSE_H
#define WHOSE_H

#include "store/store.h"

#include <clockwire/rules.h>

enum whose {
    WHOSE_NOBODY, /* it names nobody, or nothing was kept of it */
    WHOSE_THEIRS, /* the person is among those whom its `user` names */
    WHOSE_OTHERS
};

enum whose whose_is(const struct cw_ruleset *rules, const struct store_event *event,
                    const struct cw_person *person);

#endif
