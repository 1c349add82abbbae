"""Bodies made by chance, the same ones for a seed: VERIHOOK_SEED names another than today's.

``bytes``: anything. ``text``: what is UTF-8. ``some``: the same, but never empty. ``json``: an object, in any writing.
``compact``: an object as JavaScript writes it, for a library that is given the parsed body and writes it again. Each
takes what the next do. ``form``: forms alone.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from typing import Any

SEED = int(os.environ.get("VERIHOOK_SEED") or 20261130)

KINDS = ("bytes", "text", "some", "json", "compact")

#: What trips readers: names and values of forms, escapes, line ends, plus signs, emoji, and what is no letter.
_PIECES = (
    "+",
    "%20",
    "%2B",
    "&",
    "=",
    "a",
    "a",
    "\r\n",
    "\n",
    " ",
    "é",
    "☃",
    "🫖",
    "\x00",
    "\t",
    '"',
    "\\",
    "/",
    "%",
    "ﬁ",
)


def bodies(takes: str, number: int) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that a library which takes these can be given, each with what it is."""
    chance = random.Random(f"{SEED} {number}")
    if takes == "form":
        yield from (("form", _form(chance)) for _ in range(10))
        return
    kinds = KINDS[KINDS.index(takes) :]
    if "bytes" in kinds:
        yield "binary", chance.randbytes(chance.randint(1, 300))
        yield "binary, no UTF-8", b"\xff\xfe\x00" + chance.randbytes(20)
    if "text" in kinds:
        yield "empty", b""
    if "some" in kinds:
        yield "line ends", b"".join(chance.choice((b"a\r\n", b"b\n", b"\r", b"c")) for _ in range(30)) + b"\r\n"
        yield "form", _form(chance)
        yield "any text", _text(chance, 60).encode()
        yield "huge text", (_text(chance, 200) * 500).encode()
    if "json" in kinds:
        yield "JSON with spaces", json.dumps(_object(chance), ensure_ascii=True, indent=chance.randint(1, 3)).encode()
        yield "JSON and line ends", json.dumps(_object(chance), ensure_ascii=False).replace(" ", "\r\n").encode()
    yield "JSON", _compact(_object(chance))
    yield "huge JSON", _compact({"id": "1", "many": [_object(chance) for _ in range(500)]})


def _form(chance: random.Random) -> bytes:
    """Names that repeat, spaces written both ways, names without a value."""
    names = ["a", "a", "b%20c", "b+c", "d", ""]
    parts = [f"{chance.choice(names)}={_escaped(chance)}" for _ in range(8)] + ["a=1", "a=1", "flag"]
    chance.shuffle(parts)
    return "&".join(parts).encode()


def _escaped(chance: random.Random) -> str:
    return "".join(chance.choice(("+", "%20", "%2B", "x", "%C3%A9", "~", "%7E", "'")) for _ in range(5))


def _text(chance: random.Random, length: int) -> str:
    return "".join(chance.choice(_PIECES) for _ in range(length))


def _object(chance: random.Random) -> dict[str, Any]:
    content: dict[str, Any] = {"id": f"evt_{chance.randint(1, 10**9)}", "type": "order.created"}
    for _ in range(chance.randint(1, 5)):
        values: list[Any] = [chance.randint(-(10**9), 10**9), None, True, _word(chance), [_word(chance)], {"a": 1}]
        content[f"k{chance.randint(1, 99)}"] = chance.choice(values)
    return content


def _word(chance: random.Random) -> str:
    return _text(chance, chance.randint(0, 12)).replace(" ", "_")


def _compact(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
