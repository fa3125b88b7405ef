"""Requests as no browser sends them: malformed, absurd, or forged. The same ones every time."""

import random
from collections.abc import Iterator

PATHS = (
    *("/", "/feeds/atom.xml", "/feeds/rss.xml", "/feeds/feed.json", "/feeds/yandex.xml"),
    *("/archive/", "/archive/2014/08/", "/search", "/healthz", "/sitemap.xml", "/robots.txt"),
    *("/presscenter/news/detail/1.html", "/media/a.jpg", "/preview/320/a.jpg", "/static/x"),
)
NUMBERS = ("0", "00", "-1", "+1", "1e3", "0x10", "9" * 30, "9" * 5000, "٣", "1.5", " ", "NaN")
MOMENTS = (
    "Thu, 01 Jan 0000 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "Thu, 01 Jan 1970 99:99:99 +9999",
    "Sun, 06 Nov 1994 08:49:37 -999999999",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    *("0", "-1", "now", "," * 100, "\xff\xfe"),
)
TAGS = (
    *("*", '"', '""', 'W/""', "W/", 'w/"x"', '"x', "x", ",,,", '"\xff"', "* , *", '*, "x"'),
    '"x",' * 3_000,
    '"' * 12_000,
    'W/"' * 4_000,
)
WEIGHTS = ("0", "1", "nan", "inf", "-inf", "1e999", "-1", "1_0", "0x1", "", "0." + "9" * 500, "٣")
HEADERS = {
    "If-None-Match": TAGS,
    "If-Match": TAGS,
    "If-Range": (*TAGS, *MOMENTS),
    "If-Modified-Since": MOMENTS,
    "If-Unmodified-Since": MOMENTS,
    "A-IM": ("feed", "feed;q=nan", ",", "feed, " * 2_000, "\xff", "*;q=0", "feed;q=0", "fe ed"),
    "Range": (
        *("bytes=0-0", "bytes=-0", "bytes=-1", "bytes=5-1", "bytes=0-1,5-1", "bytes=", "bytes"),
        *("bytes=0-" + "9" * 4_000, "bytes=" + "0-0," * 3_000, "lines=1-2", "bytes=a-b", "\xff"),
        *("bytes=-" + "9" * 4_000, "bytes=٣-٤"),
    ),
    "Accept-Encoding": (
        *(f"gzip;q={weight}" for weight in WEIGHTS),
        *(f"*;q={weight}, br;q={weight}" for weight in WEIGHTS),
        *("gzip," * 3_000, "\xff", ";q=1", ";", "gzip;;q=1", "gzip;q"),
    ),
    "Accept-Language": ("*", "\xff", "ru;q=nan", "x-" * 2_000),
    "Host": (
        *("", " ", "x:y", "x:99999999", "[::1", "[::1]:80", "a b", "\xff", "x\\y", "@", "x@y", "/"),
        *(
            "../..",
            "x" * 5_000,
            "xn--a",
            "..",
            "x:0",
            "x:-1",
            "1.2.3.4.5",
            "<script>",
            "x,y",
            "%00",
        ),
    ),
    "Content-Length": (*NUMBERS, "1, 1", "1, 2"),
    "Transfer-Encoding": (
        *("chunked", "gzip", "gzip, chunked", "chunked, chunked", "identity", "xchunked"),
        *("chunked\x0b", "\xff", ""),
    ),
    "Expect": ("100-continue", "200-ok", "\xff"),
    "Connection": ("upgrade", "close, keep-alive", "\xff", "host"),
    "Upgrade": ("websocket", "h2c", "HTTP/2.0", "\xff"),
    "Cookie": ("a=b; " * 2_000, "\xff", "=", ";"),
    "X-Forwarded-For": ("\xff", "x" * 5_000),
    "X-Forwarded-Proto": ("\xff", "javascript", "https,http"),
    "X-Forwarded-Host": ("evil.example", "\xff", ""),
    "Content-Type": ("multipart/form-data; boundary=", "\xff", "application/x-www-form-urlencoded"),
}
METHODS = (
    *("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PRI", "get"),
    *("PROPFIND", "G_T", "X" * 5_000, "GE\x00T", "Г", "", "<>", "GET:"),
)
TARGETS = (
    *(
        "*",
        "",
        "//",
        "///x",
        "http://x/",
        "http://x",
        "https://[::1",
        "http://",
        "x",
        "?",
        "#",
        "/#x",
    ),
    *("/%", "/%0", "/%zz", "/%00", "/%0a%0d", "/%ff", "/%c0%ae", "/%ed%a0%80", "/%f4%90%80%80"),
    *("/\xd0\x9f", "/\xff", "/\x00", "/a\tb", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/x"),
    *("/./", "/;x", "/\\", "/%5c", "/feeds/%61tom.xml", "/feeds//atom.xml", "/feeds/atom.xml/"),
    *("/archive/0000/01/", "/archive/0001/01/", "/archive/9999/12/", "/archive/2014/13/"),
    *("/archive/99999/01/", "/archive/2014/00/", "/archive/-1/1/", "/archive/٣٣٣٣/٠١/"),
    *(f"/archive/2014/08/?page={number}" for number in NUMBERS),
    *(f"/?page={number}" for number in NUMBERS),
    *(f"/search?q=x&page={number}" for number in NUMBERS),
    *(f"/search?q={query}" for query in ("%", "%ff", "%00", "%ed%a0%80", '"', "*", "a" * 9_000)),
    *("/search?q=" + "%22" * 2_000, "/search?q=" + "a+" * 3_000, "/search?" + "q=x&" * 2_000),
    *("/search?q[]=x", "/search?q", "/search?=", "/search?q=x&from=0000-00-00&to=9999-99-99"),
    *("/media/", "/media/..", "/media/%2e%2e/x", "/media/%00", "/media/" + "a/" * 3_000),
    *("/media/" + "%d0%b0" * 200, "/preview/0/x", "/preview/-1/x", "/preview/99999999999/x"),
    *("/preview/320/", "/preview/320/%00.jpg", "/preview/x/y", "/logo.png", "/favicon.ico"),
    *("/presscenter/news/detail/%00.html", "/presscenter/news/detail/" + "9" * 9_000 + ".html"),
    "/" + "a" * 14_000,
    "/?" + "&" * 14_000,
    "/" + "%41" * 4_500,
)
VERSIONS = (
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/0.9",
    "HTTP/2.0",
    "HTTP/3",
    "HTTP/9.9",
    "http/1.1",
    "X",
    "",
)
# Whole requests, or what takes the place of one.
WHOLE = (
    *("\r\n", "\n\n\n", "\x00" * 100, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET /\r\n"),
    "GET / HTTP/1.1\n\n",
    "GET / HTTP/1.1\r\rHost: x\r\r",
    "GET / HTTP/1.1\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA\x00B: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: y\x00z\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n\xd0\x9f: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 10_000 + "\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 90 + "\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"A{n}: b\r\n" for n in range(2_000)) + "\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: " + "b" * 60_000 + "\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n" + "A" * 60_000 + ": b\r\n\r\n",
    "GET /" + "a" * 60_000 + " HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /" + "a" * 70_000,
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + "f" * 30 + "\r\nx\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + "e" * 20_000 + "\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + "T: x\r\n" * 5_000,
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    "POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + "q=x&" * 75_000,
    "HEAD /feeds/atom.xml HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 500,
)


def strange_requests(combined: int = 2_000) -> Iterator[bytes]:
    """Yield requests: each oddity alone, and so many with several of them at once."""
    for whole in WHOLE:
        yield whole.encode("latin-1")
    for method in METHODS:
        for path in ("/", "/feeds/atom.xml", "*"):
            yield request(method, path)
    for target in TARGETS:
        yield request("GET", target)
    for version in VERSIONS:
        yield request("GET", "/", version)
    for name, values in HEADERS.items():
        for value in values:
            for path in ("/feeds/atom.xml", "/search", "/media/a.jpg"):
                yield request("GET", path, headers=[(name, value)])
    chance = random.Random(20141)
    for _ in range(combined):
        names = chance.sample(sorted(HEADERS), chance.randint(1, 5))
        yield request(
            chance.choice(METHODS[:7]),
            chance.choice((*PATHS, *TARGETS)),
            chance.choice(VERSIONS[:2]),
            [(name, chance.choice(HEADERS[name])) for name in names],
        )


def request(
    method: str,
    target: str,
    version: str = "HTTP/1.1",
    headers: list[tuple[str, str]] | None = None,
) -> bytes:
    """Return a request, with a usual `Host` unless the headers have one."""
    fields = [("Connection", "close"), *(headers or [])]
    if not any(name == "Host" for name, _ in fields):
        fields.insert(0, ("Host", "localhost"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    text = f"{method} {target} {version}\r\n{lines}\r\n"
    return b"".join(char.encode("latin-1") if ord(char) < 256 else char.encode() for char in text)
