"""Why a state machine cannot run on one machine: every place in its file, and what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from verihook.local.runner.aws_services import AwsServices
from verihook.local.runner.http_tasks import HttpTasks
from verihook.local.runner.integrations import NO_CONNECTIONS, NO_ROLES, NO_SERVICES, why_not_offered, wrong_in
from verihook.local.states.compiler import validate
from verihook.local.states.lambda_calls import invocation
from verihook.local.states.resources import Resource, check_resource
from verihook.local.states.warnings import warnings_of
from verihook.strict_json import parse_written

#: A substitution that nothing has filled in, as CloudFormation writes them.
_SUBSTITUTION = re.compile(r"\$\{\w+\}", re.ASCII)

#: The members of Arguments and Parameters that name a thing outside of the machine, and so may come from a template.
_NAMES_A_THING = re.compile(r"(Arn|Name|Url|Bucket|Endpoint)(\.\$)?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """``place`` in the document, such as ``States.Pay.Resource``, "" for the whole of it; ``what``: in words.

    ``here_alone``: AWS takes it, as far as can be seen from the file.
    """

    place: str
    what: str
    here_alone: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


def refusals_of(
    asl: str,
    *,
    express: bool = False,
    functions: Container[str] | None = None,
    services: AwsServices = NO_SERVICES,
    http: HttpTasks = NO_CONNECTIONS,
) -> list[Refusal]:
    """Return all that keeps the machine from running here; [] if nothing does. Raises ConfigurationError.

    ``functions``: the Lambda functions that there are; None to look for none of them.
    """
    try:
        definition = parse_written(asl)
    except ValueError as error:
        return [Refusal("", str(error))]
    unfilled = [*_unfilled(definition)]
    places = {each.place for each in unfilled}
    found = [Refusal(_place(each.location), f"{each.message} [{each.code}]") for each in validate(asl, express=express)]
    found = [each for each in found if each.place not in places]
    offered = _not_offered(definition, functions, services, http)
    return [*unfilled, *found, *(each for each in offered if each.place not in places)]


def warnings_in(asl: str) -> list[Refusal]:
    """Return what a reader of a machine that runs should know, each with its place; [] if AWS would refuse it."""
    if validate(asl):
        return []
    found = warnings_of(parse_written(asl))
    return [Refusal(_place(each.location), f"{each.message} [{each.code}]") for each in found]


def _place(location: str) -> str:
    """Return the place that a finding of AWS's has, which may be none."""
    return ".".join(location.split("/")[1:]) if location.startswith("/") else ""


def _unfilled(definition: Any) -> Iterator[Refusal]:
    for place, call in _calls(definition):
        for at, text in _naming(call):
            if missing := _SUBSTITUTION.search(text):
                yield Refusal(
                    f"{place}.{at}",
                    f"{missing[0]} is a substitution without a value; VERIHOOK_SUBSTITUTIONS can give it one",
                    here_alone=True,
                )


def _naming(call: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of a call that name things, each with its place."""
    yield "Resource", str(call.get("Resource", ""))
    if isinstance(role := call.get("Credentials"), dict):
        yield "Credentials", str(role.get("RoleArn", ""))
    for field in ("Arguments", "Parameters"):
        if str(call.get("Resource", "")).endswith(":http:invoke"):
            # What goes to a service is never meant to have a substitution in it.
            yield from _texts(field, call.get(field))
            continue
        given = call.get(field)
        for name, value in given.items() if isinstance(given, dict) else ():
            if isinstance(value, str) and _NAMES_A_THING.search(name):
                yield f"{field}.{name}", value


def _texts(place: str, given: Any) -> Iterator[tuple[str, str]]:
    """Every text, with its place."""
    if isinstance(given, str):
        yield place, given
    elif isinstance(given, dict | list):
        pairs = given.items() if isinstance(given, dict) else ((f"[{at}]", each) for at, each in enumerate(given))
        for name, value in pairs:
            yield from _texts(f"{place}.{name}", value)


def _not_offered(
    definition: Any, functions: Container[str] | None, services: AwsServices, http: HttpTasks
) -> Iterator[Refusal]:
    for place, call in _calls(definition):
        try:
            resource = check_resource(call.get("Resource"), express=False)
        except ValueError:  # a finding of AWS's
            continue
        if "Credentials" in call:
            yield Refusal(f"{place}.Credentials", NO_ROLES, here_alone=True)
        why = why_not_offered(resource, services, http)
        if why is not None:
            yield Refusal(f"{place}.Resource", why, here_alone=True)
        elif functions is not None and (name := _function(resource, call)) is not None and name not in functions:
            what = f"there is no Lambda function {name!r} on one machine; {_mend(name)}"
            yield Refusal(f"{place}.Resource", what, here_alone=True)
        else:
            field = "Arguments" if "Arguments" in call else "Parameters"
            for name, what, here_alone in wrong_in(resource, call.get(field), services, http):
                yield Refusal(f"{place}.{field}.{name}", what, here_alone=here_alone)


def _mend(name: str) -> str:
    module, _, attribute = name.rpartition(".")
    file = f"{module.replace('.', '/')}.py" if module else f"workflows/{name.replace('-', '_')}.py"
    return f"write {attribute if module else 'lambda_handler'}(event, context) in {file} beside hooks.toml"


def invoked(asl: str) -> set[str]:
    """Return the Lambda functions that a state machine names. Raises ValueError for what is no JSON."""
    found = set()
    for _, call in _calls(parse_written(asl)):
        with suppress(ValueError):  # a finding of AWS's
            found.add(_function(check_resource(call.get("Resource"), express=False), call))
    return {name for name in found if name is not None}


def _function(resource: Resource, call: dict[str, Any]) -> str | None:
    """The name of the Lambda function that a call invokes, if it invokes one and the definition says which."""
    if resource.kind != "lambda" and resource.service != "lambda":
        return None
    given = call.get("Arguments", call.get("Parameters"))
    if resource.kind == "service" and not (isinstance(given, dict) and isinstance(given.get("FunctionName"), str)):
        return None
    name = invocation(resource, given).name
    return None if name.startswith("{%") or _SUBSTITUTION.search(name) else name


def _calls(flow: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Task, ItemReader and ResultWriter of a flow and of the flows in it, each with its place."""
    states = flow.get("States") if isinstance(flow, dict) else None
    for name, state in states.items() if isinstance(states, dict) else ():
        at = f"{place}States.{name}"
        if not isinstance(state, dict):
            continue
        if "Resource" in state:
            yield at, state
        for field in ("ItemReader", "ResultWriter"):
            if isinstance(state.get(field), dict) and "Resource" in state[field]:
                yield f"{at}.{field}", state[field]
        for field in ("ItemProcessor", "Iterator"):
            yield from _calls(state.get(field), f"{at}.{field}.")
        branches = state.get("Branches")
        for number, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _calls(branch, f"{at}.Branches[{number}].")
