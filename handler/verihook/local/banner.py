"""The text that `verihook run` prints when the server is ready."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from verihook.adapters.clock import SystemClock
from verihook.config import Hooks
from verihook.config.settings import DEFAULT_HOOKS, environment
from verihook.local.data import DEFAULT
from verihook.model.scopes import ApiKey
from verihook.senders.evidence import WARNING, is_unchecked

OPEN = """  The API is OPEN: everyone who reaches this port may do everything, even make API keys. A proxy, a tunnel,
  `ssh -R` or a relay in front of it gives strangers the same rights. To close it, start without --open, and without
  auth = "open" in hooks.toml."""

#: The body of an order in a checkout; a wheel has none.
EXAMPLE = Path("examples/order.json")

# Colours, as https://en.wikipedia.org/wiki/ANSI_escape_code#Colors numbers them.
_YELLOW = "33"
_BOLD_RED = "1;31"


def banner(
    url: str,
    hooks: Hooks,
    made: list[str],
    data: Path,
    ended: Sequence[ApiKey],
    grace_s: float,
    key: str = "",
) -> str:
    """Return the address, the URL of each source, how to get into the API, and a command that sends a signed webhook.

    ``made``: the variables whose secrets were made in the data folder ``data``. ``ended``: the API keys that were made
    while the API was open, and were revoked at this start. ``grace_s``: how long a stop waits for what is running.
    ``key``: that of the run, if only a person reads this.
    """
    width = max((len(name) for name in hooks.sources), default=0)
    url_width = len(f"{url}/hooks/") + width
    lines = [f"Verihook is ready on {url}", ""]
    for name, source in hooks.sources.items():
        also = f"  (also {url}/)" if name == hooks.default_source else ""
        source_url = f"{url}/hooks/{name}"
        lines.append(
            f"  {name:<{width}}  {source_url:<{url_width}}  {source.sender.id} -> {', '.join(source.workflows)}{also}"
        )
    lines += [_coloured(line, _YELLOW) for line in [*_unchecked(hooks), *_stale(hooks)]]
    lines += _refused(hooks)
    lines += _made(made, data)
    source_to_try = hooks.default_source or next(iter(hooks.sources), None)
    if source_to_try:
        lines += ["", *_send(source_to_try, data, hooks.path)]
    lines += ["", *_console(url, hooks, data, key), *_api(url, hooks, data, ended)]
    stop = (
        f"  Ctrl-C stops the server; it waits up to {grace_s:g} s for steps and functions that are running. "
        "A second Ctrl-C ends it at once."
    )
    return "\n".join([*lines, "", stop, ""])


def _console(url: str, hooks: Hooks, data: Path, key: str) -> list[str]:
    """The address of the console, with the key in its fragment, which no browser sends, if the key may be shown."""
    if not hooks.policy.console:
        return []
    if hooks.policy.auth == "open":
        return [f"  The console: {url}/console/"]
    if not key:
        return [f"  The console: {url}/console/ (`{_command('open', data=data)}` opens it with the key of this run)"]
    return [f"  The console: {url}/console/#key={key}"]


def _made(made: list[str], data: Path) -> list[str]:
    """What is said of the secrets that were made in the data folder."""
    if not made:
        return []
    return [
        "",
        _coloured(f"  Secrets made here, kept in {data / 'secrets.json'}:", _YELLOW),
        *(_coloured(f"    {name}", _YELLOW) for name in made),
        "  What the senders themselves sign is refused (401) until you start with the secret that they sign with:",
        "    NAME=... make run (or: NAME=... verihook run)",
    ]


def _refused(hooks: Hooks) -> list[str]:
    """What is said of the workflows that cannot run here."""
    found = [each.refusal for each in hooks.workflows.values() if each.refusal is not None]
    if not found:
        return []
    more = "  Its starts are answered 501, and its sources' events are held until it can. Everything else runs."
    if len(found) > 1:
        more = (
            "  Their starts are answered 501, and their sources' events are held until they can. Everything else runs."
        )
    return ["", *(_coloured(f"  {each}", _BOLD_RED) for each in found), more]


def _unchecked(hooks: Hooks) -> list[str]:
    """What is said of the sources whose senders are unchecked."""
    names = [name for name, source in hooks.sources.items() if is_unchecked(source.sender.id)]
    return ["", f"  Unchecked: the description of the sender of {', '.join(names)} {WARNING}."] if names else []


def _stale(hooks: Hooks) -> list[str]:
    """What is said of the lists of networks that are too old to refuse anything by."""
    now_s = SystemClock().now_ms() // 1000
    locks = {name: source.lock.published for name, source in hooks.sources.items() if source.lock}
    return [
        f"  Stale: allow_ips of {name} refuses nothing by the networks of {published.sender}, which are of "
        f"{published.read}; write networks/{published.sender}.toml beside hooks.toml."
        for name, published in locks.items()
        if published and published.stale(now_s)
    ]


def _api(url: str, hooks: Hooks, data: Path, ended: Sequence[ApiKey]) -> list[str]:
    in_browser = f"  The API in a browser: {url}/docs"
    if hooks.policy.auth == "open":
        return [in_browser, _coloured(OPEN, _BOLD_RED)]
    print_key = _command("keys", "run", data=data)
    lines = [
        in_browser,
        f"  The API asks for a key. verihook's commands find it by themselves; `{print_key}` prints it.",
    ]
    if ended:
        warning = "  These API keys were made while the API was open. It is closed now, so they were revoked:"
        lines += ["", _coloured(warning, _BOLD_RED)]
        lines += [f"    {key.id}  {key.name}" for key in ended]
    return lines


def _coloured(text: str, colour: str) -> str:
    """Return the text in this colour if the output is a terminal that shows colours (https://no-color.org)."""
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() and not environment().get("NO_COLOR") else text


def _send(source: str, data: Path, hooks_file: Path) -> list[str]:
    """How to send a webhook to this source: the example of a checkout, else a file of the user's own."""
    hooks_option = [] if hooks_file.resolve() == DEFAULT_HOOKS.resolve() else ["--hooks", str(hooks_file)]
    of_file = "" if EXAMPLE.exists() else ", with the body in a file of yours"
    body = str(EXAMPLE) if EXAMPLE.exists() else "FILE"
    command = _command("send", source, body, "--wait", *hooks_option, data=data)
    return [f"  Send a signed webhook from a second terminal{of_file}:", f"    {command}"]


def _command(*arguments: str, data: Path) -> str:
    """Return a command line of this program as a person would type it in the current folder."""
    program = Path(sys.argv[0])
    with suppress(ValueError):
        program = program.absolute().relative_to(Path.cwd())
    command = [str(program), *arguments]
    if data != DEFAULT:
        command += ["--data", str(data)]
    return shlex.join(command)
