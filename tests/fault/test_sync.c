/* A sync of the journal that failed: nothing is acknowledged, nothing is written or synced any more
 * by this process, and a row that is there after all is known by its key. */
#include "check.h"
#include "disk.h"
#include "store_fixture.h"

#include <errno.h>

static enum cw_status add_one(struct store *s, uint64_t key, int64_t *seq)
{
    struct store_event event = {.received_ms = 1, .source = CW_TEXT("git")};
    struct store_key k = key_of(key);
    OK(store_begin(s, NULL));
    enum cw_status st = store_event_add(s, &event, &k, 1, seq, NULL);
    if (st) {
        store_rollback(s);
        return st;
    }
    return store_commit(s, NULL);
}

/* Changes of the files from the nth on. */
static int changes_from(size_t first)
{
    size_t n = 0;
    int changes = 0;
    const struct disk_op *ops = disk_ops(&n);
    for (size_t i = first; i < n; i++)
        changes += ops[i].kind != DISK_OPEN;
    return changes;
}

/* The nth call of a commit fails. Returns: false when it has fewer. */
static bool fail_at(long nth, int *came_back, int *gone)
{
    char where[160];
    int64_t seq = 0;
    strcpy(where, fixture_where("sync.db"));
    disk_watch(fixture_path("."));
    struct store *s = fixture_open(where);
    OK(add_one(s, 1, &seq));
    disk_fail(nth, false, EIO);
    enum cw_status st = add_one(s, 2, &seq);
    bool failed = disk_has_failed();
    disk_mend(); /* the disk would take it again: that must not mislead */
    CHECK_INT(st, failed ? CW_EIO : CW_OK);
    size_t done = disk_done();
    store_close(s);
    if (failed)
        CHECK_INT(changes_from(done), 0);
    disk_leave();
    s = fixture_open(where);
    st = add_one(s, 2, &seq);
    CHECK(st == CW_OK || st == CW_EEXIST);
    CHECK_INT(seq, 2); /* whichever it is, there is one of it */
    CHECK_INT(add_one(s, 2, &seq), CW_EEXIST);
    *came_back += failed && st == CW_EEXIST;
    *gone += failed && st == CW_OK;
    store_close(s);
    fixture_end();
    return failed;
}

TEST(a_failed_commit_may_come_back_and_is_known_by_its_key)
{
    int came_back = 0, gone = 0;
    long nth = 1;
    while (nth < 100 && fail_at(nth, &came_back, &gone))
        nth++;
    printf("%ld calls failed: the event came back %d times, was gone %d times\n", nth - 1,
           came_back, gone);
    CHECK(came_back > 0 && gone > 0);
}

CHECK_MAIN
