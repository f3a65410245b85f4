/* listener/bind: HOST:PORT, [v6]:PORT and unix:PATH. */
#include "listener/bind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static enum cw_status fail_errno(struct cw_error *err, const char *what, const char *address)
{
    enum cw_status st = errno == EADDRINUSE ? CW_EBUSY : errno == EACCES ? CW_EDENIED : CW_EIO;
    return cw_fail(err, st, "%s %s: %s", what, address, strerror(errno));
}

/* getaddrinfo would take 99999 for 34463. */
static bool is_port(const char *text)
{
    size_t len = strlen(text);
    return len < 6 && strspn(text, "0123456789") == len && strtoul(text, NULL, 10) < 65536;
}

/* Splits HOST:PORT; the brackets of an IPv6 address go. */
static bool split(const char *address, char *host, size_t room, const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    if (!len || !colon[1])
        return false;
    bool bracketed = address[0] == '[' && address[len - 1] == ']';
    if (bracketed) {
        address++;
        len -= 2;
    }
    if (!len || len >= room || (!bracketed && memchr(address, ':', len)))
        return false;
    memcpy(host, address, len);
    host[len] = '\0';
    *port = colon + 1;
    return is_port(*port);
}

static void name_address(struct listener_place *place)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(place->fd, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    snprintf(place->address, sizeof place->address,
             bound.ss_family == AF_INET6 ? "[%.100s]:%.10s" : "%.100s:%.10s", host, port);
}

/* Accepted sockets inherit TCP_NODELAY. */
static void set_options(int fd)
{
    static const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static enum cw_status bind_tcp(const char *address, struct listener_place *place,
                               struct cw_error *err)
{
    char host[256];
    const char *port;
    struct addrinfo *found,
        hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!split(address, host, sizeof host, &port))
        return cw_fail(err, CW_EINVAL, "%s is not HOST:PORT, [IPv6]:PORT or unix:PATH", address);
    int fault = getaddrinfo(host, port, &hints, &found);
    if (fault)
        return cw_fail(err, CW_EINVAL, "%s: %s", address, gai_strerror(fault));
    enum cw_status st = CW_OK;
    place->fd = open_socket(found->ai_family);
    if (place->fd < 0)
        st = fail_errno(err, "socket for", address);
    else {
        set_options(place->fd);
        if (bind(place->fd, found->ai_addr, found->ai_addrlen) != 0)
            st = fail_errno(err, "bind", address);
    }
    freeaddrinfo(found);
    if (!st)
        name_address(place);
    return st;
}

/* A file that is in the way: a socket without a server is removed, anything else stays. */
static enum cw_status make_way(const struct sockaddr_un *sun, struct cw_error *err)
{
    struct stat there;
    if (lstat(sun->sun_path, &there) != 0)
        return CW_OK;
    if (!S_ISSOCK(there.st_mode))
        return cw_fail(err, CW_EEXIST, "%s is there and is no socket", sun->sun_path);
    int fd = open_socket(AF_UNIX);
    int failed = connect(fd, (const struct sockaddr *)sun, sizeof *sun) != 0 ? errno : 0;
    close(fd);
    if (failed != ECONNREFUSED)
        return cw_fail(err, CW_EBUSY, "%s is served by another process", sun->sun_path);
    if (unlink(sun->sun_path) != 0)
        return fail_errno(err, "remove", sun->sun_path);
    return CW_OK;
}

static enum cw_status bind_unix(const char *path, struct listener_place *place,
                                struct cw_error *err)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    struct stat mine;
    if (!*path || strlen(path) >= sizeof sun.sun_path)
        return cw_fail(err, CW_EINVAL, "the path of a unix socket has 1 to %zu bytes",
                       sizeof sun.sun_path - 1);
    memcpy(sun.sun_path, path, strlen(path) + 1);
    enum cw_status st = make_way(&sun, err);
    if (st)
        return st;
    place->fd = open_socket(AF_UNIX);
    if (place->fd < 0)
        return fail_errno(err, "socket for", path);
    mode_t mask = umask(0177); /* 0600 from its first moment on */
    int failed = bind(place->fd, (struct sockaddr *)&sun, sizeof sun);
    umask(mask);
    if (failed || stat(path, &mine) != 0)
        return fail_errno(err, "bind", path);
    memcpy(place->path, sun.sun_path, sizeof place->path);
    place->dev = mine.st_dev;
    place->ino = mine.st_ino;
    snprintf(place->address, sizeof place->address, "unix:%s", path);
    return CW_OK;
}

enum cw_status listener_bind(const char *address, struct listener_place *out, struct cw_error *err)
{
    struct listener_place place = {.fd = -1};
    bool local = strncmp(address, "unix:", 5) == 0;
    enum cw_status st =
        local ? bind_unix(address + 5, &place, err) : bind_tcp(address, &place, err);
    if (!st && listen(place.fd, BACKLOG) != 0)
        st = fail_errno(err, "listen on", address);
    if (!st)
        *out = place;
    else if (place.fd >= 0)
        close(place.fd);
    return st;
}

void listener_unbind(struct listener_place *place)
{
    struct stat there;
    if (place->path[0] && lstat(place->path, &there) == 0 && there.st_dev == place->dev &&
        there.st_ino == place->ino)
        unlink(place->path);
    place->path[0] = '\0';
}
