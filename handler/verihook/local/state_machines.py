"""The state machines of a deployment as they stand in files, and which of them cannot run on this machine.

What a machine cannot run stops its workflow alone: starts are answered 501, events are held, everything else runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from verihook.config import Hooks
from verihook.local.lambda_functions import WrittenFunctions
from verihook.local.runner import AwsServices, HttpTasks, Refusal, refusals_of
from verihook.records import replace

#: What stands in a state machine for the function that its tasks invoke, as in template.yaml; and the name here.
SUBSTITUTIONS = {"FeedsName": "verihook-feeds"}

#: Below the folder of the deployment.
FOLDER = "infra/workflows"


def machines(hooks: Hooks, given: Mapping[str, str]) -> dict[str, str | Refusal]:
    """The texts by definition, with substitutions: infra/workflows/NAME.asl.json beside the folder of hooks.toml.

    In the place of one that cannot be read is why. ``given``: the operator's values for ``${NAME}``.
    """
    folder = hooks.path.resolve().parent.parent / FOLDER
    names = {each.definition for each in hooks.workflows.values() if each.engine == "stepfunctions"}
    values = {**given, **SUBSTITUTIONS}
    return {name: _text_of(folder / f"{name}.asl.json", values) for name in sorted(names)}


def _text_of(path: Path, values: Mapping[str, str]) -> str | Refusal:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return Refusal("", f"cannot be read ({why}); write it, or mend the definition of the workflow")
    for key, value in values.items():
        # Within a text of the document, as CloudFormation puts it there.
        text = text.replace(f"${{{key}}}", json.dumps(value)[1:-1])
    return text


def express_machines(hooks: Hooks) -> set[str]:
    """The definitions that are of Express machines."""
    return {each.definition for each in hooks.workflows.values() if each.express}


def refused(hooks: Hooks, texts: Mapping[str, str | Refusal], services: AwsServices) -> dict[str, list[Refusal]]:
    """Return what keeps machines from running here, by the definitions that have something of the kind.

    ``services``: those of AWS that they can call. Raises ConfigurationError for an endpoint that is none.
    """
    express = express_machines(hooks)
    functions = WrittenFunctions(hooks.path.resolve().parent, SUBSTITUTIONS.values())
    http = HttpTasks(urls_of(hooks))
    found = {
        name: [text]
        if isinstance(text, Refusal)
        else refusals_of(text, express=name in express, functions=functions, services=services, http=http)
        for name, text in texts.items()
    }
    return {name: each for name, each in found.items() if each}


def urls_of(hooks: Hooks) -> dict[str, str]:
    """The URLs of the connections, by name."""
    return {name: each.url for name, each in hooks.connections.items()}


def file_of(definition: str) -> str:
    """The file of a definition, as a person names it."""
    return f"{FOLDER}/{definition}.asl.json"


def with_refusals(hooks: Hooks, found: Mapping[str, list[Refusal]]) -> Hooks:
    """Return hooks.toml with the reason in each workflow that cannot run here."""
    workflows = {
        name: replace(each, refusal=_words(name, each.definition, found[each.definition]))
        if each.engine == "stepfunctions" and each.definition in found
        else each
        for name, each in hooks.workflows.items()
    }
    return replace(hooks, workflows=workflows)


def _words(name: str, definition: str, found: list[Refusal]) -> str:
    first, *more = found
    others = f" {len(more)} more: `verihook check` lists them." if more else ""
    return f"The workflow {name!r} cannot run on this machine: {file_of(definition)}: {first}.{others}"
