"""Hostile event bodies of our own making: name -> bytes. `y_` is legal, `n_` is not (never 2xx), `i_`
may be either; none may be answered with 5xx. tests/e2e/hostile_daemon_test.py sends them, signed."""

CASES = {}


def add(name, body):
    CASES[name] = body if isinstance(body, bytes) else body.encode()


def inside(value):
    """An event of the types that the sources of the test read."""
    return '{"type":"push","id":"x","user":"ada","v":' + value + "}"


KIB = 1 << 10
for n, value in {
    "nothing": "", "word": "yes", "upper": "TRUE", "nan": "NaN", "infinity": "-Infinity", "hex": "0x1F", "octal": "012", "plus": "+1",
    "dot-front": ".5", "dot-behind": "5.", "exponent-empty": "1e", "exponent-sign": "1e+", "minus-alone": "-", "minus-minus": "--1",
    "underscore": "1_000", "comma": "1,", "quote-single": "'x'", "quote-open": '"x', "quote-bare": "x", "escape-bad": r'"\x41"',
    "escape-upper": r'"\U00000041"', "escape-short": r'"\u12"', "escape-end": '"\\', "newline-raw": '"a\nb"', "tab-raw": '"a\tb"',
    "nul-raw": '"a\0b"', "del-comma": "[1,,2]", "comma-trailing": "[1,2,]", "comma-leading": "[,1]", "colon-list": "[1:2]",
    "map-comma": '{"a":1,}', "map-no-colon": '{"a" 1}', "map-no-value": '{"a":}', "map-no-quote": "{a:1}", "map-number-key": "{1:2}",
    "map-null-key": "{null:1}", "close-wrong": "[1}", "close-missing": "[1", "close-extra": "1]", "comment-line": "1 // x\n", "comment-block": "1 /* x */",
}.items():
    add(f"n_value-{n}", inside(value))
for n, data in {
    "utf16": inside("1").encode("utf-16"), "utf16le": inside("1").encode("utf-16-le"), "utf32": inside("1").encode("utf-32"),
    "bom": b"\xef\xbb\xbf" + inside("1").encode(), "latin-1": inside('"caf').encode() + b'\xe9"}', "overlong": inside('"').encode()[:-1] + b'\xc0\xaf"}',
    "surrogate-raw": inside('"').encode()[:-1] + b'\xed\xa0\x80"}', "beyond": inside('"').encode()[:-1] + b'\xf4\x90\x80\x80"}', "cut": inside('"').encode()[:-1] + b'\xe2\x82"}',
    "nul-behind": inside("1").encode() + b"\0", "two": inside("1").encode() * 2, "junk-behind": inside("1").encode() + b"x", "gzip": b"\x1f\x8b\x08\0" + bytes(64),
    "empty": b"", "blanks": b" \n\t" * KIB, "nbsp": b"\xc2\xa0" + inside("1").encode(), "form-feed": b"\x0c" + inside("1").encode(),
}.items():
    add(f"n_bytes-{n}", data)
add("n_deep-lists-open", "[" * 60 * KIB)
add("n_deep-maps-open", '{"a":' * 12 * KIB)
add("i_deep-lists", inside("[" * 30 * KIB + "]" * 30 * KIB))
add("i_deep-maps", inside('{"a":' * 8 * KIB + "1" + "}" * 8 * KIB))
add("i_deep-65", inside("[" * 65 + "]" * 65))
add("y_deep-20", inside("[" * 20 + "]" * 20))
add("y_many-lists", inside("[" + ",".join(["[]"] * 16 * KIB) + "]"))
add("y_many-maps", inside("[" + ",".join(["{}"] * 16 * KIB) + "]"))
add("y_many-keys", inside("{" + ",".join(f'"k{i}":0' for i in range(4000)) + "}"))
add("y_many-equal-hashes", inside("{" + ",".join(f'"{"".join("Aa" if i >> b & 1 else "BB" for b in range(11))}":0' for i in range(2000)) + "}"))
add("y_many-escapes", inside('"' + "\\u00e4" * 9 * KIB + '"'))
add("y_long-text", inside('"' + "x" * 60 * KIB + '"'))
add("y_long-number", inside("1" * 60 * KIB))
add("y_long-fraction", inside("0." + "0" * 50 * KIB + "1"))
add("y_exponent-huge", inside("1e999999999999999999999"))
add("y_exponent-tiny", inside("-1e-999999999999999999999"))
add("y_minus-zero", inside("-0"))
add("y_int64-and-one", inside("9223372036854775808"))
add("y_uint64-and-one", inside("18446744073709551616"))
add("i_key-twice", '{"type":"push","id":"x","user":"ada","type":"deleted"}')
add("i_key-twice-escaped", '{"type":"push","id":"x","user":"ada","t\\u0079pe":"deleted"}')
add("i_surrogate-lone", inside(r'"\ud800"'))
add("i_surrogate-swapped", inside(r'"\udc00\ud800"'))
add("i_nul-escape", inside(r'"a\u0000b"'))
add("i_nul-in-type", '{"type":"pu\\u0000sh","id":"x","user":"ada"}')
add("i_type-list", '{"type":["push"],"id":"x","user":"ada"}')
add("i_type-long", '{"type":"' + "p" * 50 * KIB + '","id":"x","user":"ada"}')
add("i_type-path", '{"type":"../../x","id":"x","user":"ada"}')
add("i_id-long", '{"type":"push","id":"' + "x" * 60 * KIB + '","user":"ada"}')
add("i_id-map", '{"type":"push","id":{"a":[1,2]},"user":"ada"}')
add("i_user-map", '{"type":"push","id":"x","user":{"name":"ada"}}')
add("i_user-many", '{"type":"push","id":"x","user":[' + ",".join(f'"u{i}"' for i in range(6000)) + "]}")
add("i_top-list", "[" + inside("1") + "]")
add("i_top-text", '"x"')
add("i_top-null", "null")
add("y_control-escapes", inside(r'"\u001b[31m\u0007\u202e\u2028"'))
add("y_markup", inside('"<script>alert(1)</script>{{7*7}}${event.v}%s%n"'))
