"""Completion scripts for shells: commands, options, choices and files. A script starts no program."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from verihook.cli.tree import Node, Option

_BASH = """# Completes verihook in bash 3.2 and newer.
_verihook() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" at="" words="" begun="" index last=$((COMP_CWORD - 1))
  COMPREPLY=()
  # For bash the : in a value, and the = before one, are words of their own.
  if [[ $current == [:=] ]]; then begun=$current current="" last=$COMP_CWORD; fi
  if [[ ${{COMP_WORDS[last]}} == : && $last -gt 2 ]]; then begun="${{COMP_WORDS[last-1]}}:"; last=$((last - 2)); fi
  if [[ ${{COMP_WORDS[last]}} == = ]]; then [[ $begun == = ]] && begun=""; last=$((last - 1)); fi
  local previous="${{COMP_WORDS[last]}}"
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at ${{COMP_WORDS[index]}}" in
      {paths}) at="$at ${{COMP_WORDS[index]}}" ;;
    esac
  done
  case "$at $previous" in
{values}
  esac
  case "$at" in
{commands}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _verihook verihook"""

_ZSH = """#compdef verihook
# Completes verihook in zsh.
_verihook() {{
  local at="" index previous="${{words[CURRENT-1]}}"
  local -a entries
  # In --status=t the value begins after the =.
  if [[ $PREFIX == --*=* ]]; then previous="${{PREFIX%%=*}}"; compset -P "*="; fi
  for ((index = 2; index < CURRENT; index++)); do
    case "$at ${{words[index]}}" in
      {paths}) at="$at ${{words[index]}}" ;;
    esac
  done
  case "$at $previous" in
{values}
  esac
  case "$at" in
{commands}
  esac
  _describe verihook entries || _files
}}
compdef _verihook verihook"""

_FISH = """# Completes verihook in fish.
function __verihook_at
  set -l at
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case {paths}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
complete -c verihook -e
{entries}"""


def bash(root: Node) -> str:
    """Return the script for bash (https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion-Builtins.html)."""
    values, commands = [], []
    for path, node in root.walk():
        commands.append(f"    {_quoted(_at(path))}) words={_quoted(' '.join(_words(node)))} ;;")
        for name, option in _valued(node):
            words = f'compgen -W {_quoted(" ".join(option.choices))} -- "$begun$current"'
            # Any other value is not completed.
            offered = f'COMPREPLY=($({words})); COMPREPLY=("${{COMPREPLY[@]#"$begun"}}"); ' if option.choices else ""
            kind = 'COMPREPLY=($(compgen -f -- "$current")); ' if option.is_file else offered
            values.append(f"    {_quoted(f'{_at(path)} {name}')}) {kind}return ;;")
    return _BASH.format(paths=_patterns(root), values="\n".join(values), commands="\n".join(commands))


def zsh(root: Node) -> str:
    """Return the script for zsh (https://zsh.sourceforge.io/Doc/Release/Completion-System.html)."""
    values, commands = [], []
    for path, node in root.walk():
        entries = " ".join(
            _quoted(f"{word.replace(':', chr(92) + ':')}:{summary}") for word, summary in _described(node)
        )
        commands.append(f"    {_quoted(_at(path))}) entries=({entries}) ;;")
        for name, option in _valued(node):
            offered = f"compadd -- {' '.join(map(_quoted, option.choices))}; " if option.choices else ""
            values.append(f"    {_quoted(f'{_at(path)} {name}')}) {'_files; ' if option.is_file else offered}return ;;")
    return _ZSH.format(paths=_patterns(root), values="\n".join(values), commands="\n".join(commands))


def fish(root: Node) -> str:
    """Return the script for fish (https://fishshell.com/docs/current/completions.html)."""
    entries = []
    for path, node in root.walk():
        condition = f"-n {_fish(f'__verihook_at {_fish(_at(path))}')}"
        entries += [
            f"complete -c verihook {condition} -f -a {child.name} -d {_fish(child.summary)}" for child in node.children
        ]
        for option in node.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = f" -x -a {_fish(' '.join(option.choices))}" if option.choices else _value(option)
            if names or option.choices:
                entries.append(f"complete -c verihook {condition} {names}{value} -d {_fish(option.summary)}")
    return _FISH.format(paths=" ".join(_fish(_at(path)) for path, _ in root.walk() if path), entries="\n".join(entries))


#: By shell: the function that makes its script from the tree of commands.
SHELLS: dict[str, Callable[[Node], str]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _value(option: Option) -> str:
    return "" if not option.takes_value else " -r -F" if option.is_file else " -x"


def _at(path: tuple[str, ...]) -> str:
    """Return the command that was typed so far: ``" workflows run"``, "" at the beginning."""
    return "".join(f" {name}" for name in path)


def _patterns(root: Node) -> str:
    return "|".join(_quoted(_at(path)) for path, _ in root.walk() if path)


def _words(node: Node) -> list[str]:
    return [word for word, _ in _described(node)]


def _described(node: Node) -> list[tuple[str, str]]:
    """Return the words that may come next, with their summaries: subcommands, choices of arguments, options."""
    described = [(child.name, child.summary) for child in node.children]
    for option in node.options:
        described += [(word, option.summary) for word in option.names or option.choices]
    return described


def _valued(node: Node) -> list[tuple[str, Option]]:
    return [(name, option) for option in node.options if option.takes_value for name in option.names]


def _quoted(text: str) -> str:
    return shlex.quote(text) if text else "''"


def _fish(text: str) -> str:
    r"""In fish's single quotes only ``\`` and ``'`` mean something."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
