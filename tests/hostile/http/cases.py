"""Hostile requests of our own making; tests/support/hostile_http.py sends and judges them.

Each case: name, cls, level (must, policy, survive), raw, and what else the runner knows. Bodies
are signed as a lenient reader would see them, so that only the reader stands between them and a 2xx.
"""

BODY = b'{"id":"evt_own_1","type":"push","n":7}'
LEN = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
INNER = b"POST @PATH@ HTTP/1.1\r\nHost: @HOST@\r\n@SIG@" + LEN + b"\r\n" + BODY
CASES = []


def add(name, level, raw, sig_body=BODY, **more):
    more.setdefault("must_close", level != "survive")
    more.setdefault("max_responses", 1)
    CASES.append({"name": name, "cls": name.split("-")[0], "level": level, "raw": raw,
                  "sig_body": sig_body, **more})


def post(name, level, lines=LEN, body=BODY, line=b"POST @PATH@ HTTP/1.1", host=b"Host: @HOST@\r\n",
         **more):
    add(name, level, line + b"\r\n" + host + b"@SIG@" + lines + b"\r\n" + body, **more)


def chunk(name, level, body, **more):
    post(name, level, CHUNKED, body, **more)


SIZE = b"%x\r\n" % len(BODY)
LAST = b"0\r\n\r\n"

# How long is the body? Whoever answers differently reads another next request.
post("length-blank-inside", "must", b"Content-Length: 3 8\r\n")
post("length-octal-look", "survive", b"Content-Length: 0038\r\n", may_2xx=True)
post("length-hex", "must", b"Content-Length: 0x26\r\n")
post("length-plus", "must", b"Content-Length: +38\r\n")
post("length-two-lines-equal", "policy", LEN + LEN)
post("length-two-lines-first-zero", "must", b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(INNER),
     INNER)
post("length-list", "must", b"Content-Length: 38, 40\r\n")
post("length-underscore", "policy", b"Content_Length: 0\r\n" + LEN)
post("length-vertical-tab", "must", b"Content-Length:\x0b38\r\n")
post("length-20-digits", "must", b"Content-Length: 18446744073709551654\r\n")
post("length-too-long-for-us", "must", b"Content-Length: 999999999\r\n")
post("length-short-hides-request", "must", b"Content-Length: 0\r\n", INNER, max_responses=2)
post("length-get-with-body", "must", LEN, line=b"GET @PATH@ HTTP/1.1")
post("length-head-with-body", "must", b"Content-Length: %d\r\n" % len(INNER), INNER,
     line=b"HEAD @PATH@ HTTP/1.1")
post("length-never-comes", "must", LEN, BODY[:10], hold=True)

post("coding-and-length", "must", CHUNKED + b"Content-Length: 4\r\n", SIZE + BODY + b"\r\n" + LAST)
post("coding-length-after-http10", "must", CHUNKED, SIZE + BODY + b"\r\n" + LAST,
     line=b"POST @PATH@ HTTP/1.0")
post("coding-two-lines", "must", CHUNKED + CHUNKED, SIZE + BODY + b"\r\n" + LAST)
post("coding-deflate-first", "must", b"Transfer-Encoding: deflate, chunked\r\n",
     SIZE + BODY + b"\r\n" + LAST)
post("coding-tail", "must", b"Transfer-Encoding: chunkedx\r\n" + LEN)
post("coding-cow", "must", b"Transfer-Encoding: cow\r\n" + LEN)
post("coding-bare-cr-name", "must", b"X: y\rTransfer-Encoding: chunked\r\n" + LEN)
post("coding-with-blank-name", "must", b"Transfer-Encoding : chunked\r\n" + LEN)
post("coding-underscore", "policy", b"Transfer_Encoding: chunked\r\n" + LEN)

chunk("chunk-good", "survive", SIZE + BODY + b"\r\n" + LAST, may_2xx=True)
chunk("chunk-negative", "must", b"-26\r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-0x", "must", b"0x26\r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-blank-after-size", "policy", b"26 \r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-nine-digits", "policy", b"000000026\r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-size-lf", "must", b"26\n" + BODY + b"\r\n" + LAST)
chunk("chunk-data-lf", "must", SIZE + BODY + b"\n" + LAST)
chunk("chunk-data-missing-end", "must", SIZE + BODY + LAST)
chunk("chunk-last-lf", "must", SIZE + BODY + b"\r\n0\n\n")
chunk("chunk-ext-lf", "must", b"26;a\n" + BODY + b"\r\n" + LAST)
chunk("chunk-ext-endless", "must", b"26;" + b"a" * 5000 + b"\r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-wraps-64-bits", "must", b"10000000000000026\r\n" + BODY + b"\r\n" + LAST)
chunk("chunk-too-large", "must", b"7fffffff\r\n" + BODY)
chunk("trailer-fold", "must", SIZE + BODY + b"\r\n0\r\nX: a\r\n b\r\n\r\n")
chunk("trailer-length", "policy", SIZE + BODY + b"\r\n0\r\nContent-Length: 3\r\n\r\n")
chunk("trailer-endless", "must", SIZE + BODY + b"\r\n0\r\n" + b"X-A: b\r\n" * 500 + b"\r\n")
add("trailer-signature", "must", b"POST @PATH@ HTTP/1.1\r\nHost: @HOST@\r\n" + CHUNKED + b"\r\n" + SIZE +
    BODY + b"\r\n0\r\n@SIG@\r\n")

# Lines and fields.
post("field-fold", "must", LEN + b"X-A: b\r\n\tc\r\n")
post("field-nul", "must", LEN + b"X-A: b\0\r\n")
post("field-nul-line", "must", LEN + b"\0\r\n")
post("field-delete", "policy", LEN + b"X-A: b\x7f\r\n")
post("field-no-name", "must", LEN + b": b\r\n")
post("field-name-bracket", "must", LEN + b"X[A]: b\r\n")
post("field-bare-lf", "must", LEN + b"X-A: b\nX-B: c\r\n")
post("field-70", "must", LEN + b"".join(b"X-%d: a\r\n" % i for i in range(70)))
post("field-long", "must", LEN + b"X-A: " + b"a" * 20000 + b"\r\n")
post("field-signature-twice", "must", b"@SIG@" + LEN)
post("field-type-twice", "policy", LEN + b"Content-Type: application/json\r\ncontent-type: text/plain\r\n")
post("field-upgrade", "must", LEN + b"Connection: upgrade\r\nUpgrade: websocket\r\n",
     must_not_contain=" 101 ")
post("field-connection-drops-length", "policy", LEN + b"Connection: close, content-length\r\n")
post("host-none", "must", host=b"")
post("host-two", "must", host=b"Host: @HOST@\r\nHost: other\r\n")
post("host-path", "policy", host=b"Host: a/b\r\n")
post("host-brackets", "policy", host=b"Host: [::1\r\n")
post("expect-other", "must", LEN + b"Expect: 103-early\r\n")
post("expect-no-body", "must", LEN + b"Expect: 100-continue\r\n", b"", hold=True)

# Request lines.
for name, level, line in (
        ("line-version-2", "must", b"POST @PATH@ HTTP/2.0"),
        ("line-version-1.2", "policy", b"POST @PATH@ HTTP/1.2"),
        ("line-version-blank", "must", b"POST @PATH@ HTTP/ 1.1"),
        ("line-no-version", "must", b"POST @PATH@"),
        ("line-tab", "policy", b"POST\t@PATH@\tHTTP/1.1"),
        ("line-trailing-blank", "policy", b"POST @PATH@ HTTP/1.1 "),
        ("line-absolute", "policy", b"POST http://other@PATH@ HTTP/1.1"),
        ("line-fragment", "policy", b"POST @PATH@#x HTTP/1.1"),
        ("line-backslash", "policy", b"POST \\@PATH@ HTTP/1.1"),
        ("line-dots", "must", b"POST /x/..@PATH@ HTTP/1.1"),
        ("line-dots-encoded", "must", b"POST /x/.%2E@PATH@ HTTP/1.1"),
        ("line-escape-cut", "policy", b"POST @PATH@?a=%2 HTTP/1.1"),
        ("line-escape-newline", "policy", b"POST @PATH@%0d%0aX:y HTTP/1.1"),
        ("line-method-nul", "must", b"PO\0ST @PATH@ HTTP/1.1"),
        ("line-method-long", "must", b"POST" * 2000 + b" @PATH@ HTTP/1.1"),
        ("line-star", "must", b"POST * HTTP/1.1"),
        ("line-put", "must", b"PUT @PATH@ HTTP/1.1"),
        ("line-patch", "must", b"PATCH @PATH@ HTTP/1.1")):
    post(name, level, line=line)
add("line-connect", "must", b"CONNECT @HOST@ HTTP/1.1\r\nHost: @HOST@\r\n\r\n" + INNER)
add("line-lf-first", "must", b"\n" + INNER)
add("line-two-empty-first", "policy", b"\r\n\r\n" + INNER)

# Other protocols, and manners.
add("proto-ssh", "must", b"SSH-2.0-OpenSSH_9.2\r\n")
add("proto-http2", "must", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
add("proto-redis", "must", b"*1\r\n$4\r\nPING\r\n")
add("proto-nuls", "must", b"\0" * 4096)
add("manners-pipeline-after-refusal", "must", INNER.replace(b"HTTP/1.1", b"HTTP/1.3") + INNER)
add("manners-pipeline-after-close", "must",
    INNER.replace(b"@SIG@", b"Connection: close\r\n@SIG@") + INNER, may_2xx=True)
add("manners-cut-small", "survive", INNER, split=1, may_2xx=True)
add("manners-nothing", "must", b"", hold=True)
add("manners-half-head", "must", INNER[:40], hold=True)
add("manners-reset", "survive", INNER, rst=True, max_responses=0)
for name, prefix, unit in (
        ("stream-name", "POST @PATH@ HTTP/1.1\r\nHost: a\r\n", "aaaaaaaaaaaaaaaa"),
        ("stream-chunk-ext", "POST @PATH@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;",
         "abcdefgh"),
        ("stream-one-byte-chunks",
         "POST @PATH@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")):
    CASES.append({"name": name, "cls": "stream", "level": "must", "must_close": True, "max_responses": 1,
                  "gen": {"prefix": prefix, "unit": unit, "total_mb": 24, "suffix": ""},
                  "max_rss_growth_mb": 16})
