"""``verihook secrets put`` and ``retire``: change a value in the stack's secret, which holds all of them."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from verihook.adapters.aws.errors import AwsError
from verihook.adapters.printable import printable
from verihook.adapters.secrets import secret_in
from verihook.adapters.secrets.answer_cache import MAX_AGE_S
from verihook.adapters.secrets.document import SourceSecrets
from verihook.cli.aws import client_of, outputs_of
from verihook.cli.options import add_hooks_option
from verihook.config import Hooks, load_hooks
from verihook.config.settings import environment
from verihook.errors import ConfigurationError
from verihook.senders.tables import must_be_one_of
from verihook.verification import setting_of
from verihook.webhooks.keyring import SETTINGS

#: The stack's output that names the secret.
OUTPUT = "SourceSecretsArn"

#: A secret of fewer characters gets a warning.
_SHORT = 16


def add_commands(actions: Any) -> None:
    """Add both commands."""
    put = actions.add_parser(
        "put", help="put a value, from stdin or a prompt, into the stack's secret; the former one stays valid, too"
    )
    put.set_defaults(command=_put)
    retire = actions.add_parser("retire", help="remove the former value; the newest one stays")
    retire.set_defaults(command=_retire)
    for parser in (put, retire):
        parser.add_argument("name", metavar="NAME", help="as in hooks.toml behind env:, such as GITHUB_WEBHOOK_SECRET")
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--stack", metavar="NAME", help=f"the stack, whose output {OUTPUT} names the secret")
        either.add_argument("--secret", metavar="ARN", help="instead: the secret itself; default VERIHOOK_SECRETS")
        add_hooks_option(parser)


def _put(options: argparse.Namespace) -> int:
    hooks = _load_hooks_naming(options)
    with _aws_errors_in_words(options.name):
        secrets = _secrets(options)
        value = _value(options.name)
        _check(hooks, options.name, value)
        if len(value) < _SHORT:
            print(
                f"{options.name}: fewer than {_SHORT} characters can be guessed; is the value complete?",
                file=sys.stderr,
            )
        written = secrets.put(options.name, value)
    if not written:
        print(f"{options.name} has this value already; nothing was changed.")
        return 0
    print(
        f"{options.name} is put. Functions that run already look for it at most once a minute: wait a minute before\n"
        f"its sender signs with it. The former value, if there was one, verifies until you say\n"
        f"    verihook secrets retire {options.name}"
    )
    return 0


def _retire(options: argparse.Namespace) -> int:
    _load_hooks_naming(options)
    with _aws_errors_in_words(options.name):
        written = _secrets(options).retire(options.name)
    if written:
        print(
            f"{options.name} has its newest value alone. Functions that run already forget the former one within "
            f"{MAX_AGE_S // 60 + 1} minutes."
        )
    else:
        print(f"{options.name} has no former value; nothing was changed.")
    return 0


def _load_hooks_naming(options: argparse.Namespace) -> Hooks:
    """Load hooks.toml. Raises ConfigurationError if no source in it has a secret of this name."""
    hooks = load_hooks(options.hooks)
    names = hooks.variables()
    if options.name not in names:
        raise ConfigurationError(options.hooks.name, "env:NAME", must_be_one_of(names, options.name))
    return hooks


def _value(name: str) -> str:
    """Read the value from stdin, or ask for it if stdin is a terminal. Raises ConfigurationError."""
    text = getpass.getpass(f"{name} (not shown): ") if sys.stdin.isatty() else sys.stdin.read()
    try:
        value = secret_in(text)
    except ValueError as error:
        raise ConfigurationError("secrets", name, f"the value {error}") from None
    if not value:
        raise ConfigurationError("secrets", name, "the value is empty; give it on stdin, or at the prompt")
    return value


def _check(hooks: Hooks, name: str, value: str) -> None:
    """Raise ConfigurationError, without the value, if a source with this secret cannot use it."""
    for source in hooks.sources.values():
        if all(secret.reference != f"env:{name}" for secret in source.secrets):
            continue
        try:
            source.sender.scheme.bind((value,), setting_of(source))
        except ValueError as error:
            if not str(error).startswith(SETTINGS):
                raise ConfigurationError(
                    "secrets", name, f"source {source.name} cannot use the value: {error}"
                ) from None


@contextmanager
def _aws_errors_in_words(name: str) -> Iterator[None]:
    """Raise ConfigurationError if the secret has a wrong form; end the program if AWS refuses or cannot be reached."""
    try:
        yield
    except ValueError as error:
        raise ConfigurationError("secrets", name, str(error)) from None
    except AwsError as error:
        print(f"verihook: AWS refused or did not answer: {printable(str(error))}", file=sys.stderr)
        raise SystemExit(1) from error


def _secrets(options: argparse.Namespace) -> SourceSecrets:
    arn = _arn_of_stack(options.stack) if options.stack else options.secret or environment().get("VERIHOOK_SECRETS")
    if not arn:
        mend = "name the stack (--stack NAME) or the secret (--secret ARN, or the variable VERIHOOK_SECRETS)"
        raise ConfigurationError("secrets", options.name, mend)
    # An ARN says where it is: arn:aws:secretsmanager:REGION:...
    region = arn.split(":")[3] if arn.startswith("arn:") and arn.count(":") > 3 else None
    return SourceSecrets(client_of("secretsmanager", region), arn)


def _arn_of_stack(stack: str) -> str:
    """Return the ARN of the secret of a stack. Raises ConfigurationError, AwsError."""
    (found,) = client_of("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = outputs_of(found)
    if OUTPUT not in outputs:
        raise ConfigurationError("--stack", stack, f"the stack has no output {OUTPUT}; deploy this version of it first")
    return outputs[OUTPUT]
