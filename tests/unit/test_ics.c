/* Calendar files: what they cover, what is refused, and what hostile ones cost. */
#include "ics/ics.h"

#include <clockwire/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

static struct cw_arena *arena;
static struct ics ics;
static struct cw_error err;

static enum cw_status read_text(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1); /* exact, so that a read beyond the end is seen */
    memcpy(copy, text, len);
    cw_arena_destroy(arena);
    arena = cw_arena_create(16 << 20);
    ics = (struct ics){.n_days = 0};
    enum cw_status status = ics_read((struct cw_text){copy, len}, arena, &ics, &err);
    free(copy);
    return status;
}

/* A calendar with these lines, \n between them: the days by blanks, or the fault. At most `most`
 * days are told. */
static const char *days_of(const char *lines, size_t most)
{
    static char text[16384], out[4096];
    snprintf(text, sizeof text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%s\r\nEND:VCALENDAR\r\n", lines);
    if (read_text(text, strlen(text)))
        return err.text;
    size_t n = ics.n_days < most ? ics.n_days : most;
    snprintf(out, sizeof out, "%.*s", (int)(n ? n * 11 - 1 : 0), ics.days.at);
    for (char *p = out; *p; p++)
        *p = *p == '\n' ? ' ' : *p;
    CHECK_INT(ics.days.len, ics.n_days * 11);
    return out;
}

#define EVENT(lines)     "BEGIN:VEVENT\n" lines "\nEND:VEVENT"
#define DAYS(text, want) CHECK_STR(days_of(text, 100), want)

TEST(all_day_events)
{
    DAYS(EVENT("DTSTART;VALUE=DATE:20261225\nSUMMARY:Christmas"), "2026-12-25");
    DAYS(EVENT("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"), "2026-12-25 2026-12-26");
    DAYS(EVENT("DTSTART:20261225\nDTEND:20261225"), "2026-12-25");
    DAYS(EVENT("DTSTART:20261225\nDTEND:20261201"), "2026-12-25");
    DAYS(EVENT("DTSTART:20261231\nDURATION:P2D"), "2026-12-31 2027-01-01");
    DAYS(EVENT("DTSTART:20261231\nDURATION:PT12H"), "2026-12-31");
    DAYS(EVENT("DTSTART:20260228\nDURATION:P1W"),
         "2026-02-28 2026-03-01 2026-03-02 2026-03-03 2026-03-04 2026-03-05 2026-03-06");
    DAYS(EVENT("dtstart;value=date;X-A=\"b:c;d\":20261225\nTRANSP:TRANSPARENT"), "2026-12-25");
    DAYS(EVENT("DTSTART:20261225") "\n" EVENT("DTSTART:20260101") "\n" EVENT("DTSTART:20261225"),
         "2026-01-01 2026-12-25");
    CHECK_INT(ics.n_partly, 0);
}

TEST(timed_events_except_the_days_that_they_cover_whole)
{
    DAYS(EVENT("DTSTART;TZID=Europe/Berlin:20261224T000000\nDTEND;TZID=Europe/Berlin:"
               "20261225T000000"),
         "2026-12-24");
    DAYS(EVENT("DTSTART:20260302T090000\nDTEND:20260304T170000"), "2026-03-03");
    DAYS(EVENT("DTSTART:20260302T230000Z\nDTEND:20260304T000000Z"), "2026-03-03");
    DAYS(EVENT("DTSTART:20260302T120000\nDURATION:PT36H"), "2026-03-03");
    DAYS(EVENT("DTSTART:20260302T120000\nDURATION:PT35H59M59S"), "");
    CHECK_INT(ics.n_partly, 1);
    DAYS(
        EVENT(
            "SUMMARY:Lunch\nDTSTART:20260302T120000\nDTEND:20260302T130000\n"
            "RRULE:FREQ=SECONDLY;BYNONSENSE=1") "\n" EVENT("DTSTART:20260302T120000") "\n" EVENT("D"
                                                                                                 "T"
                                                                                                 "S"
                                                                                                 "T"
                                                                                                 "A"
                                                                                                 "R"
                                                                                                 "T"
                                                                                                 ":"
                                                                                                 "2"
                                                                                                 "0"
                                                                                                 "2"
                                                                                                 "6"
                                                                                                 "0"
                                                                                                 "3"
                                                                                                 "0"
                                                                                                 "3"),
        "2026-03-03");
    CHECK_INT(ics.n_partly, 2);
    CHECK_INT(ics.partly_line, 3);
    DAYS(EVENT("DTSTART:20260302T090000\nDTEND:20260304T170000\nRRULE:FREQ=WEEKLY;COUNT=3\n"
               "EXDATE:20260309T090000"),
         "2026-03-03 2026-03-17");
}

TEST(repetitions)
{
    static const struct {
        const char *start, *rule;
        size_t n;
        const char *first; /* as python-dateutil finds them */
    } rows[] = {
        {"20260101", "FREQ=YEARLY", 74, "2026-01-01 2027-01-01 2028-01-01 2029-01-01 2030-01-01"},
        {"20240229", "FREQ=YEARLY", 19, "2024-02-29 2028-02-29 2032-02-29 2036-02-29 2040-02-29"},
        {"19000501", "FREQ=YEARLY", 130, "1970-05-01 1971-05-01 1972-05-01 1973-05-01 1974-05-01"},
        {"16010101", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25,26", 260,
         "1970-12-25 1970-12-26 1971-12-25 1971-12-26 1972-12-25"},
        {"20260525", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", 74,
         "2026-05-25 2027-05-31 2028-05-29 2029-05-28 2030-05-27"},
        {"20261126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", 74,
         "2026-11-26 2027-11-25 2028-11-23 2029-11-22 2030-11-28"},
        {"20260209", "FREQ=YEARLY;BYDAY=6MO", 74,
         "2026-02-09 2027-02-08 2028-02-07 2029-02-05 2030-02-11"},
        {"20261231", "FREQ=YEARLY;BYDAY=-1TH", 74,
         "2026-12-31 2027-12-30 2028-12-28 2029-12-27 2030-12-26"},
        {"20260101", "FREQ=YEARLY;BYYEARDAY=1,-1,100", 222,
         "2026-01-01 2026-04-10 2026-12-31 2027-01-01 2027-04-10"},
        {"20260113", "FREQ=YEARLY;BYMONTHDAY=13", 888,
         "2026-01-13 2026-02-13 2026-03-13 2026-04-13 2026-05-13"},
        {"20260213", "FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR", 128,
         "2026-02-13 2026-03-13 2026-11-13 2027-08-13 2028-10-13"},
        {"20260131", "FREQ=MONTHLY", 518, "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31"},
        {"20260131", "FREQ=MONTHLY;BYMONTHDAY=-1", 888,
         "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"},
        {"20260130", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 888,
         "2026-01-30 2026-02-27 2026-03-31 2026-04-30 2026-05-29"},
        {"20260302", "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO", 296,
         "2026-03-02 2026-06-01 2026-09-07 2026-12-07 2027-03-01"},
        {"20260105", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO", 3861,
         "2026-01-05 2026-01-11 2026-01-19 2026-01-25 2026-02-02"},
        {"20260105", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", 3861,
         "2026-01-05 2026-01-18 2026-01-19 2026-02-01 2026-02-02"},
        {"20260105", "FREQ=WEEKLY;COUNT=3", 3, "2026-01-05 2026-01-12 2026-01-19"},
        {"20260105", "FREQ=WEEKLY;UNTIL=20260120T000000Z", 3, "2026-01-05 2026-01-12 2026-01-19"},
        {"20260101", "FREQ=DAILY;INTERVAL=100", 271,
         "2026-01-01 2026-04-11 2026-07-20 2026-10-28 2027-02-05"},
        {"20260101", "FREQ=DAILY;BYMONTH=2;BYDAY=SU", 300,
         "2026-01-01 2026-02-01 2026-02-08 2026-02-15 2026-02-22"},
        {"20260101", "FREQ=DAILY;COUNT=2", 2, "2026-01-01 2026-01-02"},
        {"19991231", "FREQ=DAILY;INTERVAL=3000;COUNT=4", 4,
         "1999-12-31 2008-03-18 2016-06-04 2024-08-21"},
        {"20990630", "FREQ=MONTHLY;BYMONTHDAY=30", 7,
         "2099-06-30 2099-07-30 2099-08-30 2099-09-30 2099-10-30"},
        {"20260101", "FREQ=YEARLY;INTERVAL=30", 3, "2026-01-01 2056-01-01 2086-01-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        snprintf(text, sizeof text, "BEGIN:VEVENT\nDTSTART:%s\nRRULE:%s\nEND:VEVENT", rows[i].start,
                 rows[i].rule);
        if (!CHECK_STR(days_of(text, 5), rows[i].first) || !CHECK_INT(ics.n_days, rows[i].n))
            fprintf(stderr, "%s\n", rows[i].rule);
    }
}

TEST(dates_are_added_and_taken_away)
{
    DAYS(EVENT("DTSTART:20260101\nRDATE;VALUE=DATE:20260301,20260401\nRDATE:20260501"),
         "2026-01-01 2026-03-01 2026-04-01 2026-05-01");
    DAYS(EVENT("DTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=5\nEXDATE:20260103,20260101"),
         "2026-01-02 2026-01-04 2026-01-05");
    DAYS(EVENT("UID:a\nDTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=3") "\n" EVENT(
             "UID:a\nRECURRENCE-ID:20260102\nDTSTART:20260110") "\n" EVENT("UID:b\nDTSTART:"
                                                                           "20260102"),
         "2026-01-01 2026-01-02 2026-01-03 2026-01-10");
    DAYS(EVENT("UID:a\nRECURRENCE-ID:20260102\nDTSTART:20260102\nSTATUS:CANCELLED") "\n" EVENT(
             "UID:a\nDTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=3"),
         "2026-01-01 2026-01-03");
    DAYS(EVENT("DTSTART:20260101\nSTATUS:cancelled"), "");
}

TEST(what_is_not_about_events_is_left_alone)
{
    DAYS("BEGIN:VTIMEZONE\nBEGIN:DAYLIGHT\nDTSTART:19810329T020000\nRRULE:FREQ=HOURLY\n"
         "END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VTODO\nDTSTART:20260101\nEND:VTODO\n"
         "BEGIN:VEVENT\nDTSTART:20260505\nBEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:20260101\n"
         "RRULE:x\nEND:VALARM\nDTEND:20260507\nEND:VEVENT",
         "2026-05-05 2026-05-06");
}

TEST(lines_are_unfolded)
{
    DAYS(EVENT("DTSTA\r\n RT;VAL\n\tUE=DATE:2026\r\n 1225"), "2026-12-25");
    DAYS(EVENT("SUMMARY:a\n  :\n b\n\nDTSTART:20261225"), "2026-12-25");
    static const char bom[] = "\xEF\xBB\xBF"
                              "begin:vcalendar\nbegin:vevent\ndtstart:20261225\nend:vevent\n"
                              "end:vcalendar";
    CHECK_INT(read_text(bom, strlen(bom)), CW_OK);
    CHECK_INT(ics.n_days, 1);
}

TEST(the_horizon)
{
    DAYS(EVENT("DTSTART:19691231\nDTEND:19700103"), "1970-01-01 1970-01-02");
    DAYS(EVENT("DTSTART:20991230\nDTEND:21010101"), "2099-12-30 2099-12-31");
    DAYS(EVENT("DTSTART:00010101"), "");
    DAYS(EVENT("DTSTART:99991231\nRRULE:FREQ=DAILY"), "");
    CHECK_STR(days_of(EVENT("DTSTART:19000101\nDURATION:P999999W"), 1), "1970-01-01");
    CHECK_INT(ics.n_days, 47482);
    CHECK_STR(days_of(EVENT("DTSTART:19000101\nRRULE:FREQ=DAILY\nDURATION:P99W"), 1), "1970-01-01");
    CHECK_INT(ics.n_days, 47482);
}

TEST(faults_name_their_line)
{
    DAYS(EVENT("SUMMARY:x"), "line 3: this event has no DTSTART");
    DAYS(EVENT("DTSTART:20260229"), "line 4: a date looks like 20261225 or 20261225T103000");
    DAYS(EVENT("DTSTART:2026-12-25"), "line 4: a date looks like 20261225 or 20261225T103000");
    DAYS(EVENT("DTSTART:20260101T250000"), "line 4: a date looks like 20261225 or 20261225T103000");
    DAYS(EVENT("DTSTART:20260101\nDURATION:1D"), "line 5: a duration looks like P1D or PT8H");
    DAYS(EVENT("DTSTART:20260101\nRRULE:FREQ=YEARLY;BYEASTER=0"),
         "line 5: RRULE: `BYEASTER=0` is no part of a rule");
    DAYS(EVENT("DTSTART:20260101\n\nRRULE:FREQ=YEARLY;BYWEEKNO=20"),
         "line 6: RRULE: `BYWEEKNO=20` is not read; write the days out");
    DAYS(EVENT("DTSTART:20260101\nRRULE:FREQ=HOURLY"),
         "line 5: RRULE: `FREQ=HOURLY` is not read; write the days out");
    DAYS(EVENT("DTSTART:20260101\nRRULE:RSCALE=HEBREW;FREQ=YEARLY"),
         "line 5: RRULE: `RSCALE=HEBREW` is not read; write the days out");
    DAYS(EVENT("DTSTART:20260101\nRRULE:COUNT=3"), "line 5: RRULE: it has no FREQ");
    DAYS(EVENT("DTSTART:20260101\nRRULE:FREQ=WEEKLY;BYDAY=2MO"),
         "line 5: RRULE: a numbered weekday belongs to MONTHLY or YEARLY");
    static const char *const parts[] = {"BYMONTH=13",
                                        "BYMONTH=0",
                                        "BYMONTH=-1",
                                        "BYMONTHDAY=32",
                                        "BYMONTHDAY=0",
                                        "BYDAY=XX",
                                        "BYDAY=54MO",
                                        "BYDAY=MOO",
                                        "BYDAY=",
                                        "BYMONTH=",
                                        "INTERVAL=0",
                                        "COUNT=0",
                                        "COUNT=1x",
                                        "UNTIL=tomorrow",
                                        "WKST=M",
                                        "BYYEARDAY=367",
                                        "BYSETPOS=0",
                                        "BYMONTH=1,,x",
                                        "INTERVAL=99999999999",
                                        "X"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char text[200], want[200];
        snprintf(text, sizeof text, EVENT("DTSTART:20260101\nRRULE:FREQ=YEARLY;%s"), parts[i]);
        snprintf(want, sizeof want, "line 5: RRULE: `%s` is no part of a rule", parts[i]);
        DAYS(text, want);
    }
    DAYS(EVENT("DTSTART:20260101\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY"),
         "line 5: one RRULE is read of an event");
    DAYS(EVENT("DTSTART:20260101\nEXRULE:FREQ=DAILY"), "line 5: EXRULE is not read");
    DAYS(EVENT("DTSTART:20260101\nRDATE;VALUE=PERIOD:20260101T000000Z/P1D"),
         "line 5: only dates and times are read here");
    DAYS(EVENT("DTSTART:20260101\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260101"),
         "line 5: RANGE=THISANDFUTURE is not read; end the RRULE before it");
    DAYS("END:VEVENT", "line 3: this END has no BEGIN");
    DAYS("BEGIN:VEVENT", "line 4: this END has no BEGIN");
    DAYS("no colon", "line 3: this is no line of a calendar (NAME:value)");
    DAYS(":x", "line 3: this is no line of a calendar (NAME:value)");
}

static void refused(const char *text, size_t len, enum cw_status status, const char *why)
{
    CHECK_INT(read_text(text, len), status);
    CHECK_STR(err.text, why);
}

TEST(what_is_no_calendar)
{
    refused("", 0, CW_ESYNTAX, "line 0: there is no BEGIN:VCALENDAR");
    refused("\n\n", 2, CW_ESYNTAX, "line 2: there is no BEGIN:VCALENDAR");
    refused("<html>", 6, CW_ESYNTAX, "line 1: this is no line of a calendar (NAME:value)");
    refused("a:b", 3, CW_ESYNTAX, "line 1: a calendar begins with BEGIN:VCALENDAR");
    refused("BEGIN:VEVENT\n", 13, CW_ESYNTAX, "line 1: a calendar begins with BEGIN:VCALENDAR");
    refused("BEGIN:VCALENDAR\n", 16, CW_ESYNTAX, "line 1: the calendar has no end");
    refused("BEGIN:VCALENDAR\0\n", 17, CW_ESYNTAX,
            "line 1: a calendar begins with BEGIN:VCALENDAR");
}

/* ---- Ceilings ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLOWER = 10 };
#else
enum { SLOWER = 1 };
#endif

/* `line` again and again between head and tail, up to `len` bytes. */
static char *filled(const char *head, const char *line, const char *tail, size_t len)
{
    char *text = malloc(len), *at = text;
    size_t n = strlen(line), last = strlen(tail);
    at = (char *)mempcpy(at, head, strlen(head));
    while ((size_t)(at - text) + n + last <= len)
        at = mempcpy(at, line, n);
    at = mempcpy(at, tail, last);
    memset(at, '\n', len - (size_t)(at - text));
    return text;
}

/* Reads 1 MiB of a line. Returns: the status; it takes less than two seconds of the processor. */
static enum cw_status flood(const char *head, const char *line, const char *tail)
{
    char *text = filled(head, line, tail, ICS_BYTES);
    clock_t begin = clock();
    enum cw_status status = read_text(text, ICS_BYTES);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    if (!CHECK(seconds < 2 * SLOWER))
        fprintf(stderr, "%.20s: %.2f s\n", line, seconds);
    free(text);
    return status;
}

#define HEAD "BEGIN:VCALENDAR\n"
#define TAIL "END:VCALENDAR\n"

TEST(size_has_a_ceiling)
{
    char *text = filled(HEAD, "X:y\n", TAIL, ICS_BYTES + 1);
    refused(text, ICS_BYTES + 1, CW_ELIMIT, "it is larger than 1 MiB");
    free(text);
    CHECK_INT(flood(HEAD, "X:y\n", TAIL), CW_OK);
}

TEST(hostile_files_are_cheap)
{
    CHECK_INT(flood(HEAD, "BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n", TAIL), CW_OK);
    CHECK_INT(flood(HEAD, "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\n", TAIL),
              CW_ELIMIT);
    CHECK(strstr(err.text, "its repetitions are too many"));
    CHECK_INT(flood(HEAD,
                    "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n"
                    "END:VEVENT\n",
                    TAIL),
              CW_ELIMIT);
    CHECK_INT(
        flood(HEAD,
              "BEGIN:VEVENT\nDTSTART:00010101\nRRULE:FREQ=DAILY;COUNT=999999999\nEND:VEVENT\n",
              TAIL),
        CW_ELIMIT);
    CHECK_INT(flood(HEAD, "BEGIN:A\n", TAIL), CW_ELIMIT);
    CHECK_STR(err.text, "line 17: more than 16 levels of BEGIN");
    CHECK_INT(flood(HEAD "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nX:", "y\n z", TAIL),
              CW_ESYNTAX);
    CHECK_INT(flood(HEAD "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEXDATE:20260102",
                    ",20260103", "\nEND:VEVENT\n" TAIL),
              CW_OK);
    CHECK_INT(flood(HEAD "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY;BYMONTHDAY=1", ",2",
                    "\nEND:VEVENT\n" TAIL),
              CW_ESYNTAX);
    CHECK_INT(
        flood(HEAD "BEGIN:VEVENT\nDTSTART:20260101\n", "RDATE:20260102\n", "END:VEVENT\n" TAIL),
        CW_OK);
}

/* Many events of one UID, each with all that stand instead of it. */
TEST(many_instead_of_many)
{
    static char text[ICS_BYTES + 100];
    size_t len = (size_t)snprintf(text, sizeof text, HEAD);
    for (int i = 0; i < 6000; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "BEGIN:VEVENT\nUID:a\nDTSTART:20260101\n%sEND:VEVENT\n",
                                i % 2 ? "RECURRENCE-ID:20260101\n" : "");
    len += (size_t)snprintf(text + len, sizeof text - len, TAIL);
    clock_t begin = clock();
    CHECK_INT(read_text(text, len), CW_ELIMIT);
    CHECK((double)(clock() - begin) / CLOCKS_PER_SEC < 2 * SLOWER);
}

TEST(a_small_arena)
{
    static const char text[] =
        HEAD "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\n" TAIL;
    struct cw_arena *small = cw_arena_create(1000);
    ics = (struct ics){.n_days = 0};
    CHECK_INT(ics_read(cw_text_of(text), small, &ics, &err), CW_NOMEM);
    CHECK_INT(ics.n_days, 0);
    cw_arena_destroy(small);
}

CHECK_MAIN
