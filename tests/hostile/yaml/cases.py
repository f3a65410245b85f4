"""Hostile configurations of our own making; tests/e2e/hostile_yaml_test.py judges them.

Each case is name -> bytes. All of CASES must be refused: with file:line:column, soon, in little
memory, without control bytes in what is said. Those of TAKEN look odd and are good.
"""

BASE = """version: 1
timezone: UTC
sources:
  hooks: { path: /hooks/x, preset: generic, verify: { bearer: "${secret.x}" } }
users:
  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [ada@example.org] }
target: { awork: { token: "${secret.key}" } }
rules:
"""
RULE = """  - id: one
    when: hooks.idle
    user: ada
    if: { event.a: 1 }
    then: stop
"""
GOOD = BASE + RULE
MB = 1 << 20
CASES = {}
TAKEN = {}


def bad(name, data):
    assert name not in CASES
    CASES[name] = data if isinstance(data, bytes) else data.encode()


def taken(name, data):
    TAKEN[name] = data if isinstance(data, bytes) else data.encode()


def instead(old, new, text=GOOD):
    assert old in text
    return text.replace(old, new, 1)


def condition(text):
    return instead("{ event.a: 1 }", text)


def rule(lines):
    """A rule of these keys, each in a line of its own."""
    return BASE + "  - id: one\n" + "".join(f"    {line}\n" for line in lines)


# ---- Bytes ----
for name, data in {
    "nul-in-value": b"\0", "nul-escape-in-value": b'"a\\0b"', "bell": b"\x07", "escape": b"\x1b[31m",
    "delete": b"\x7f", "c1-control": b"\xc2\x85", "line-separator": b"\xe2\x80\xa8",
    "paragraph-separator": b"\xe2\x80\xa9", "bidi-isolate": b"\xe2\x81\xa6", "bom-in-value": b"\xef\xbb\xbf",
    "not-a-character": b"\xef\xbf\xbf", "lone-continuation": b"\x80", "lone-lead": b"\xc3",
    "overlong-2": b"\xc0\xaf", "overlong-3": b"\xe0\x80\xaf", "overlong-4": b"\xf0\x80\x80\xaf",
    "surrogate": b"\xed\xa0\x80", "surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond-unicode": b"\xf4\x90\x80\x80", "five-bytes": b"\xf8\x88\x80\x80\x80", "latin-1": b"caf\xe9",
    "cut-character": b"\xe2\x82",
}.items():
    bad("bytes-" + name, GOOD.encode().replace(b"event.a: 1", b"event.a: " + data))
bad("bytes-utf16le", GOOD.encode("utf-16-le"))
bad("bytes-utf16be", GOOD.encode("utf-16-be"))
bad("bytes-utf16be-bom", b"\xfe\xff" + GOOD.encode("utf-16-be"))
bad("bytes-utf32le-bom", b"\xff\xfe\0\0" + GOOD.encode("utf-32-le"))
bad("bytes-utf32be-bom", b"\0\0\xfe\xff" + GOOD.encode("utf-32-be"))
bad("bytes-two-boms", b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode())
bad("bytes-gzip", b"\x1f\x8b\x08\x00" + bytes(range(256)))
bad("bytes-random", bytes((i * 7919 + 13) % 256 for i in range(65536)))
bad("bytes-all-nul", b"\0" * MB)
bad("bytes-mb-of-blanks", " " * (2 * MB))
bad("bytes-mb-of-line-ends", "\n" * (2 * MB))
bad("bytes-mb-of-tabs", "\t" * (2 * MB))
bad("bytes-mb-of-hashes", "#" * (2 * MB))
bad("bytes-cr-only", GOOD.replace("\n", "\r"))
bad("bytes-one-cr", instead("user: ada\n", "user: ada\r"))
bad("bytes-nul-behind", GOOD.encode() + b"\0")
bad("bytes-nothing", b"")
bad("bytes-one-blank", b" ")
bad("bytes-one-line-end", b"\n")
bad("bytes-only-comment", b"# nothing\n")
taken("bytes-bom-in-front", b"\xef\xbb\xbf" + GOOD.encode())
taken("bytes-crlf", GOOD.replace("\n", "\r\n"))
taken("bytes-no-line-end", GOOD.rstrip("\n"))

# ---- Structure: what makes parsers slow, deep or large ----
for mark in "[", "{", "[{", "{a: ", "[[", "- ", "? ", "? - ", "!!seq [", "&a [":
    name = "".join(f"{ord(c):02x}" for c in mark)
    bad(f"deep-{name}-100000", mark * 100000)
    bad(f"deep-in-condition-{name}", condition(mark * 40))
bad("deep-block-maps", BASE + "".join(" " * i + "a:\n" for i in range(2, 3000)))
bad("deep-block-lists", BASE + "".join(" " * i + "-\n" for i in range(2, 3000)))
bad("deep-close-only", "]" * 100000)
bad("deep-closed-flow", condition("[" * 33 + "]" * 33))
bad("deep-all-any", condition("{ all: [" * 20 + "{ event.a: 1 }" + "] }" * 20))
bad("deep-not", condition("{ not: " * 40 + "{ event.a: 1 }" + " }" * 40))
bad("deep-any-item", condition("{ event.a: " + "{ any_item: { item: " * 20 + "1" + " } }" * 20 + " }"))
bad("deep-triggers", rule(["when: " + "[" * 20 + "hooks.idle" + "]" * 20, "then: stop"]))
bad("wide-flow-list", condition("{ event.a: [" + "1, " * MB + "2] }"))
bad("wide-flow-map", condition("{" + ", ".join(f"event.a{i}: 1" for i in range(60000)) + "}"))
bad("wide-block-list", rule(["when: hooks.idle", "then:"]) + "      - stop\n" * 100000)
bad("wide-commas", condition("{ event.a: [" + "," * 100000 + "] }"))
bad("wide-colons", condition("{ event.a: " + ":" * 100000 + " }"))
bad("wide-colons-blanks", condition("{ event.a: " + ": " * 100000 + " }"))
bad("wide-question-marks", condition("{ " + "? " * 50000 + " }"))
bad("wide-dashes-in-line", "- " * 50000)
bad("wide-anchors", "rules: [" + ", ".join(f"&a{i} 1" for i in range(50000)) + "]")
bad("wide-aliases", "a: &a 1\nrules: [" + ", ".join("*a" for _ in range(50000)) + "]")
bad("wide-tags", "rules: [" + ", ".join(f"!t{i} 1" for i in range(50000)) + "]")
bad("wide-documents", "--- 1\n" * 100000)
bad("wide-document-ends", "...\n" * 100000)
bad("wide-directives", "%A b\n" * 100000 + "---\n" + GOOD)
bad("wide-tag-directives", "".join(f"%TAG !t{i}! tag:x,{i}:\n" for i in range(20000)) + "---\n" + GOOD)
bad("wide-equal-keys", condition("{" + "event.a: 1, " * 20000 + "}"))
bad("wide-faults", BASE + "".join(f"  - {{ id: r{i}, wen: x }}\n" for i in range(20000)))
bad("wide-unknown-keys", BASE + RULE + "".join(f"    k{i}: x\n" for i in range(20000)))
bad("wide-near-keys", BASE + RULE + "".join(f"    whe{chr(97 + i % 26)}{i}: x\n" for i in range(9000)))
bad("wide-sections", "version: 1\n" + "".join(f"s{i}: 1\n" for i in range(50000)))
bad("wide-rule", rule(["when: hooks.idle", "if: { any: ["] + ["  { event.a: 1 }," for _ in range(20000)] +
                     ["] }", "then: stop"]))
bad("billion-laughs", "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)) + GOOD)
bad("alias-cycle-list", "a: &a [*a]\n" + GOOD)
bad("alias-cycle-map", "a: &a { b: *a }\n" + GOOD)
bad("alias-key", "? &a x\n: 1\n*a : 2\n" + GOOD)
bad("anchor-only", instead("user: ada", "user: &me ada"))
bad("anchor-on-rule", instead("- id: one", "- &r\n    id: one"))
bad("anchor-empty-name", instead("user: ada", "user: & ada"))
bad("alias-only", instead("user: ada", "user: *ada"))
bad("merge-plain", instead("    user: ada\n", "    <<: { user: ada }\n"))
bad("merge-list", instead("    user: ada\n", "    <<: [{ user: ada }]\n"))
bad("merge-quoted", instead("    user: ada\n", "    '<<': { user: ada }\n"))
for tag in "!!str", "!!python/object:os.system", "!<tag:yaml.org,2002:str>", "!", "!!binary", "!local", "!!null":
    bad("tag-" + "".join(c if c.isalnum() else "-" for c in tag), instead("user: ada", f"user: {tag} ada"))
bad("tag-on-map", instead("if: {", "if: !!map {"))
bad("directive-yaml-1-1", "%YAML 1.1\n---\n" + GOOD)
bad("directive-yaml-2-0", "%YAML 2.0\n---\n" + GOOD)
bad("directive-twice", "%YAML 1.2\n%YAML 1.2\n---\n" + GOOD)
bad("directive-unknown", "%FOO bar\n---\n" + GOOD)
bad("document-second", GOOD + "---\n" + GOOD)
bad("document-second-empty", GOOD + "---\n")
bad("document-junk-behind-end", GOOD + "...\njunk: 1\n")
bad("document-list-on-top", "- " + GOOD.replace("\n", "\n  "))
bad("document-scalar-on-top", "hello")
bad("document-quoted-on-top", '"' + "x" * MB + '"')
bad("document-null", "~\n")
taken("document-start-mark", "---\n" + GOOD)
taken("document-end-mark", GOOD + "...\n")

# ---- Keys ----
bad("key-twice", GOOD + "version: 1\n")
bad("key-twice-quoted", instead("    user: ada\n", "    user: ada\n    \"user\": ada\n"))
bad("key-twice-escaped", instead("    user: ada\n", "    user: ada\n    \"\\x75ser\": ada\n"))
bad("key-twice-unicode-escape", instead("    user: ada\n", "    user: ada\n    \"\\u0075ser\": ada\n"))
bad("key-twice-folded-line", instead("    user: ada\n", "    user: ada\n    \"us\\\n      er\": ada\n"))
bad("key-twice-in-flow", condition("{ event.a: 1, 'event.a': 2 }"))
bad("key-nul", instead("user:", '"us\\0er":'))
bad("key-empty", instead("user:", '"":'))
bad("key-blank-in-front", instead("user:", '" user":'))
bad("key-blank-behind", instead("user:", '"user ":'))
bad("key-upper", instead("user:", "User:"))
bad("key-cyrillic", instead("user:", "us\u0435r:"))
bad("key-full-width", instead("user:", "\uff55ser:"))
bad("key-zero-width", instead("user:", "us\u200ber:"))
bad("key-soft-hyphen", instead("user:", "us\u00ader:"))
bad("key-long-plain", instead("user:", "u" * 5000 + ":"))
bad("key-long-quoted", instead("user:", '"' + "u" * 5000 + '":'))
bad("key-mb", instead("user:", '"' + "u" * MB + '":'))
bad("key-question-mark", instead("    user: ada\n", "    ? user\n    : ada\n"))
bad("key-list", instead("    user: ada\n", "    [user]: ada\n"))
bad("key-map", instead("    user: ada\n", "    {user: x}: ada\n"))
bad("key-null", instead("user:", "~:"))
bad("key-missing", instead("user:", ":"))
bad("key-number", instead("user:", "1:"))
bad("key-true", instead("user:", "true:"))
bad("key-control-escape", instead("user:", '"us\\e[31mer":'))
bad("key-newlines", instead("user:", '"a\\nb\\rc":'))
bad("key-template", instead("user:", "${x}:"))
bad("key-braces", instead("user: ada", "{{ x }}: ada"))

# ---- Scalars ----
bad("quote-unclosed-double", instead("user: ada", 'user: "ada') + "x: y\n" * 300000)
bad("quote-unclosed-single", instead("user: ada", "user: 'ada") + "x: y\n" * 300000)
bad("quote-unclosed-flow", condition("{ event.a: [1, 2") + "x: y\n" * 200000)
bad("quote-bad-escape", condition(r'{ event.a: "\q" }'))
bad("quote-short-escape", condition(r'{ event.a: "\x4" }'))
bad("quote-surrogate-escape", condition(r'{ event.a: "\ud800" }'))
bad("quote-big-escape", condition(r'{ event.a: "\U00110000" }'))
bad("quote-junk-behind", condition('{ event.a: "x" y }'))
bad("text-mb-plain", condition("{ event.a: " + "x" * (2 * MB) + " }"))
bad("text-mb-quoted", condition('{ event.a: "' + "x" * (2 * MB) + '" }'))
bad("text-mb-escapes", condition('{ event.a: "' + "\\x41" * MB + '" }'))
bad("text-mb-of-quotes", condition("{ event.a: '" + "''" * MB + "' }"))
bad("text-65537", condition('{ event.a: "' + "x" * 65537 + '" }'))
bad("text-block-mb", instead("user: ada", "user: |\n" + ("      " + "x" * 100 + "\n") * 20000))
bad("text-block-folded-mb", instead("user: ada", "user: >\n" + ("      " + "x " * 50 + "\n") * 20000))
bad("text-block-bad-indent", instead("user: ada", "user: |9\n  ada"))
bad("text-block-zero-indent", instead("user: ada", "user: |0\n      ada"))
bad("text-block-two-indents", instead("user: ada", "user: |12\n      ada"))
bad("text-block-bad-chomp", instead("user: ada", "user: |+-\n      ada"))
bad("text-starts-with-at", instead("user: ada", "user: @ada"))
bad("text-starts-with-backtick", instead("user: ada", "user: `ada`"))
bad("text-starts-with-percent", instead("user: ada", "user: %ada"))
bad("text-colon-blank", instead("user: ada", "user: a: b"))
bad("text-tab-indent", instead("    user: ada", "\tuser: ada"))
bad("text-tab-behind-dash", instead("  - id: one", "  -\tid: one"))
bad("text-indent-less", instead("    user: ada", "   user: ada"))
bad("text-indent-more", instead("    user: ada", "      user: ada"))

# ---- Numbers, booleans, times ----
for n in ("0", "2", "1.0", "01", "0x1", "1e0", "+1", "-1", "true", "~", '"1 "', "1_0", "9" * 5000, "{}", "[1]"):
    bad("version-" + n[:8].replace('"', "q").replace(" ", "b").replace("{", "m").replace("[", "l"),
        instead("version: 1", "version: " + n))
bad("version-missing", GOOD.replace("version: 1\n", ""))
for i, d in enumerate(("5", "5 mins", "-5 minutes", "5.5 minutes", "1e9 days", "9999999999 days", "5minutes",
                       "9223372036854775807 milliseconds", "9223372036854775808 seconds", "0x5 minutes", "five minutes",
                       "5 minutes 3 seconds", "5 Minutes", "5 \u00a0minutes", "\u0665 minutes", "5 fortnights",
                       "106751991168 days", "18446744073709551617 milliseconds", "PT5M", "", "[]", "{}", "null",
                       "+5 minutes", "5  years", "1/2 hour", "infinity days", "NaN seconds", "9" * 4000 + " days")):
    bad(f"duration-{i:02}", rule(["when: hooks.idle", "user: ada", f"wait: {d}", "then: stop"]))
for i, w in enumerate(("25:00-26:00", "mon 25:00-26:00", "mon 09:60-10:00", "mon 9:00-17:00", "mon 09:00",
                       "mon 09:00-09:00", "mon 09:00-24:01", "montag 09:00-17:00", "mon-xyz 09:00-17:00",
                       "mon,,tue 09:00-17:00", "mon-tue-wed 09:00-17:00", "mon 09:00-17:00-18:00", "09:00-17:00",
                       "mon 0900-1700", "mon  09:00 - 17:00", "mon -1:00-17:00", "mon 09:00-17:00 UTC", "1 09:00-17:00",
                       "mon 99999999999:00-17:00", "", "[]", "[[mon 09:00-17:00]]", "{}", "540")):
    bad(f"window-{i:02}", GOOD + f"hours: {{ work: '{w}' }}\n" if w[:1] not in "[{" or not w
        else GOOD + f"hours: {{ work: {w} }}\n")
for i, d in enumerate(("2026-02-30", "2026-13-01", "2026-00-10", "9999999-01-01", "99999999999999999999-01-01", "-2026-01-01",
                       "2026-1-1", "26-01-01", "2026-01-01T00:00:00Z", "tomorrow", "''", "0000-00-00", "20260101", "[a]")):
    bad(f"date-{i:02}", GOOD + f"hours: {{ work: {{ windows: 'mon 09:00-17:00', except: [{d}] }} }}\n")
for i, d in enumerate(("2026-02-30", "9999999-01-01T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02T10:61:00Z",
                       "2026-03-02T10:00:00+99:99", "2026-03-02 10", "yesterday", "1772445600", "''", "1e999999")):
    bad(f"moment-{i:02}", condition(f"{{ event.a: {{ after: {d} }} }}"))
for i, n in enumerate(("one", "0x10", "1e", "1e+", "--1", "1,5", "1_000", ".", "+", "''", ".inf", ".nan", "NaN", "Infinity",
                       "[1]", "{}", "true", "null", "0o17", "0b1", "1.2.3", "\u0661")):
    bad(f"number-{i:02}", condition(f"{{ event.a: {{ above: {n} }} }}"))
for i, n in enumerate(("1e999999", "1e-999999", "1e99999999999999999999", "9" * 4000, "0." + "0" * 4000 + "1", "-0", "00", "+7")):
    taken(f"number-{i:02}", condition(f"{{ event.a: {{ above: {n} }} }}"))
for i, b in enumerate(("yes", "no", "on", "off", "y", "1", "'true'", "TRUE_", "null", "[]", "{}")):
    bad(f"bool-{i:02}", rule(["when: hooks.idle", "user: ada", f"final: {b}", "then: stop"]))
for i, e in enumerate(("mon 25:00", "mon 9:00", "xyz 10:00", "0 minutes", "-5 minutes", "99999999999 days", "1 millisecond",
                       "mon-fri", "* * * * *", "@daily", "", "[]", "{}", "9" * 300 + " minutes")):
    bad(f"every-{i:02}", rule([f"when: {{ every: {e if e[:1] in '[{' and e else repr(e)} }}", "user: ada", "then: stop"]))
for i, z in enumerate(("Europe/Berlin2", "../../etc/passwd", "/etc/localtime", "europe/berlin", "", "UTC+1", "Etc/../UTC",
                       "posix/UTC", "x" * 5000, "[]", "~", "Europe/Berlin/", "Europe//Berlin", "zone.tab", "Factory\\0")):
    bad(f"zone-{i:02}", instead("timezone: UTC", f'timezone: "{z}"' if z not in ("[]", "~") else f"timezone: {z}"))

# ---- Patterns ----
CLASS = "[" + "".join(chr(0x3040 + i) for i in range(1000)) + "]"
for name, p in {
    "open-group": "(a", "open-class": "[a", "nothing-to-repeat": "*a", "possessive-star": "a**+", "bad-range": "[z-a]",
    "group-twice": "(?<a>x)(?<a>y)", "byte": r"\C", "callout": "(?C1)a", "callout-text": '(?C"x")a', "limit-match": "(*LIMIT_MATCH=9)a",
    "limit-heap": "(*LIMIT_HEAP=99999999)a", "limit-depth": "(*LIMIT_DEPTH=99999999)a", "no-jit": "(*NO_JIT)a", "utf": "(*UTF)a",
    "no-start-opt": "(*NO_START_OPT)a", "dup-names": "(?J)(?<a>x)|(?<a>y)", "repeat-65536": "a{65536}", "repeat-nested": "(?:(?:a{1,255}){1,255}){1,255}",
    "repeat-of-group": "(?:abcdefghij){6000}", "repeat-deep": "(?:" * 49 + "a" + "){2}" * 49, "nested-50": "(" * 51 + "a" + ")" * 51, "nested-2000": "(" * 2000 + "a" + ")" * 2000,
    "groups-200": "(a)" * 200, "names-40": "".join(f"(?<n{i}>a)" for i in range(40)), "long": "a" * 4097, "very-long": "a" * 60000,
    "look-behind-any": "(?<=a*)b", "back-reference-none": r"\9", "no-such-group": "(?&x)", "no-such-property": r"\p{Klingon}",
    "name-long": "(?<" + "n" * 40 + ">a)", "name-digit": "(?<1>a)", "empty": "", "surrogate": r"\x{d800}", "beyond": r"\x{110000}", "nul-quote": r"\c",
    "condition-look": "(?(?=a)b|c)", "ranges-any-case": "(?i)" + r"[\x{0}-\x{10ffff}]" * 100, "ranges-any-case-2": "(?^i:" + "[a-\U0010ffff]" * 500 + ")",
    "verb": "(*FOO)a", "version-recursion": "(?(R&x)a|b)", "unicode-name": r"\N{LATIN SMALL LETTER A}", "posix-class": "[[:foo:]]", "posix-collate": "[[.a.]]",
}.items():
    quoted = p.replace("'", "''")
    bad("pattern-" + name, condition(f"{{ event.a: {{ matches: '{quoted}' }} }}"))
bad("pattern-same-bad-20000", BASE + "".join(
    f"  - {{ id: r{i}, when: hooks.idle, user: ada, if: {{ event.a: {{ matches: '(a' }} }}, then: stop }}\n" for i in range(5000)))
bad("pattern-wide-ranges-100", BASE + "".join(
    f"  - {{ id: r{i}, when: hooks.idle, user: ada, if: {{ event.a: {{ ignore_case: true, matches: '{i}"
    + r"[\x{0}-\x{10ffff}][\x{0}-\x{10ffff}]" + "' } }, then: stop }\n" for i in range(100)))
bad("pattern-kind", condition("{ event.a: { matches: [a] } }"))
taken("pattern-recursion", condition("{ event.a: { matches: '(?R)?a' } }"))
taken("pattern-class", condition(f"{{ event.a: {{ matches: '(?i){CLASS}+' }} }}"))
taken("pattern-4096", condition("{ event.a: { matches: '" + "a" * 4096 + "' } }"))
taken("pattern-catastrophe", condition("{ event.a: { matches: '^(a|a)*$' } }"))

# ---- Templates and paths ----
for name, t in {
    "open": "${event.a", "empty": "${}", "blank": "${ }", "unknown-root": "${foo.bar}", "no-filter": "${event.a | foo}", "filter-twice": "${event.a ||}",
    "nested": "${${event.a}}", "quote-open": "${event.a | default: 'x}", "truncate-negative": "${event.a | truncate: -1}", "truncate-big": "${event.a | truncate: 99999999999999999999}",
    "secret": "${secret.key}", "env": "${env.PATH}", "path-empty-name": "${event..a}", "path-bad-index": "${event.a[x]}", "path-open-index": "${event.a[0}",
    "path-big-index": "${event.a[99999999999999999999]}", "path-deep": "${event" + ".a" * 60 + "}", "path-long": "${event." + "a" * 3000 + "}",
    "many": "${event.a}" * 300, "long": "x" * 65000 + "${event.a", "replace-short": "${event.a | replace: a}", "date-bad": "${event.a | date: '%Q'}",
    "filters-many": "${event.a" + " | upper" * 400 + "}", "dollar-open": "$${ ${",
}.items():
    quoted = t.replace("'", "''")
    bad("template-" + name, rule(["when: hooks.idle", "user: ada", f"then: {{ log: '{quoted}' }}"]))
for i, p in enumerate(("event", "event.", "event..a", "event.a[", "event.a[]", "event.a['x]", "event.a[1.5]", "event.a[--1]", "ref", "event a",
                       "event.a.", "event.a[*", "event.\u200ba ", "timer.bogus", "user.password", "match.none", "event" + "[0]" * 50, "event." + "x" * 2000)):
    bad(f"path-{i:02}", condition("{ '" + p.replace("'", "''") + "': 1 }"))

# ---- People, sources, settings ----
bad("awork-not-uuid", instead("6a2c1d3e-0000-4000-8000-000000000001", "6a2c1d3e"))
bad("awork-braces", instead("awork: 6a2c1d3e-0000-4000-8000-000000000001", 'awork: "{6a2c1d3e-0000-4000-8000-000000000001}"'))
bad("alias-long", instead("ada@example.org", "a" * 400))
bad("alias-nul", instead("ada@example.org", '"a\\0b"'))
for i, p in enumerate(("hooks", "/a/../b", "/a/.", "/a b", "/a?b", "/a#b", "/%2e%2e/", "http://x/y", "/a\\\\r\\\\nX: y", "/" + "x" * 5000, "", "[]")):
    bad(f"source-path-{i:02}", instead("/hooks/x", f'"{p}"' if p != "[]" else p))
for i, u in enumerate(("file:///etc/passwd", "http://169.254.169.254/", "gopher://x", "ftp://x/", "https://", "https://a b/", "https://x:99999/",
                       "https://x:0/", "//x", "javascript:1", "https://u:p@x/", "https://x/\\r\\nHost: y", "https://x/#f", "https://[::1", "", "https://" + "x" * 5000)):
    bad(f"target-url-{i:02}", instead('token: "${secret.key}"', f'token: "${{secret.key}}", url: "{u}"'))
for i, s in enumerate(("0 B", "-1 KiB", "1 XiB", "99999999999 GiB", "1e9 MiB", "0x10 KiB", "1 KiB extra", "", "18446744073709551616", "NaN")):
    bad(f"size-{i:02}", GOOD + f"server: {{ limits: {{ body: '{s}' }} }}\n")
for i, s in enumerate(("127.0.0.1", "127.0.0.1:99999", "127.0.0.1:-1", ":80", "[::1:80", "unix:", "unix:relative/../x\\0", "localhost:http", "")):
    bad(f"listen-{i:02}", GOOD + f'server: {{ listen: "{s}" }}\n')
bad("secret-name", instead("${secret.x}", "${secret.../x}"))
