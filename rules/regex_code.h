/* regex_code: what a compiled pattern is, for the files of regex. */
#ifndef CWR_REGEX_CODE_H
#define CWR_REGEX_CODE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>

#include "regex.h"

enum { CWR_REGEX_CAPTURES = 127 };

struct cwr_regex_group {
    struct cw_text name;
    uint32_t number;
};

struct cwr_regex {
    pcre2_code *code;
    _Atomic(pcre2_code *) fast; /* a copy with machine code, made by the first match */
    size_t weight;              /* of a character that a repeat ran over, in sixteenths of a step */
    size_t around; /* added to a step for look-arounds, which walk back uncounted, and groups */
    bool refers;   /* has back references */
    uint32_t n;    /* named groups */
    struct cwr_regex_group groups[];
};

/* The code to run; made when it is not there yet. */
enum cw_status cwr_regex_fast(const struct cwr_regex *regex, pcre2_code **out,
                              struct cw_error *err) CW_CHECKED;

#endif
