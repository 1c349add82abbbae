"""The signature base of RFC 9421: the bytes that an HTTP message signature is made over.

https://www.rfc-editor.org/rfc/rfc9421#section-2.5
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes.headers import FIELD_NAME, FIELD_VALUE
from verihook.senders.schemes.structured_fields import (
    InnerList,
    Parameters,
    canonical,
    dictionary_member,
    write_bytes,
    write_inner_list,
    write_parameters,
    write_string,
)

_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of the URL that the sender calls, as registered with it.

    ``written``: the authority as it was registered, not in lower case. ``registered``: the registered query, if the one
    that came has the same parameters in another writing. ``mark``: whether a ``?`` is there even without
    a query.
    """

    scheme: str
    authority: str
    path: str
    query: str
    written: str = ""
    registered: str = ""
    mark: bool = False

    @property
    def uri(self) -> str:
        """The whole URL: https://www.rfc-editor.org/rfc/rfc9421#section-2.2.2 ."""
        return f"{self.scheme}://{self.authority}{self.request_target}"

    @property
    def request_target(self) -> str:
        """The path with the query: https://www.rfc-editor.org/rfc/rfc9421#section-2.2.5 ."""
        return self.path + (f"?{self.query}" if self.query or self.mark else "")

    @property
    def spellings(self) -> Iterator[Target]:
        """Yield the target as RFC 9421 wants it, then as libraries sign it: its host as written, a ``?`` at the end.

        No request says whether its URL had such a ``?``, because AWS leaves it out.
        """
        authorities = [self.authority, *([self.written] if self.written not in ("", self.authority) else [])]
        queries = [self.query, *([self.registered] if self.registered not in ("", self.query) else [])]
        for authority in authorities:
            for query in queries:
                for mark in (False, True) if not query else (False,):
                    yield replace(self, authority=authority, query=query, mark=mark)


def read_target(public_url: str) -> Target:
    """The parts of ``public_url``; the host in lower case, without the default port. Raises ValueError in words."""
    parts = urlsplit(public_url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("public_url: write the URL that the sender calls; it is signed, and any caller can set Host")
    written = parts.netloc.removesuffix(_PORTS[parts.scheme])
    return Target(parts.scheme, written.lower(), parts.path or "/", parts.query, written)


def signature_base(covered: InnerList, request: Request, target: Target) -> bytes:
    """The bytes that are signed. Raises SignatureError for a component that is missing, repeated or unknown."""
    identifiers = [write_string(name) + write_parameters(parameters) for name, parameters in covered.items]
    if len(set(identifiers)) != len(identifiers):
        raise SignatureError("malformed-structured-field")
    values = [_value(name, parameters, request, target) for name, parameters in covered.items]
    lines = [f"{identifier}: {value}" for identifier, value in zip(identifiers, values, strict=True)]
    lines.append(f'"@signature-params": {write_inner_list(covered)}')
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def _value(name: str, parameters: Parameters, request: Request, target: Target) -> str:
    if name == "@query-param":
        return _query_parameter(parameters, target)
    if parameters == {"bs": True} and not name.startswith("@"):
        return ", ".join(write_bytes(value.encode()) for value in _values(name, request))
    if parameters == {"sf": True} and not name.startswith("@"):
        return canonical(_field(name, request))
    if set(parameters) == {"key"} and isinstance(key := parameters["key"], str) and not name.startswith("@"):
        return dictionary_member(_field(name, request), key)
    # Other parameters (tr, req) choose another form of a component; a delivery needs none.
    if parameters:
        raise SignatureError("unsupported-component")
    if name == "@method":
        return request.method
    if name.startswith("@"):
        read = _DERIVED.get(name)
        if read is None:
            raise SignatureError("unsupported-component")
        return read(target)
    return _field(name, request)


_DERIVED: dict[str, Callable[[Target], str]] = {
    "@target-uri": lambda target: target.uri,
    "@authority": lambda target: target.authority,
    "@scheme": lambda target: target.scheme,
    "@request-target": lambda target: target.request_target,
    "@path": lambda target: target.path,
    "@query": lambda target: "?" + target.query,
}


def _query_parameter(parameters: Parameters, target: Target) -> str:
    """The one parameter of this name, encoded again: https://www.rfc-editor.org/rfc/rfc9421#section-2.2.8 ."""
    name = parameters.get("name")
    if set(parameters) != {"name"} or not isinstance(name, str):
        raise SignatureError("unsupported-component")
    pairs = parse_qsl(target.query, keep_blank_values=True)
    values = [_percent(value) for key, value in pairs if _percent(key) == name]
    if len(values) != 1:
        raise SignatureError("unsupported-component")
    return values[0]


def _percent(text: str) -> str:
    # The set of the URL standard's form encoding, with %20 for a space; ~ is in neither.
    return quote(text, safe="*-._", errors="backslashreplace").replace("~", "%7E")


def _field(name: str, request: Request) -> str:
    """The values of a header, joined: https://www.rfc-editor.org/rfc/rfc9421#section-2.1 ."""
    return ", ".join(_values(name, request))


def _values(name: str, request: Request) -> list[str]:
    if not FIELD_NAME.fullmatch(name):
        raise SignatureError("unsupported-component")
    values = [value.strip(" \t") for value in request.values(name)]
    if not values:
        raise SignatureError("missing-header")
    # A line break inside a value would let its author write lines of the signature base.
    if not all(FIELD_VALUE.fullmatch(value) for value in values):
        raise SignatureError("non-ascii-header")
    return values
