"""References: how hooks.toml says where a secret is, without holding it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Store(NamedTuple):
    """A kind of reference. ``written``: its form, for error texts; ``name``: a pattern for the part after the colon.

    ``module``: the adapter that reads such references; it is imported when the first one is read.
    """

    written: str
    name: str
    module: str


#: The word before the colon -> its store. To add a store, write a file in adapters/secrets and add a row here.
STORES = {
    "env": Store("env:NAME", r"[A-Za-z_][A-Za-z0-9_]*", "verihook.adapters.secrets.shared"),
    "file": Store("file:PATH", r"[^\x00\n]+", "verihook.adapters.secrets.environment"),
    "secretsmanager": Store(
        "secretsmanager:NAME-or-ARN[#json-key]",
        r"[A-Za-z0-9/_+=.@:-]+(?:#[^\s#]+)?",
        "verihook.adapters.secrets.secrets_manager",
    ),
    "ssm": Store("ssm:/path", r"/[A-Za-z0-9/_.-]+", "verihook.adapters.secrets.parameter_store"),
}

_WRITTEN = [store.written for store in STORES.values()]

#: How a reference is written, for error texts.
REFERENCES = f"{', '.join(_WRITTEN[:-1])} or {_WRITTEN[-1]}"

_REFERENCE = re.compile("|".join(f"{kind}:{store.name}" for kind, store in STORES.items()), re.ASCII)


def is_reference(text: object) -> bool:
    """Whether a text says where a secret is."""
    return isinstance(text, str) and _REFERENCE.fullmatch(text) is not None
