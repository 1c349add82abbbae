"""The intrinsic functions, each with AWS's limits and none larger than a state's data may be.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html . A wrong argument raises ValueError, for
AWS names the function and says no more; :class:`Failure` has the words of a mistake that AWS explains.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from verihook.local.states.data import MAX_BYTES, is_number, text_of, value_of
from verihook.local.states.java import java_bucket, java_random

#: AWS's limits: of items that ArrayRange makes, of characters that Base64* and Hash take.
MAX_ITEMS = 1000
MAX_CHARACTERS = 10_000
_LEAST, _MOST = -(2**31), 2**31 - 1

HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

#: An escaped character, the place of an argument, or a brace that stands alone.
_PLACE = re.compile(r"\\(.)|\{\}|[{}]", re.DOTALL)
_OTHER_BRACE = {"{": "}", "}": "{"}
#: A text that begins with a word that is no value of JSON.
_WORD = re.compile(r"\s*(?!(?:true|false|null)\b)([^\W\d]\w*)")
_OF_URLS = str.maketrans("-_", "+/")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_MISSING: Any = object()
_VALUES_OF_JSON = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_HIDDEN = "Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_OTHER_NUMBER = "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."


class Failure(ValueError):
    """A function has failed; the message is as AWS words it."""


def a_text(value: Any, what: str = "the argument") -> str:
    """Return a text as it is. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"{what} is not a string")
    return value


def an_array(value: Any) -> list[Any]:
    """Return an array as it is. Raises ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError("the first argument is not an array")
    return value


def whole(value: Any) -> int:
    """Return a number without its fraction. Raises ValueError beyond 32 bits."""
    if not is_number(value):
        raise ValueError("an argument is not a number")
    if not _LEAST <= (cut := int(value)) <= _MOST:
        raise ValueError(f"a number from {_LEAST} to {_MOST} is wanted")
    return cut


def _rounded(value: Any) -> int:
    """A number as MathAdd alone takes it: a half goes up, also below zero."""
    return whole(math.floor(value + 0.5) if isinstance(value, float) else value)


def _short(text: Any) -> str:
    if len(a_text(text)) > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS} characters")
    return str(text)


def joined(parts: Iterator[str]) -> str:
    """Return the parts as one text, of which no more is made than a state's data may have."""
    kept, length = [], 0
    for part in parts:
        kept.append(part)
        length += len(part)
        if length > MAX_BYTES:
            raise ValueError(f"the text has more than {MAX_BYTES} characters")
    return "".join(kept)


def _format(template: Any, *values: Any) -> str:
    rest = iter(values)

    def parts() -> Iterator[str]:
        end = 0
        for place in _PLACE.finditer(a_text(template, "the template")):
            yield template[end : place.start()]
            end = place.end()
            if other := _OTHER_BRACE.get(place[0]):
                raise Failure(f"Invalid template in States.Format: matching '{other}' not found for '{place[0]}'.")
            yield from [place[1]] if place[1] else _written(next(rest, _MISSING))
        yield template[end:]

    text = joined(parts())
    if next(rest, _MISSING) is not _MISSING:
        raise Failure(_OTHER_NUMBER)
    return text


def _written(value: Any) -> Iterator[str]:
    """A value within a text: ``{Arg1=1, Arg2=[]}``."""
    if value is _MISSING:
        raise Failure(_OTHER_NUMBER)
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _written(item)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for number, (name, item) in enumerate(value.items()):
            yield f"{', ' if number else ''}{name}="
            yield from _written(item)
        yield "}"
    else:
        yield text_of(value)


def _string_to_json(text: Any) -> Any:
    if not a_text(text).strip():
        return None
    try:
        return value_of(text)
    except ValueError as error:
        cause = f"Cannot convert String to Json in States.StringToJson, caused by: {_why_no_json(text, error)}"
        raise Failure(cause) from None


def _why_no_json(text: str, error: ValueError) -> str:
    """What the reader that AWS uses says of the commonest mistake, a bare word; of others, what ours says."""
    if not (word := _WORD.match(text)):
        return str(error)
    at = word.end()
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    said = f"Unrecognized token '{word[1]}': was expecting {_VALUES_OF_JSON}"
    return f"{said}\n at [{_HIDDEN}; line: {line}, column: {column}]"


def _array_partition(array: Any, by: Any) -> list[list[Any]]:
    if (step := whole(by)) < 1:
        raise ValueError("the chunk size is at least 1")
    return [array[start : start + step] for start in range(0, len(an_array(array)), step)]


def _array_contains(array: Any, value: Any) -> bool:
    """AWS compares texts: it finds true in ["true"], and not an object whose members are in another order."""
    return _plain(value) in map(_plain, an_array(array))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else text_of(value)


def array_range(first: Any, last: Any, step: Any) -> list[int]:
    """Return the numbers from first to last, both in, by a step that is not 0. Raises ValueError for too many."""
    if not (by := whole(step)):
        raise ValueError("the step is not 0")
    found = range(whole(first), whole(last) + (1 if by > 0 else -1), by)
    if len(found) > MAX_ITEMS:
        raise ValueError(f"more than {MAX_ITEMS} items")
    return list(found)


def _array_get_item(array: Any, index: Any) -> Any:
    at = whole(index)
    if not an_array(array):
        return None
    if not 0 <= at < len(array):
        raise ValueError(f"the array has no item {at}")
    return array[at]


def _array_unique(array: Any) -> list[Any]:
    """AWS gives them in the order of a set of Java: by what they hash to in a table of a power of two."""
    found: dict[str, Any] = {}
    for item in an_array(array):
        found.setdefault(json.dumps(item, sort_keys=True), item)
    size = 16
    while len(found) > size * 3 // 4:
        size *= 2
    return sorted(found.values(), key=lambda item: java_bucket(item, size))


def _base64_decode(text: Any) -> str:
    """What AWS's decoder makes of any text: it reads up to the first ``=``, and leaves out what is no digit."""
    digits = _NOT_BASE64.sub("", _short(text).translate(_OF_URLS).partition("=")[0])
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode(errors="replace")


def _hash(text: Any, algorithm: Any) -> str:
    if algorithm not in HASHES:
        raise ValueError(f"the algorithm is one of {', '.join(HASHES)}")
    hashed = text if isinstance(text, str) else text_of(text)
    return hashlib.new(HASHES[algorithm], _short(hashed).encode(), usedforsecurity=False).hexdigest()


def _json_merge(first: Any, second: Any, deep: Any) -> dict[str, Any]:
    if deep is True:
        raise ValueError("only shallow merging is supported: the third argument is false")
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise ValueError("the first two arguments are objects")
    return {**first, **second}


def _string_split(text: Any, delimiters: Any) -> list[str]:
    wanted = "".join(map(re.escape, a_text(delimiters)))
    parts = re.split(f"[{wanted}]", a_text(text)) if wanted else [text]
    return [part for part in parts if part]


#: By name: the fewest and most arguments, and what is made of them.
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "Format": (1, 256, _format),
    "StringToJson": (1, 1, _string_to_json),
    "JsonToString": (1, 1, lambda value: joined(iter([text_of(value)]))),
    "Array": (0, 10_000, lambda *values: list(values)),
    "ArrayPartition": (2, 2, _array_partition),
    "ArrayContains": (2, 2, _array_contains),
    "ArrayRange": (3, 3, array_range),
    "ArrayGetItem": (2, 2, _array_get_item),
    "ArrayLength": (1, 1, lambda array: len(an_array(array))),
    "ArrayUnique": (1, 1, _array_unique),
    "Base64Encode": (1, 1, lambda text: base64.b64encode(_short(text).encode()).decode()),
    "Base64Decode": (1, 1, _base64_decode),
    "Hash": (2, 2, _hash),
    "JsonMerge": (3, 3, _json_merge),
    "MathAdd": (2, 2, lambda first, second: whole(_rounded(first) + _rounded(second))),
    "StringSplit": (2, 2, _string_split),
}


def math_random(chance: random.Random, start: Any, end: Any, *seed: Any) -> int:
    """Return a whole number from start up to end, which is not in it; the same for the same seed."""
    first, last = whole(start), whole(end)
    if first >= last:
        raise ValueError("the first number is less than the second")
    return java_random(whole(seed[0]), first, last) if seed else chance.randrange(first, last)


def unique_id(chance: random.Random, *_: Any) -> str:
    """Return a UUID of version 4; arguments are passed over, as AWS does."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


#: Those that need chance as their first argument.
OF_CHANCE: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "MathRandom": (2, 3, math_random),
    "UUID": (0, 256, unique_id),
}
