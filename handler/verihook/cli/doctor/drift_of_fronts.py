"""What the stack has in front, and whom its alarms watch, against hooks.toml."""

from __future__ import annotations

from collections.abc import Iterator

from verihook.cli.doctor.drift import CHECK
from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.cli.doctor.stack import Stack
from verihook.config import Hooks


def fronts(stack: Stack, hooks: Hooks) -> Iterator[Finding]:
    """Yield in what the parameters of domain and alarms do not fit the routes, locks, sources and workflows."""
    given = stack.parameters
    if names := _listed(given.get("DomainNames", "").lower()):
        yield from _domain(names, given, hooks)
    if given.get("WithAlarms") == "yes":
        for parameter, known in (("AlarmSources", hooks.sources), ("AlarmWorkflows", hooks.workflows)):
            for name in (each.partition(":")[0] for each in _listed(given.get(parameter, ""))):
                if name not in known:
                    what = f"{name} is watched, and hooks.toml has nothing of this name: its alarms mean nothing"
                    yield warning(CHECK, parameter, what, f"deploy with {parameter} without it")


def _domain(names: list[str], given: dict[str, str], hooks: Hooks) -> Iterator[Finding]:
    for route, led_to in hooks.routes.items():
        host = route.partition("/")[0]
        if host not in names:
            what = f"the route {route} of {led_to} is at a host that is not one of DomainNames: nothing comes there"
            yield fault(CHECK, "DomainNames", what, f"deploy with {host} in DomainNames, or mend the route")
    # Names that are in API Gateway already have whatever mutual TLS was made there.
    ours = given.get("DomainFront", "cloudfront") == "cloudfront" or _any(given, "DomainCertificateArn", "DomainZoneId")
    if given.get("DomainClientCertificates", "off") == "off" and ours:
        for name, source in hooks.sources.items():
            if source.lock is not None and source.lock.certificates:
                what = f"{name} wants a certificate of its callers, and the domain asks for none: all are refused"
                mend = "deploy with DomainClientCertificates=optional or required, or take client_certificates out"
                yield fault(CHECK, "DomainClientCertificates", what, mend)


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _any(given: dict[str, str], *names: str) -> bool:
    return any(given.get(name) for name in names)
