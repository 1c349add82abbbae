"""References: how hooks.toml says where a secret is, without holding it."""

from __future__ import annotations

import re

#: How a reference is written, for error texts.
REFERENCES = "env:NAME, file:PATH, secretsmanager:NAME-or-ARN[#json-key] or ssm:/path"

_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00\n]+|secretsmanager:[A-Za-z0-9/_+=.@:-]+(?:#[^\s#]+)?|ssm:/[A-Za-z0-9/_.-]+",
    re.ASCII,
)


def is_reference(text: object) -> bool:
    """Whether a text says where a secret is."""
    return isinstance(text, str) and _REFERENCE.fullmatch(text) is not None
