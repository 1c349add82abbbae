"""hooks.toml and the files that it names: what can be said without a ledger, a store or a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.config import Hooks, load_hooks
from verihook.config.entry_files import check_entries
from verihook.config.schemas import check_schemas
from verihook.errors import ConfigurationError

CHECK = "configuration"


def read_configuration(path: Path) -> tuple[Hooks | None, list[Finding]]:
    """Return hooks.toml, None if it cannot be loaded, and what is wrong with it and with the files that it names."""
    try:
        hooks = load_hooks(path)
    except ConfigurationError as error:
        return None, [_of(error)]
    return hooks, [*_files(hooks), *_unused(hooks)]


def _of(error: ConfigurationError) -> Finding:
    """Return the finding of an error, whose text is ``FILE: KEY: what is wrong, and the mend``."""
    what = str(error).removeprefix(f"{error.file}: ")
    return fault(
        CHECK, error.key or error.file, what, f"change {error.file}; docs/configuration.md describes every key"
    )


def _files(hooks: Hooks) -> Iterator[Finding]:
    folder = hooks.path.parent
    checks: list[Callable[[], None]] = [
        partial(check_schemas, hooks),
        partial(check_entries, hooks, folder / "workflows"),
    ]
    for check in checks:
        try:
            check()
        except ConfigurationError as error:
            yield _of(error)
    for name, workflow in hooks.workflows.items():
        file = _definition(folder, workflow.engine, workflow.definition)
        if not file.is_file():
            yield fault(
                CHECK,
                f"workflows.{name}.definition",
                f"{workflow.definition!r} is {file.parent.name}/{file.name}, and there is no such file",
                "write it, or mend the definition of the workflow",
            )


def _definition(folder: Path, engine: str, definition: str) -> Path:
    """Return the file of a definition: of state machines in infra/workflows, else beside hooks.toml."""
    if engine == "stepfunctions":
        return folder.parent / "infra" / "workflows" / f"{definition}.asl.json"
    return folder / "workflows" / f"{definition.replace('-', '_')}.py"


def _unused(hooks: Hooks) -> Iterator[Finding]:
    for name, source in hooks.sources.items():
        for each in dict.fromkeys((source.workflow, *source.workflows)):
            status = hooks.workflows[each].status
            if status in ("draft", "archived"):
                yield warning(
                    CHECK,
                    f"sources.{name}.workflow",
                    f"starts the workflow {each}, which is {status}: its deliveries are refused",
                    f'give the source another workflow, or set status = "active" under [workflows.{each}]',
                )
    if not hooks.sources:
        yield warning(CHECK, "sources", "there is no source, so nothing is received", "add [sources.NAME]")
