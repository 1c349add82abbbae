"""What is made of a genuine delivery: other headers, bodies, queries and clocks, which numbers choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

#: What senders put there, and what none should: digits of other scripts, halves of characters, 10 kB, ends of lines.
TEXTS = (
    *("", " ", "=", ",", ";", ":", ".", "v1", "v1=", "v1,", "sha256=", "t=,v1=", "0", "-1", "+1", "1_0", "1e9", "NaN"),
    *("٣" * 10, "é", "\ud800", "\x00", "\r\nX: 1", "a" * 10_000, "v1,a " * 2_000, "t=1," * 2_500, "9" * 5_000),
    *("AAAA", "AAA=", "A===", "zz", "0" * 40, "0" * 64, "g" * 64, "A" * 43 + "=", "A" * 43 + "é", "A" * 86 + "=="),
    *("sha256=" + "0" * 64, "v0=" + "0" * 64, "v1," + "A" * 43 + "=", "v1a," + "A" * 86 + "==", "t=1,v1=" + "0" * 64),
    *("2025-12-11T05:48:20Z", "2025-12-11T05:48:20.1+25:99", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "T" * 20),
    *("eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30", "..", "W10.W10.AA", 'sig1=("@method");created=1', "sig1=:AA==:", '("'),
    *("sha-256=:AA==:", 'sig1=("content-digest";key=")', 'x=?0;y="\\"', "https://example.com/a.pem", "https://[::1"),
    *(
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "key=,algorithm=",
        "key=a,algorithm=HMAC_SHA256",
        "v1",
        "1",
        "HmacSHA256",
    ),
    *("host,host,content-type", "Basic =", "Bearer ", "SHA256withRSA", "timestamp=1,signature=é", "h= ,v1=,t=1,v0="),
)

BODIES = (
    *(b"", b"{}", b"[]", b"null", b"0", b'""', b"NaN", b"Infinity", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{", b"\x00"),
    *(b"[" * 5_000, b'{"a":' * 5_000, b"9" * 5_000, b"1e999", b'"\\ud800"', b'{"a":1,"a":2}', b'{"signature":1}'),
    *(b"a=1&b=2&a=3", b"a=%zz&%", b"=&=&", b"a=%ff", b"&" * 3_000, "ü=é".encode(), b"a=%00&a=%ED%A0%80"),
    *(b'{"signature":{"timestamp":1e400,"token":[],"signature":null}}', b'{"webhookTimestamp":NaN}'),
    *(
        b'{"signature":{"timestamp":"1","token":"\\ud800","signature":"%s"}}' % (b"0" * 64),
        b'{"webhookTimestamp":1e400}',
    ),
    *(b'{"webhookTimestamp":%s}' % (b"9" * 5_000), b'{"webhookTimestamp":"1"}', b'{"webhookTimestamp":true}'),
    *(b'{"Type":"Notification"}', b'{"Type":1,"SignatureVersion":[]}', b'{"Type":"\\ud800","Signature":"AAAA"}'),
    *(b'{"notificationItems":[]}', b'{"notificationItems":[1,{}]}', b'{"notificationItems":{"a":1}}'),
    b'{"notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"AA=="},"amount":1}}]}',
    b'{"notificationItems":[{"NotificationRequestItem":{"amount":{"value":1e999},"success":{"\\ud800":1}}}]}',
)

CLOCKS = (None, None, 0, -1, 1_765_432_100, 2**31, 2**53, 2**63, -(2**63), 10**30)
QUERIES = (None, None, None, "", "a=1", "bodySHA256=0", "bodySHA256=é", "%zz=%ff", "\ud800", "&" * 3_000)
EDITS = ("keep", "set", "append", "drop", "twice", "end", "begin", "middle")

#: Deliveries that are made of one draw of Hypothesis, which takes as long as to try thirty of them; see :func:`spread`.
AT_ONCE = 50

#: How far apart their numbers are. Odd, so that no number comes again before all others came.
_STRIDES = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)


def edited(headers: list[tuple[str, str]], name: str, edit: str, text: str) -> list[tuple[str, str]]:
    """The headers with those of this name edited."""
    old = next((value for key, value in headers if key == name), "")
    half = len(old) // 2
    values = {
        "keep": [value for key, value in headers if key == name],
        "set": [text],
        "append": [old, text],
        "drop": [],
        "twice": [old, old],
        "end": [old + text],
        "begin": [text + old],
        "middle": [old[:half] + text + old[half + 1 :]],
    }[edit]
    return [pair for pair in headers if pair[0] != name] + [(name, value) for value in values]


def choose(number: int, *choices: Sequence[Any]) -> list[Any]:
    """One of each of the ``choices``, as the number says."""
    chosen = []
    for options in choices:
        number, index = divmod(number, len(options))
        chosen.append(options[index])
    return chosen


def spread(*numbers: int) -> Iterator[list[int]]:
    """These numbers, then others of which each is a stride further."""
    for step in range(AT_ONCE):
        yield [(number + step * stride) % 2**32 for number, stride in zip(numbers, _STRIDES, strict=True)]
