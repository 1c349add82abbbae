"""What the terminal shows once everything is ready."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from pathlib import Path

from verihook.hooks import Hooks
from verihook.local.data import DEFAULT


def banner(url: str, hooks: Hooks, made: list[str], data: Path) -> str:
    """The address, the sources with their URLs, and a command that sends a correctly signed webhook."""
    width = max((len(name) for name in hooks.sources), default=0)
    room = len(f"{url}/hooks/") + width
    lines = [f"Verihook is ready on {url}", ""]
    for name, source in hooks.sources.items():
        also = f"  (also {url}/)" if name == hooks.default_source else ""
        target = f"{url}/hooks/{name}"
        lines.append(f"  {name:<{width}}  {target:<{room}}  {source.sender.id} -> {source.workflow}{also}")
    if made:
        lines += ["", f"  Secrets made for this machine, kept in {data / 'secrets.json'}:"]
        lines += [f"    {name}" for name in made]
    example = hooks.default_source or next(iter(hooks.sources), None)
    if example:
        lines += ["", "  Send a signed webhook from a second terminal:", f"    {_send(example, data)}"]
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])


def _send(source: str, data: Path) -> str:
    program = Path(sys.argv[0])
    with suppress(ValueError):
        # Relative where it can be, as a person would type it.
        program = program.absolute().relative_to(Path.cwd())
    command = [str(program), "send", source, "examples/order.json", "--wait"]
    if data != DEFAULT:
        command += ["--data", str(data)]
    return shlex.join(command)
