/* diag: faults in what people write, kept in the order of file, line and column.
 *
 * Everything is copied when it is added and made printable there: no control byte of a file reaches
 * a terminal. Refuses codes that diag.def does not have (by assert). */
#include "diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct cw_diag_code codes[] = {
#define CODE(name, severity, text) {name, severity, text},
#include "diag.def"
#undef CODE
};
enum { CODES = sizeof codes / sizeof codes[0] };

static const struct cw_diag memory_is_short = {
    .severity = CW_ERROR, .code = "out-of-memory", .text = "memory is short"};

struct cw_diags *cw_diags_create(void)
{
    struct cw_diags *diags = calloc(1, sizeof *diags);
    if (diags)
        diags->arena = cw_arena_create(CWR_DIAG_BYTES);
    if (diags && diags->arena)
        return diags;
    free(diags);
    return NULL;
}

void cw_diags_destroy(struct cw_diags *diags)
{
    if (!diags)
        return;
    for (size_t i = 0; i < diags->n_files; i++) {
        free(diags->files[i].name);
        free(diags->files[i].text);
    }
    free(diags->files);
    cw_arena_destroy(diags->arena);
    free(diags);
}

static char *copy_of(struct cw_text text)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return NULL;
    if (text.len)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct cwr_diag_file *cwr_diags_find(const struct cw_diags *diags, const char *name)
{
    for (size_t i = 0; name && i < diags->n_files; i++)
        if (strcmp(diags->files[i].name, name) == 0)
            return &diags->files[i];
    return NULL;
}

/* The file of that name, new if need be; NULL when memory is short. */
static struct cwr_diag_file *file_of(struct cw_diags *diags, const char *name)
{
    struct cwr_diag_file *file = cwr_diags_find(diags, name);
    if (file)
        return file;
    char *copy = copy_of(cw_text_of(name));
    struct cwr_diag_file *files = NULL;
    if (copy)
        files = realloc(diags->files, (diags->n_files + 1) * sizeof *files);
    if (!files) {
        free(copy);
        diags->memory_was_short = true;
        return NULL;
    }
    diags->files = files;
    files[diags->n_files] = (struct cwr_diag_file){.name = copy};
    return &files[diags->n_files++];
}

void cw_diags_file(struct cw_diags *diags, const char *name, struct cw_text text)
{
    struct cwr_diag_file *file = file_of(diags, name);
    if (!file)
        return;
    if (file->text && file->len == text.len && memcmp(file->text, text.at, text.len) == 0)
        return;
    char *copy = copy_of(text);
    if (!copy) {
        diags->memory_was_short = true;
        return;
    }
    free(file->text);
    file->text = copy;
    file->len = text.len;
}

const struct cw_diag_code *cw_diags_code(size_t i)
{
    return i < CODES ? &codes[i] : NULL;
}

static const char *code_of(const char *code)
{
    for (size_t i = 0; i < CODES; i++)
        if (strcmp(codes[i].code, code) == 0)
            return codes[i].code;
    assert(code == NULL); /* the code is not in diag.def */
    return NULL;
}

/* Printable and at most 1 KiB; NULL when memory is short. */
static const char *printable(struct cw_diags *diags, const char *text)
{
    char line[1024];
    size_t len = cwr_escape(cw_text_of(text), line, sizeof line);
    const char *copy = cw_arena_copy(diags->arena, (struct cw_text){line, len});
    diags->memory_was_short |= !copy;
    return copy;
}

static bool is_before(const struct cw_place *a, size_t rank_a, const struct cw_place *b,
                      size_t rank_b)
{
    if (rank_a != rank_b)
        return rank_a < rank_b;
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Behind all that are not later, so that equal places keep the order in which they were found. */
static void insert(struct cw_diags *diags, const struct cw_diag *diag, size_t rank)
{
    size_t i = diags->n++;
    for (; i && is_before(&diag->place, rank, &diags->diags[i - 1].place, diags->ranks[i - 1]);
         i--) {
        diags->diags[i] = diags->diags[i - 1];
        diags->ranks[i] = diags->ranks[i - 1];
    }
    diags->diags[i] = *diag;
    diags->ranks[i] = rank;
}

void cw_diags_add(struct cw_diags *diags, enum cw_severity severity, const char *code,
                  struct cw_place place, const char *hint, const char *format, ...)
{
    struct cw_diag diag = {.severity = severity, .code = code_of(code), .place = place};
    char line[1024] = "";
    diags->counts[severity]++;
    if (diags->n == CWR_DIAGS)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    const struct cwr_diag_file *file = place.file ? file_of(diags, place.file) : NULL;
    diag.place.file = file ? file->name : NULL;
    diag.place.width += !place.width;
    diag.text = printable(diags, line);
    diag.hint = hint ? printable(diags, hint) : NULL;
    if (diag.text)
        insert(diags, &diag, file ? (size_t)(file - diags->files) + 1 : 0);
}

size_t cw_diags_count(const struct cw_diags *diags, enum cw_severity severity)
{
    return diags->counts[severity] + (severity == CW_ERROR && diags->memory_was_short);
}

size_t cw_diags_total(const struct cw_diags *diags)
{
    return diags->n + diags->memory_was_short;
}

const struct cw_diag *cw_diags_get(const struct cw_diags *diags, size_t i)
{
    assert(i < cw_diags_total(diags));
    return i < diags->n ? &diags->diags[i] : &memory_is_short;
}
