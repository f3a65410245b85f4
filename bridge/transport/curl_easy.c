#include "transport/curl_easy.h"

#include "xalloc.h"

#include <clockwire/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_TIMEOUT_MS = 10000, URL_BYTES = 4096 };

enum cw_status easy_start(struct cw_error *err)
{
    static bool started;
    if (started)
        return CW_OK;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return cw_fail(err, CW_EIO, "libcurl cannot start");
    if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS))
        return cw_fail(err, CW_EIO, "this libcurl looks up names synchronously");
    started = true;
    return CW_OK;
}

static size_t on_head(char *at, size_t one, size_t len, void *answer)
{
    (void)one;
    return answer_head(answer, at, len) ? len : 0;
}

static size_t on_body(char *at, size_t one, size_t len, void *answer)
{
    (void)one;
    return answer_body(answer, at, len) ? len : 0;
}

void easy_set_safety(CURL *easy, const char *protocols)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A look-up of a name that hangs is left to its thread; else the loop would wait for it. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "clockwire/" CW_VERSION);
}

void easy_set_times(CURL *easy, int64_t timeout_ms)
{
    int64_t connect_ms = timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
}

void easy_set_sinks(CURL *easy, struct answer *answer, char *error)
{
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
}

void easy_set_method(CURL *easy, const char *method, struct cw_text body)
{
    if (strcmp(method, "GET") == 0)
        return;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.len ? body.at : "");
}

struct curl_slist *easy_add_header(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort();
    return longer;
}

void easy_drop_headers(struct curl_slist *list)
{
    for (struct curl_slist *h = list; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(list);
}

CURL *easy_new(void)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        abort();
    return easy;
}

/* Blanks, controls and bytes beyond ASCII never reach a request line or a header. */
bool easy_is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text >= 0x7f)
            return false;
    return true;
}

static bool is_loopback(const char *host)
{
    unsigned a, b, c, d;
    char end;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 && a == 127;
}

/* The parts of an address as libcurl reads it, which is how it will connect. */
struct address {
    char *scheme, *host, *port, *user, *query, *fragment;
};

static char *url_part(CURLU *parsed, CURLUPart what)
{
    char *part = NULL;
    return curl_url_get(parsed, what, &part, 0) == CURLUE_OK ? part : NULL;
}

/* libcurl forgives too many slashes, and others take a backslash for one. */
static bool is_well_formed(const char *url)
{
    const char *colon = strstr(url, "://");
    return colon && colon[3] != '/' && !strchr(url, '\\');
}

static bool read_address(const char *url, struct address *out)
{
    CURLU *parsed = curl_url();
    if (!parsed)
        abort();
    bool good = is_well_formed(url) && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;
    *out = (struct address){0};
    if (good)
        *out = (struct address){
            url_part(parsed, CURLUPART_SCHEME), url_part(parsed, CURLUPART_HOST),
            url_part(parsed, CURLUPART_PORT),   url_part(parsed, CURLUPART_USER),
            url_part(parsed, CURLUPART_QUERY),  url_part(parsed, CURLUPART_FRAGMENT)};
    curl_url_cleanup(parsed);
    return good && out->scheme && out->host;
}

static void free_address(struct address *a)
{
    char *parts[] = {a->scheme, a->host, a->port, a->user, a->query, a->fragment};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        curl_free(parts[i]);
}

static bool is_one_of(const char *host, const char *const *hosts)
{
    for (size_t i = 0; hosts && hosts[i]; i++)
        if (strcasecmp(host, hosts[i]) == 0)
            return true;
    return false;
}

/* Sets *protocol when the scheme is one that may be used with the host. */
static const char *check_scheme(const struct address *a, const char *const *plain,
                                const char **protocol)
{
    bool is_https = strcmp(a->scheme, "https") == 0;
    if (!is_https && strcmp(a->scheme, "http") != 0)
        return "must begin with https://";
    if (!is_https && !is_loopback(a->host) && !is_one_of(a->host, plain))
        return "begins with http://, which is only for this machine";
    *protocol = is_https ? "https" : "http";
    return NULL;
}

enum cw_status easy_check_url(const char *url, const char **protocol, struct cw_error *err)
{
    struct address a;
    size_t len = strlen(url);
    if (!len || !easy_is_plain(url) || url[len - 1] == '/')
        return cw_fail(err, CW_EINVAL, "the API's URL is empty or ends with a slash");
    if (len > URL_BYTES)
        return cw_fail(err, CW_ELIMIT, "the API's URL is too long");
    const char *fault = !read_address(url, &a)            ? "is not a URL"
                        : a.user || a.query || a.fragment ? "has a user, a query or a fragment"
                                                          : check_scheme(&a, NULL, protocol);
    free_address(&a);
    return fault ? cw_fail(err, CW_EINVAL, "the API's URL %s", fault) : CW_OK;
}

enum cw_status transport_check_base(const char *url, struct cw_error *err)
{
    const char *protocol;
    return easy_check_url(url, &protocol, err);
}

enum cw_status transport_check_url(const char *url, const char *const *plain, struct cw_error *err)
{
    struct address a = {0};
    const char *protocol, *fault = NULL;
    if (!*url || strlen(url) > URL_BYTES || !easy_is_plain(url))
        fault = "is empty, too long, or holds blanks or other bytes that no URL has";
    else if (!read_address(url, &a))
        fault = "is not a URL";
    else if (a.user || a.fragment)
        fault = a.user ? "has a user in it" : "has a fragment, which is never sent";
    else
        fault = check_scheme(&a, plain, &protocol);
    free_address(&a);
    return fault ? cw_fail(err, CW_EINVAL, "the address %s", fault) : CW_OK;
}

char *transport_host(const char *url)
{
    struct address a;
    bool good = read_address(url, &a);
    char *host = xprintf("%s%s%s", good ? a.host : "", good && a.port ? ":" : "",
                         good && a.port ? a.port : "");
    free_address(&a);
    return host;
}

/* ---- One blocking request ---- */

static bool is_header(const char *line)
{
    const char *colon = strchr(line, ':');
    return colon && colon != line && !strpbrk(line, "\r\n");
}

static enum cw_status add_headers(const struct fetch_request *q, struct curl_slist **list,
                                  struct cw_error *err)
{
    *list = easy_add_header(*list, "Expect:");
    if (strcmp(q->method, "GET") != 0)
        *list = easy_add_header(*list, "Content-Type:"); /* one of `headers` may set it */
    for (size_t i = 0; q->headers && q->headers[i]; i++) {
        if (!is_header(q->headers[i]))
            return cw_fail(err, CW_EINVAL, "header %zu is no header", i + 1);
        *list = easy_add_header(*list, q->headers[i]);
    }
    return CW_OK;
}

static enum cw_status perform(CURL *easy, const struct answer *answer, const char *error,
                              const char *where, struct cw_error *err)
{
    CURLcode result = curl_easy_perform(easy);
    if (result == CURLE_OK)
        return CW_OK;
    const char *why = answer->refused ? answer->refused
                      : *error        ? error
                                      : curl_easy_strerror(result);
    return cw_fail(err, CW_EIO, "%s: %s", where, why);
}

enum cw_status transport_fetch(const struct fetch_request *q, int *status, char **body, size_t *len,
                               struct cw_error *err)
{
    struct answer answer;
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    long code = 0;
    enum cw_status st = easy_start(err);
    if (!st && !easy_is_plain(q->url))
        st = cw_fail(err, CW_EINVAL, "the URL holds blanks or control bytes");
    if (!st)
        st = add_headers(q, &headers, err);
    if (st) {
        easy_drop_headers(headers);
        return st;
    }
    answer_init(&answer);
    CURL *easy = easy_new();
    easy_set_safety(easy, "http,https");
    easy_set_times(easy, q->timeout_ms);
    easy_set_sinks(easy, &answer, error);
    easy_set_method(easy, q->method, q->body);
    curl_easy_setopt(easy, CURLOPT_URL, q->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (q->unix_path)
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, q->unix_path);
    st = perform(easy, &answer, error, q->unix_path ? q->unix_path : q->url, err);
    if (!st) {
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
        *status = (int)code;
        *body = answer.body ? answer.body : xstrdup("");
        *len = answer.body_len;
        answer.body = NULL;
    }
    curl_easy_cleanup(easy);
    easy_drop_headers(headers);
    answer_fini(&answer);
    return st;
}
