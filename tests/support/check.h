/* check: the few words that a unit test needs.
 *
 * A test file holds TEST(name) { ... } blocks and ends with CHECK_MAIN. A failed check prints
 * file:line with what was seen and lets the block go on; the program's exit code tells the rest. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

void check_register(struct check_test *test);
int check_run(int argc, char **argv); /* argv[1], if given, is the one test to run */
void check_skip(const char *why);     /* prints one line and ends the program with 77 */
bool check_true(bool ok, const char *file, int line, const char *what);
bool check_int(int64_t got, int64_t want, const char *file, int line, const char *what);
bool check_str(const char *got, const char *want, const char *file, int line, const char *what);
bool check_mem(const void *got, size_t got_len, const char *want, const char *file, int line,
               const char *what);

/* Path of a file or folder in the knowledge shared by the team ($CW_SHARED or ../shared from the
 * root of the project); NULL when it is not there, as on a stranger's machine. Static storage. */
const char *check_shared(const char *path);
/* Whole file, NUL-terminated, freed by the caller; ends the program when it cannot be read. */
char *check_read(const char *path, size_t *len);

#define TEST(ident)                                                                                \
    static void test_##ident(void);                                                                \
    static struct check_test check_##ident = {#ident, test_##ident, NULL};                         \
    __attribute__((constructor)) static void register_##ident(void)                                \
    {                                                                                              \
        check_register(&check_##ident);                                                            \
    }                                                                                              \
    static void test_##ident(void)

#define CHECK(cond)              check_true((cond), __FILE__, __LINE__, #cond)
#define CHECK_INT(got, want)     check_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want)     check_str((got), (want), __FILE__, __LINE__, #got)
#define CHECK_MEM(at, len, want) check_mem((at), (len), (want), __FILE__, __LINE__, #at)
#define CHECK_MAIN                                                                                 \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        return check_run(argc, argv);                                                              \
    }

#endif
