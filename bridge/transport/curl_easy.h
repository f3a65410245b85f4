/* What every transfer of libcurl has in common: its safety, its ceilings, its headers. */
#ifndef TRANSPORT_CURL_EASY_H
#define TRANSPORT_CURL_EASY_H

#include "transport/answer.h"

#include <curl/curl.h>

/* Starts libcurl once; refuses one that would block the loop in DNS. */
enum cw_status easy_start(struct cw_error *err) CW_CHECKED;
CURL *easy_new(void);
void easy_set_safety(CURL *easy, const char *protocols);
void easy_set_times(CURL *easy, int64_t timeout_ms);
void easy_set_sinks(CURL *easy, struct answer *answer, char *error);
void easy_set_method(CURL *easy, const char *method, struct cw_text body);
struct curl_slist *easy_add_header(struct curl_slist *list, const char *line);
void easy_drop_headers(struct curl_slist *list); /* wipes them */
/* No blanks, controls or bytes beyond ASCII. */
bool easy_is_plain(const char *text);
/* Checks a base URL: https, or http to this machine. *protocol is static. */
enum cw_status easy_check_url(const char *url, const char **protocol,
                              struct cw_error *err) CW_CHECKED;

#endif
