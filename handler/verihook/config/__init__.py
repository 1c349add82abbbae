"""hooks.toml: this deployment's sources and workflows, read and checked at load.

Every mistake is a ConfigurationError of one line: file, key, mend.

    table_reader.py  a table's values by their types, and the errors
    sources.py       [sources.NAME]
    each.py          its each
    workflows.py     [workflows.NAME]
    api.py           [api], [callbacks] and [connections.NAME]
    front.py         [front] and [routes]
    locks.py         allow_ips and client_certificates of a source
    entry_files.py   the Python files of entries
    schemas.py       the input schemas of workflows
    definitions.py   the Python files of workflows
    mistakes.py      every mistake at once
    settings.py      the environment
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.config.api import read_connection, read_policy
from verihook.config.sources import read_source
from verihook.config.table_reader import Reader
from verihook.config.workflows import read_workflow
from verihook.errors import ConfigurationError
from verihook.model.connection import Connection
from verihook.model.policy import Policy
from verihook.model.source import Source
from verihook.model.workflow import RETENTION_DAYS, Workflow
from verihook.records import replace
from verihook.senders.tables import must_be_one_of

if TYPE_CHECKING:
    from verihook.model.front import FrontRules

_TOP = (
    "default_source",
    "retention_days",
    "api",
    "callbacks",
    "connections",
    "front",
    "routes",
    "sources",
    "workflows",
)


@dataclass(frozen=True, slots=True)
class Hooks:
    """The whole of hooks.toml, read and checked."""

    path: Path
    sources: dict[str, Source]
    workflows: dict[str, Workflow]
    default_source: str | None
    policy: Policy = field(default_factory=Policy)
    connections: dict[str, Connection] = field(default_factory=dict)
    routes: dict[str, str] = field(default_factory=dict)
    front: FrontRules | None = None
    #: The SHA-256 of the file, in hexadecimal.
    digest: str = ""

    def variables(self) -> list[str]:
        """Return every NAME that a source refers to as ``env:NAME``, for a secret or a verify token, each once."""
        references = [secret.reference for source in self.sources.values() for secret in source.secrets]
        references += [source.parameters.get("verify_token", "") for source in self.sources.values()]
        return list(dict.fromkeys(text.removeprefix("env:") for text in references if text.startswith("env:")))

    def sources_with(self, variables: Collection[str]) -> set[str]:
        """Return the names of the sources that have one of these variables as a secret."""
        references = {f"env:{name}" for name in variables}
        return {
            name
            for name, source in self.sources.items()
            if any(secret.reference in references for secret in source.secrets)
        }


def load_hooks(path: Path) -> Hooks:
    """Read and check hooks.toml. Raises ConfigurationError."""
    try:
        written = path.read_bytes()
        table = tomllib.loads(written.decode("utf-8"))
    except OSError as error:
        mend = "--hooks FILE, or the variable VERIHOOK_HOOKS, names another"
        raise ConfigurationError(path.name, "", f"cannot be read: {error.strerror}: {path}; {mend}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path.name, "", f"is not TOML: {error}") from error
    return replace(read_hooks(path, table), digest=sha256(written).hexdigest())


def read_hooks(path: Path, table: Mapping[str, Any]) -> Hooks:
    """Read and check the content of hooks.toml. Raises ConfigurationError for the first mistake."""
    top = Reader(path, "", table, _TOP)
    retention = top.number("retention_days", RETENTION_DAYS, 1, 3650)
    connections = {
        name: read_connection(path, name, each) for name, each in top.tables("connections", underscores=True).items()
    }
    workflows = {
        name: read_workflow(path, name, each, retention, connections) for name, each in top.tables("workflows").items()
    }
    sources = {name: read_source(path, name, each, workflows) for name, each in top.tables("sources").items()}
    default = top.get("default_source", str, None)
    if default is not None and default not in sources:
        raise top.error("default_source", must_be_one_of(sources, default))
    policy = read_policy(path, top.get("api", dict, {}), top.get("callbacks", dict, {}), workflows)
    routes: dict[str, str] = {}
    front = None
    if "routes" in table or "front" in table:
        # Imported here: few deployments have one of them.
        from verihook.config.front import read_front, read_routes, with_public_urls

        routes = read_routes(path, top.get("routes", dict, {}), sources)
        sources = with_public_urls(sources, routes)
        front = read_front(path, top.get("front", dict)) if "front" in table else None
    return Hooks(path, sources, workflows, default, policy, connections, routes, front)
