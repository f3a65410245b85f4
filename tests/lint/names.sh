#!/usr/bin/env bash
# Who may name what: each foreign library has its few files, and some functions have none.
# shellcheck source=tests/lint/lint.bash
source "$(dirname "${BASH_SOURCE[0]}")/lint.bash"

code=$(mktemp)
trap 'rm -f "$code"' EXIT
find "${all_trees[@]}" -name '*.[ch]' | sort | xargs perl tests/lint/code.pl >"$code"

# forbid FILES(regex) EXCEPT(regex) WHAT(regex) WHY: WHAT stands nowhere in FILES but in EXCEPT.
forbid()
{
    local hits
    hits=$(grep -E "^($1)[^:]*:[0-9]+:" "$code" | grep -vE "^($2)[^:]*:" |
        grep -E "^[^:]*:[0-9]+:(.*[^A-Za-z0-9_])?($3)" || true)
    [[ -n $hits ]] || return 0
    sed -E "s!^([^:]*:[0-9]+):.*!\1: $4!" <<<"$hits"
    bad=1
}

none='-'
forbid bridge/ 'bridge/(gate|listener|admin)' 'evhttp_[a-z]' 'evhttp lives in gate, listener and admin'
forbid bridge/ 'bridge/transport/curl' 'curl_[a-z]|CURL' 'curl lives in transport/curl'
forbid bridge/ 'bridge/store/sqlite' 'sqlite3_[a-z]' 'SQLite lives in store/sqlite'
forbid 'bridge/' 'bridge/clock' \
    '(clock_gettime|gettimeofday|time|event_base_gettimeofday_cached) *\(' \
    'only bridge/clock reads a clock'
banned='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca|system|popen|tmpnam|mktemp'
forbid '(include|rules|bridge|tests/sim|examples)/' "$none" "($banned) *\\(" 'a banned function'
forbid rules/ "$none" '(event_(base|new|add|del|free|assign)|ev(http|buffer|connlistener|util)_|bufferevent_|curl_|CURL|sqlite3_|EVP_|HMAC|SSL_|CRYPTO_|RAND_)' \
    'the library knows no libevent, curl, SQLite, OpenSSL'
forbid rules/ "$none" '(clock_gettime|gettimeofday|time|clock|getenv|secure_getenv|setenv) *\(' \
    'the library knows no clock and no environment'
forbid rules/ "$none" '(v?f?printf|puts|putchar|fputs|fputc|putc|fwrite|perror|write) *\(|stdout|stderr' \
    'the library prints nothing'
forbid rules/ "$none" '(pthread_|thrd_|mtx_)[a-z]|# *include *<(pthread|threads|event2/.*|curl/.*|sqlite3|openssl/.*)\.h>' \
    'the library has no threads and only its own libraries'
exit "$bad"
