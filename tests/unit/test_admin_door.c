#include "admin/door.h"

#include "check.h"

#include <string.h>

static const char secret[] = "admin-secret-0123456789";

static int ask(struct admin_door *door, const char *host, const char *bearer, const char *peer,
               const char *token, int64_t now_ms)
{
    struct http_header headers[2];
    size_t n = 0;
    if (host)
        headers[n++] = (struct http_header){CW_TEXT("Host"), cw_text_of(host)};
    if (bearer)
        headers[n++] = (struct http_header){CW_TEXT("Authorization"), cw_text_of(bearer)};
    struct http_request r = {.headers = headers, .n_headers = n, .peer = peer};
    return door_check(door, &r, token, now_ms);
}

TEST(local_is_open_without_a_token)
{
    struct admin_door door;
    door_init(&door, "unix:/run/clockwire.sock");
    CHECK_INT(ask(&door, "localhost", NULL, "", NULL, 0), 0);
    CHECK_INT(ask(&door, "evil.example.org", NULL, "", NULL, 0), 0);
    CHECK_INT(ask(&door, "localhost", NULL, "", secret, 0), 401);
    CHECK_INT(ask(&door, "localhost", "Bearer admin-secret-0123456789", "", secret, 0), 0);
}

TEST(tcp_needs_the_token)
{
    struct admin_door door;
    door_init(&door, "127.0.0.1:8081");
    CHECK_INT(ask(&door, "127.0.0.1:8081", NULL, "127.0.0.1", secret, 0), 401);
    CHECK_INT(ask(&door, "127.0.0.1:8081", "Bearer admin-secret-012345678", "a", secret, 0), 401);
    CHECK_INT(ask(&door, "127.0.0.1:8081", "bearer admin-secret-0123456789", "a", secret, 0), 0);
}

/* A reload may take the token away, or name a unix socket: the door stays what it is. */
TEST(tcp_without_a_token_is_shut)
{
    struct admin_door door;
    door_init(&door, "127.0.0.1:8081");
    CHECK_INT(ask(&door, "127.0.0.1:8081", NULL, "127.0.0.1", NULL, 0), 401);
    CHECK_INT(ask(&door, "127.0.0.1:8081", "Bearer ", "127.0.0.1", NULL, 0), 401);
}

TEST(names_that_may_be_called)
{
    static const char bearer[] = "Bearer admin-secret-0123456789";
    struct admin_door door;
    door_init(&door, "admin.example.org:8081");
    CHECK_INT(ask(&door, "Admin.example.org:8081", bearer, "a", secret, 0), 0);
    CHECK_INT(ask(&door, "10.0.0.7:8081", bearer, "a", secret, 0), 0);
    CHECK_INT(ask(&door, "[::1]:8081", bearer, "a", secret, 0), 0);
    CHECK_INT(ask(&door, "localhost", bearer, "a", secret, 0), 0);
    CHECK_INT(ask(&door, "clockwire:8081", bearer, "a", secret, 0), 0);
    CHECK_INT(ask(&door, "rebind.attacker.net:8081", bearer, "a", secret, 0), 421);
    CHECK_INT(ask(&door, "127.0.0.1.attacker.net", bearer, "a", secret, 0), 421);
    CHECK_INT(ask(&door, "xadmin.example.org", bearer, "a", secret, 0), 421);
}

TEST(guesses_are_limited_by_address)
{
    static const char right[] = "Bearer admin-secret-0123456789", wrong[] = "Bearer guess";
    struct admin_door door;
    door_init(&door, "127.0.0.1:8081");
    for (int i = 0; i < DOOR_TRIES; i++)
        CHECK_INT(ask(&door, "localhost", wrong, "10.0.0.1", secret, 1000 + i), 401);
    CHECK_INT(ask(&door, "localhost", wrong, "10.0.0.1", secret, 2000), 429);
    CHECK_INT(ask(&door, "localhost", right, "10.0.0.1", secret, 2000), 429);
    CHECK_INT(ask(&door, "localhost", right, "10.0.0.2", secret, 2000), 0);
    CHECK_INT(ask(&door, "localhost", right, "10.0.0.1", secret, 1000 + DOOR_FORGETS_MS), 0);
}

TEST(asking_without_a_token_is_no_guess)
{
    static const char right[] = "Bearer admin-secret-0123456789";
    struct admin_door door;
    door_init(&door, "127.0.0.1:8081");
    for (int i = 0; i < 100; i++)
        CHECK_INT(ask(&door, "localhost", NULL, "10.0.0.1", secret, 1000), 401);
    CHECK_INT(ask(&door, "localhost", right, "10.0.0.1", secret, 1000), 0);
}

TEST(many_addresses_take_no_more_room)
{
    struct admin_door door;
    char peer[DOOR_PEER];
    door_init(&door, "127.0.0.1:8081");
    for (int i = 0; i < 10 * DOOR_CALLERS; i++) {
        memset(peer, 0, sizeof peer);
        memset(peer, 'a' + i % 26, (size_t)(1 + i / 26));
        CHECK_INT(ask(&door, "localhost", "Bearer guess", peer, secret, 1000 + i), 401);
    }
}

CHECK_MAIN
