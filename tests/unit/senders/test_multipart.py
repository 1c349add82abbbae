"""Multipart bodies: fields, files, and what is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest

from verihook.errors import BodyTooLarge, EventMalformed
from verihook.senders.multipart import MAX_PARTS, read_parts

FILE = b"\x00\xff\r\n\r\n--other\r\n"


def part(disposition: str, content: bytes, more: bytes = b"") -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition.encode() + b"\r\n" + more + b"\r\n" + content + b"\r\n"


def test_fields_and_files_in_their_order() -> None:
    body = (
        b"a preamble\r\n"
        + part('form-data; name="to"', "größer".encode())
        + part('form-data; name="to"', b"")
        + part("form-data; filename=a.bin; name=file", FILE, b"content-type: image/png\r\n")
        + part('form-data; name="a \\"b\\" %22c%22"; filename=""', b"")
        + b"--b--\r\nan epilogue --b"
    )
    to, empty, (name, file), (quoted, unnamed) = read_parts(body, "b")
    assert (("to", "größer"), ("to", "")) == (to, empty)
    assert ("file", "a.bin", "image/png", len(FILE)) == (name, file["filename"], file["content_type"], file["size"])
    assert (FILE, hashlib.sha256(FILE).hexdigest()) == (base64.b64decode(file["base64"]), file["sha256"])
    assert ('a "b" "c"', "", "application/octet-stream") == (quoted, unnamed["filename"], unnamed["content_type"])


def test_no_part_at_all() -> None:
    assert [] == read_parts(b"--b--", "b")


@pytest.mark.parametrize(
    ("body", "boundary", "error", "words"),
    [
        (b"--b--", "", EventMalformed, "needs a boundary"),
        (b"--b--", "b" * 71, EventMalformed, "needs a boundary"),
        (b"", "b", EventMalformed, "does not end with its boundary"),
        (part('form-data; name="a"', b"x"), "b", EventMalformed, "does not end with its boundary"),
        (b"--b\r\nno headers\r\n--b--", "b", EventMalformed, "Part 1 of the multipart body has no headers"),
        (part("form-data", b"x") + b"--b--", "b", EventMalformed, "Part 1 of the multipart body has no name"),
        (
            part('form-data; name="a"', b"\xff") + b"--b--",
            "b",
            EventMalformed,
            "'a' of the multipart body is not",
        ),
        (b"--b\r\nx: " + b"y" * 9000 + b"\r\n\r\n\r\n--b--", "b", EventMalformed, "has no headers that end"),
        (
            part('form-data; name="a"', b"") * (MAX_PARTS + 1) + b"--b--",
            "b",
            BodyTooLarge,
            f"than {MAX_PARTS} parts",
        ),
    ],
)
def test_what_is_refused(body: bytes, boundary: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        read_parts(body, boundary)


def test_as_many_parts_as_are_allowed() -> None:
    assert MAX_PARTS == len(read_parts(part('form-data; name="a"', b"") * MAX_PARTS + b"--b--", "b"))
