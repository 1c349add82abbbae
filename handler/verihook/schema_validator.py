"""jsonschema's validator of draft 2020-12, with four keywords of our own: what they cost is bounded by the content.

jsonschema builds every error of every branch of ``anyOf`` and ``oneOf`` before it reports the one that the keyword has,
and compares objects pair by pair for ``uniqueItems``: a body of a megabyte takes it gigabytes, or hours.
https://json-schema.org/draft/2020-12/json-schema-core#name-keywords-for-applying-subsc
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import Decimal, localcontext
from functools import cache
from typing import Any


@cache
def validator_class() -> Any:
    """The class of the validator. Imports jsonschema, which takes a cold start 60 ms."""
    import jsonschema

    ours = {"multipleOf": _multiple_of, "anyOf": _any_of, "oneOf": _one_of, "uniqueItems": _unique_items}
    extend: Any = jsonschema.validators.extend
    return extend(jsonschema.Draft202012Validator, ours)


def _multiple_of(_: Any, factor: float, value: object, __: Any) -> Iterator[Any]:
    """In decimals, where 0.07 is a multiple of 0.01."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    # As many digits as the quotient of any two floats has.
    with localcontext(prec=700):
        if Decimal(repr(value)) % Decimal(repr(factor)):
            yield _violation(f"{value!r} is not a multiple of {factor!r}")


def _any_of(validator: Any, branches: list[Any], value: object, _: Any) -> Iterator[Any]:
    if not any(validator.evolve(schema=branch).is_valid(value) for branch in branches):
        yield _violation(f"{value!r} is not valid under any of the given schemas")


def _one_of(validator: Any, branches: list[Any], value: object, _: Any) -> Iterator[Any]:
    fitting = [branch for branch in branches if validator.evolve(schema=branch).is_valid(value)]
    if not fitting:
        yield _violation(f"{value!r} is not valid under any of the given schemas")
    elif len(fitting) > 1:
        several = ", ".join(repr(branch) for branch in fitting)
        yield _violation(f"{value!r} is valid under each of {several}")


def _unique_items(_: Any, wanted: bool, value: object, __: Any) -> Iterator[Any]:
    if wanted and isinstance(value, list) and len({_comparable(each) for each in value}) < len(value):
        yield _violation(f"{value!r} has non-unique elements")


def _violation(message: str) -> Any:
    import jsonschema

    return jsonschema.ValidationError(message)


def _comparable(value: object) -> Hashable:
    """Equal for what JSON Schema calls equal: 1 and 1.0 are, 1 and true are not, the order of members is no matter."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(_comparable(each) for each in value))
    if isinstance(value, dict):
        return ("object", frozenset((name, _comparable(each)) for name, each in value.items()))
    return ("scalar", value) if isinstance(value, str | int | float) else ("null",)
