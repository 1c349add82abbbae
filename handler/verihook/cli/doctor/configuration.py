"""hooks.toml and the files that it names: what can be said without a ledger, a store or a network.

``verihook check`` says this alone, ``verihook doctor`` besides everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.config import Hooks
from verihook.config.entry_files import check_entries
from verihook.config.mistakes import read_all
from verihook.config.schemas import check_schemas
from verihook.config.settings import environment, substitutions
from verihook.errors import ConfigurationError
from verihook.model.instance import iso
from verihook.model.workflow import Workflow
from verihook.records import replace

CHECK = "configuration"
NETWORKS = "networks"

#: How long before its end a published list is worth a warning, in seconds: two weeks.
_SOON_S = 14 * 86_400


def read_configuration(path: Path, now_s: int, *, here: bool) -> tuple[Hooks | None, list[Finding]]:
    """Return hooks.toml, None if it cannot be loaded, and what is wrong with it and with the files that it names.

    ``now_s`` in seconds since the epoch; ``here``: it is to run on one machine, which cannot call all that AWS can.
    """
    hooks, mistakes = read_all(path)
    found = [_of(error) for error in mistakes]
    if hooks is not None:
        found += [*_files(hooks), *_machines(hooks, here=here), *_unused(hooks), *_lists(hooks, now_s)]
    return None if mistakes else hooks, found


def _of(error: ConfigurationError) -> Finding:
    """Return the finding of an error, whose text is ``FILE: KEY: what is wrong, and the mend``."""
    what = str(error).removeprefix(f"{error.file}: ").removeprefix(f"{error.key}: ")
    mend = f"change {error.file}; docs/configuration.md describes every key"
    return fault(CHECK, error.key or error.file, what, mend, error.file)


def _files(hooks: Hooks) -> Iterator[Finding]:
    folder = hooks.path.parent
    checks: list[Callable[[], None]] = [
        *(partial(check_schemas, replace(hooks, workflows={name: each})) for name, each in hooks.workflows.items()),
        *(
            partial(check_entries, replace(hooks, sources={name: each}), folder / "workflows")
            for name, each in hooks.sources.items()
        ),
    ]
    for check in checks:
        try:
            check()
        except ConfigurationError as error:
            yield _of(error)
    for name, workflow in hooks.workflows.items():
        file = _definition(folder, *_place(workflow))
        if not file.is_file():
            yield fault(
                CHECK,
                f"workflows.{name}.definition",
                f"{workflow.definition!r} is {file.parent.name}/{file.name}, and there is no such file",
                "write it, or mend the definition of the workflow",
                hooks.path.name,
            )


def _machines(hooks: Hooks, *, here: bool) -> Iterator[Finding]:
    """Yield what is wrong in the state machines whose files are there."""
    # Imported here: most commands need no evaluator of state machines.
    from verihook.local.runner import AwsServices, warnings_in
    from verihook.local.state_machines import file_of, machines, refused

    services, given = AwsServices(environment()), substitutions(environment())
    users: dict[str, list[str]] = {}
    for name, workflow in hooks.workflows.items():
        if workflow.engine == "stepfunctions" and _definition(hooks.path.parent, *_place(workflow)).is_file():
            users.setdefault(workflow.definition, []).append(name)
    for definition, names in users.items():
        alone = replace(hooks, workflows={name: hooks.workflows[name] for name in names})
        try:
            texts = machines(alone, given)
            found = refused(alone, texts, services).get(definition, [])
        except ConfigurationError as error:
            yield _of(error)
            continue
        for each in found:
            runs = "runs in AWS alone" if each.here_alone else "cannot run, and is not deployed to AWS"
            mend = f"change it; until then the workflow {', '.join(names)} {runs}"
            if here or not each.here_alone:
                yield fault(CHECK, each.place, each.what, mend, file_of(definition))
        text = texts[definition]
        for each in warnings_in(text) if isinstance(text, str) else ():
            mend = "change it if that is not meant; AWS takes it"
            yield warning(CHECK, each.place, each.what, mend, file_of(definition))


def _place(workflow: Workflow) -> tuple[str, str]:
    return workflow.engine, workflow.definition


def _lists(hooks: Hooks, now_s: int) -> Iterator[Finding]:
    """Yield the published networks by which nothing is refused any more, or soon."""
    for name, source in hooks.sources.items():
        published = source.lock.published if source.lock else None
        if published is None or not published.stale(now_s + _SOON_S):
            continue
        its = f"the networks that {published.sender} publishes are those of {published.read}"
        end = iso(published.stale_at_s * 1000)
        old = f"too old since {end}, so allow_ips refuses nothing by them"
        what = f"{its}, {old if published.stale(now_s) else f'too old from {end} on'}"
        mend = f"read {published.page or 'its page'} and write networks/{published.sender}.toml beside hooks.toml"
        yield warning(NETWORKS, name, what, f"{mend}, or upgrade Verihook; docs/domain.md has its form")


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
                    hooks.path.name,
                )
    if not hooks.sources:
        yield warning(
            CHECK, "sources", "there is no source, so nothing is received", "add [sources.NAME]", hooks.path.name
        )
