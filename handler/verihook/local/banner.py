"""What the terminal shows once everything is ready."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from verihook.config import Hooks
from verihook.config.settings import DEFAULT_HOOKS, environment
from verihook.local.data import DEFAULT
from verihook.model.scopes import ApiKey

OPEN = """  The API is OPEN: everyone who reaches this port may do everything, make API keys too. A proxy, a tunnel,
  `ssh -R` or a relay before it gives that to strangers. To close it, leave out --open, and auth = "open" in
  hooks.toml."""


YELLOW = "33"


def banner(
    url: str,
    hooks: Hooks,
    made: list[str],
    data: Path,
    ended: Sequence[ApiKey],
    grace_s: float,
    hooks_file: Path = DEFAULT_HOOKS,
) -> str:
    """The address, the sources with their URLs, who gets into the API, and a command that sends a signed webhook.

    ``made``: the names of secrets that were made here. ``ended``: the keys that end with an API that was open.
    ``grace_s``: how long a stop waits for what runs. ``hooks_file``: where ``hooks`` was read.
    """
    width = max((len(name) for name in hooks.sources), default=0)
    room = len(f"{url}/hooks/") + width
    lines = [f"Verihook is ready on {url}", ""]
    for name, source in hooks.sources.items():
        also = f"  (also {url}/)" if name == hooks.default_source else ""
        target = f"{url}/hooks/{name}"
        lines.append(f"  {name:<{width}}  {target:<{room}}  {source.sender.id} -> {source.workflow}{also}")
    if made:
        lines += ["", _coloured(f"  Secrets made here, kept in {data / 'secrets.json'}:", YELLOW)]
        lines += [_coloured(f"    {name}", YELLOW) for name in made]
        lines += [
            "  What the senders themselves sign is refused (401) until each has its sender's own: NAME=... make run"
        ]
    example = hooks.default_source or next(iter(hooks.sources), None)
    if example:
        lines += ["", "  Send a signed webhook from a second terminal:", f"    {_send(example, data, hooks_file)}"]
    lines += ["", *_api(url, hooks, data, ended)]
    stop = (
        f"  Ctrl-C stops it: it waits up to {grace_s:g} s for steps and functions that run. A second ends it at once."
    )
    return "\n".join([*lines, "", stop, ""])


def _api(url: str, hooks: Hooks, data: Path, ended: Sequence[ApiKey]) -> list[str]:
    shown = f"  The API in a browser: {url}/docs"
    if hooks.policy.auth == "open":
        return [shown, _red(OPEN)]
    show = _command("keys", "run", data=data)
    lines = [shown, f"  The API asks for a key. Our commands find the one of this run; `{show}` prints it."]
    if ended:
        lines += ["", _red("  These API keys were made while the API was open, and have ended with that:")]
        lines += [f"    {key.id}  {key.name}" for key in ended]
    return lines


def _red(text: str) -> str:
    return _coloured(text, "1;31")


def _coloured(text: str, colour: str) -> str:
    """On a terminal that shows colours (https://no-color.org)."""
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() and not environment().get("NO_COLOR") else text


def _send(source: str, data: Path, hooks_file: Path) -> str:
    other = [] if hooks_file.resolve() == DEFAULT_HOOKS.resolve() else ["--hooks", str(hooks_file)]
    return _command("send", source, "examples/order.json", "--wait", *other, data=data)


def _command(*arguments: str, data: Path) -> str:
    program = Path(sys.argv[0])
    with suppress(ValueError):
        # Relative if it can be, as a person would type it.
        program = program.absolute().relative_to(Path.cwd())
    command = [str(program), *arguments]
    if data != DEFAULT:
        command += ["--data", str(data)]
    return shlex.join(command)
