/* strangers/paste: what to write into `users` for somebody whom nobody is called like. The alias
 * is what a stranger has sent. */
#include "strangers/strangers.h"

#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- A name ---- */

static struct cw_text behind_kind(struct cw_text alias)
{
    const char *colon = memchr(alias.at, ':', alias.len);
    size_t from = colon ? (size_t)(colon - alias.at) + 1 : 0;
    return (struct cw_text){alias.at + from, alias.len - from};
}

/* "eve" of "desktop:eve@example.org" */
static char *name_for(struct cw_text alias)
{
    /* Words of the language, and those that YAML takes for something else. */
    static const char *const words[] = {"everyone", "null", "true", "false",
                                        "yes",      "no",   "on",   "off"};
    struct cw_text text = behind_kind(alias);
    char *name = xcalloc(text.len + 3, 1);
    for (size_t i = 0, n = 0; i < text.len && text.at[i] != '@' && n < 40; i++) {
        char c = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (char)(text.at[i] + 32) : text.at[i];
        bool fits = (c >= 'a' && c <= 'z') || (n && c >= '0' && c <= '9') || (n && c == '-');
        if (fits || (n && name[n - 1] != '_'))
            name[n++] = fits ? c : '_';
    }
    if (!*name)
        name[0] = 'x';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0)
            name[strlen(name)] = '_';
    return name;
}

/* ---- A text in double quotes, for YAML ---- */

/* Letters of most scripts; no controls, no blanks but the usual one, nothing that turns round or
 * hides what stands beside it. */
static bool is_plain(uint32_t c)
{
    if (c < 0x80)
        return c >= ' ' && c != 0x7f && c != '"' && c != '\\';
    return (c >= 0xa1 && c < 0x2000 && c != 0xad && c != 0x61c && c != 0x180e) ||
           (c >= 0x3001 && c < 0xd800);
}

/* The character at text.at[*i], *i moved behind it; a byte that is none stands for itself. */
static uint32_t take_char(struct cw_text text, size_t *i, size_t *bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text.at[*i];
    size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    uint32_t c = n == 1 ? first : n ? first & (0xffU >> (n + 1)) : 0;
    bool good = n && n <= text.len - *i;
    for (size_t k = 1; good && k < n; k++) {
        good = ((unsigned char)text.at[*i + k] & 0xc0) == 0x80;
        c = c << 6 | ((unsigned char)text.at[*i + k] & 0x3f);
    }
    good = good && c >= least[n] && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    *bytes = good ? n : 1;
    *i += *bytes;
    return good ? c : 0xfffd;
}

static char *quoted(struct cw_text text)
{
    char *out = xmalloc(10 * text.len + 3), *to = out;
    *to++ = '"';
    for (size_t i = 0; i < text.len;) {
        const char *at = text.at + i;
        size_t bytes;
        uint32_t c = take_char(text, &i, &bytes);
        if (is_plain(c)) {
            memcpy(to, at, bytes);
            to += bytes;
        } else if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = (char)c;
        } else {
            to += snprintf(to, 11, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
        }
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

/* ---- The line ---- */

static bool has_prefix(struct cw_text text, const char *prefix)
{
    return text.len > strlen(prefix) && strncasecmp(text.at, prefix, strlen(prefix)) == 0;
}

/* What awork may know them by. */
static bool is_email(struct cw_text text)
{
    const char *at = memchr(text.at, '@', text.len);
    if (!at || at == text.at || at == text.at + text.len - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!((text.at[i] >= 'a' && text.at[i] <= 'z') ||
              (text.at[i] >= 'A' && text.at[i] <= 'Z') ||
              (text.at[i] >= '0' && text.at[i] <= '9') || strchr("@.-_+", text.at[i])))
            return false;
    return !memchr(at + 1, '@', (size_t)(text.at + text.len - at - 1));
}

char *strangers_paste(const struct cw_ruleset *rules, struct cw_text alias)
{
    if (!alias.len || has_prefix(alias, "team:") || cw_ruleset_find(rules, alias))
        return NULL;
    auto_free char *name = name_for(alias), *shown = quoted(alias);
    struct cw_text bare = behind_kind(alias);
    const struct cw_person *known = cw_ruleset_find(rules, cw_text_of(name));
    if (has_prefix(alias, "awork:")) { /* the alias comes with the id */
        auto_free char *id = quoted(bare);
        return xprintf("%s: { awork: %s }", known ? "NAME" : name, id);
    }
    if (known)
        return xprintf("add %s to the aliases of %s", shown, known->name);
    struct cw_text awork = is_email(bare) ? bare : CW_TEXT("THE-ID-IN-AWORK");
    if (alias.len == strlen(name) && strncasecmp(name, alias.at, alias.len) == 0)
        return xprintf("%s: { awork: %.*s }", name, (int)awork.len, awork.at);
    return xprintf("%s: { awork: %.*s, aliases: [%s] }", name, (int)awork.len, awork.at, shown);
}
