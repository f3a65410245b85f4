/* The wall clock of one program, by LD_PRELOAD: CW_CLOCK names a file of eight bytes, how many
 * milliseconds the clock is ahead of the real one. Only CLOCK_REALTIME is changed, as it is when
 * somebody sets the clock. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t ahead_ms(void)
{
    static const volatile int64_t *shared;
    const char *file = getenv("CW_CLOCK");
    if (!shared && file) {
        int fd = open(file, O_RDONLY | O_CLOEXEC);
        void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED)
            abort();
        close(fd);
        shared = at;
    }
    return shared ? *shared : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    if (syscall(SYS_clock_gettime, id, out) < 0)
        return -1;
    if (id != CLOCK_REALTIME)
        return 0;
    int64_t ns = out->tv_nsec + ahead_ms() % 1000 * 1000000;
    out->tv_sec += ahead_ms() / 1000 + (ns >= 1000000000) - (ns < 0);
    out->tv_nsec = (long)(ns - (ns >= 1000000000 ? 1000000000 : 0) + (ns < 0 ? 1000000000 : 0));
    return 0;
}
