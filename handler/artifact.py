"""Builds the artifact of one function: what it uses and nothing else, compiled by the runtime's own version.

    python3.13 artifact.py KIND PROCESSOR FOLDER        as the Makefile beside it runs it for `sam build`

Each kind has its list of packages in ``requirements/KIND.txt``, which `make lock` writes, and its rooms of the package.
Every function reads hooks.toml, so the build reads it too: it fails, in words, on one that no function could load, and
on an input schema that is none. That also says whether a source's scheme needs public keys, or its handshake decrypts;
if none does, ``requirements/public-keys.txt`` stays out.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import bytecode

HANDLER = Path(__file__).parent

#: What no function in AWS uses of the package.
HERE_ALONE = ("cli", "client", "local")

#: What the API alone uses of it.
FRONT = ("api", "app.py", "console", "dialects", "senders/samples")

#: Kind -> what it leaves out of the package, and whether it runs the operator's workflows.
KINDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "receiver": ((*HERE_ALONE, *FRONT, "webhooks/feeds.py", "worker"), False),
    "api": (HERE_ALONE, False),
    "background": ((*HERE_ALONE, *FRONT), False),
    "worker": ((*HERE_ALONE, *FRONT), True),
    "durable": ((*HERE_ALONE, *FRONT), True),
}

#: The services that the package calls. botocore describes 400 more, in 20 MB.
SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager", "ssm", "stepfunctions")

#: What no function of our own imports of its packages; what the operator's workflows import is not known.
UNUSED = (
    "boto3/examples",
    "aws_lambda_powertools/event_handler",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in ("batch", "data_classes", "idempotency", "kafka", "parameters", "parser")
    ),
)

#: Tries hooks.toml with what is in the folder alone. Prints the package that a source needs and is not there.
TRY = """
import sys
from pathlib import Path
from verihook.errors import ConfigurationError
from verihook.config import load_hooks
try:
    load_hooks(Path("hooks.toml"))
except ConfigurationError as error:
    cause = error
    while cause and not isinstance(cause, ModuleNotFoundError):
        cause = cause.__cause__
    print(cause.name) if cause else sys.exit(str(error))
"""

#: Looks at the input schemas with what is in the folder alone. Prints the package whose wheel is for another processor.
CHECK = """
import sys
from pathlib import Path
try:
    import jsonschema, jsonschema_rs
except ImportError as error:
    # Without either, no inputs come to functions of this kind.
    if error.name not in ("jsonschema", "jsonschema_rs"):
        print(error.name)
    sys.exit()
from verihook.errors import ConfigurationError
from verihook.config import load_hooks
from verihook.config.schemas import check_schemas
try:
    check_schemas(load_hooks(Path("hooks.toml")))
except ConfigurationError as error:
    sys.exit(str(error))
"""


#: Looks whether the entries that sources name are there, without running them.
ENTRIES = """
import sys
from pathlib import Path
from verihook.errors import ConfigurationError
from verihook.config import load_hooks
from verihook.config.entry_files import check_entries
try:
    check_entries(load_hooks(Path("hooks.toml")), Path("workflows"))
except ConfigurationError as error:
    sys.exit(str(error))
"""


def build(kind: str, processor: str, folder: Path) -> None:
    """Fill ``folder``. Exit in words if hooks.toml is wrong or pip fails."""
    left_out, runs_workflows = KINDS[kind]
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("hooks.toml", "LICENSE", "NOTICE"):
        shutil.copy(HANDLER / name, folder)
    package = HANDLER / "verihook"
    _copy(package, folder / "verihook", [*left_out, "py.typed"])
    _copy(HANDLER / "workflows", folder / "workflows", [] if runs_workflows else ["*.py"])
    public_keys = ["public-keys"] if _absent(folder) else []
    for name in (kind, *public_keys):
        _install(name, processor, folder)
    if absent := _absent(folder):
        sys.exit(f"hooks.toml: a source needs the package {absent}, which requirements/public-keys.txt does not have")
    if runs_workflows:
        _run(ENTRIES, folder)
    if foreign := _run(CHECK, folder):
        sys.stderr.write(f"Input schemas are looked at when the function starts: {foreign} is for another processor.\n")
    _trim(folder, runs_workflows)
    _compile(folder)


def _copy(source: Path, target: Path, left_out: list[str]) -> None:
    """Copy a folder without byte code, secrets and ``left_out``: patterns of paths in it ('*' takes a slash too)."""
    never = shutil.ignore_patterns("__pycache__", "*.secret")

    def ignored(folder: str, names: list[str]) -> set[str]:
        below = {name: str((Path(folder) / name).relative_to(source)) for name in names}
        unused = {name for name, path in below.items() if any(fnmatch(path, pattern) for pattern in left_out)}
        return never(folder, names) | unused

    shutil.copytree(source, target, ignore=ignored)


def _install(name: str, processor: str, folder: Path) -> None:
    tags = (HANDLER / "processors" / processor / "platforms.txt").read_text("utf-8").splitlines()
    platforms = [f"--platform={tag}" for tag in tags if not tag.startswith("#")]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation=cp", *platforms]
    requirements = HANDLER / "requirements" / f"{name}.txt"
    if subprocess.run([*pip, f"--target={folder}", f"--requirement={requirements}"], check=False).returncode:
        sys.exit(f"pip could not install {requirements.name}: see above")


def _absent(folder: Path) -> str:
    """The package that a source of hooks.toml needs and is absent; "" if there is none. Exits for a wrong file."""
    return _run(TRY, folder)


def _run(program: str, folder: Path) -> str:
    """What a program says that has the folder alone. Exits with its words if it fails."""
    # -S, -E: none of the packages of this interpreter.
    python = [sys.executable, "-S", "-E", "-B", "-c", program]
    done = subprocess.run(python, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def _texts(workflows: Path) -> set[str]:
    """Every text that stands in a workflow: the name of a service that it makes a client for is among them."""
    trees = [ast.parse(path.read_text("utf-8")) for path in workflows.rglob("*.py")]
    constants = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str)}


def _trim(folder: Path, runs_workflows: bool) -> None:
    """Take out what is not used. A workflow keeps the services of AWS that it names."""
    services = {*SERVICES, *(_texts(folder / "workflows") if runs_workflows else ())}
    described = [path for path in (folder / "botocore" / "data").glob("*/") if path.name not in services]
    for path in (folder / "bin", *described, *(folder / name for name in UNUSED if not runs_workflows)):
        shutil.rmtree(path, ignore_errors=True)


def _compile(folder: Path) -> None:
    """Byte code: /var/task is read-only, so without it every cold start would compile every module again.

    Unchecked, because the deployed sources never change; -s and -p write the paths that tracebacks show as they are in
    Lambda.
    """
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/var/task"]
    if subprocess.run([sys.executable, "-m", "compileall", *options, str(folder)], check=False).returncode:
        sys.exit("the byte code could not be written: see above")
    bytecode.write(folder / "verihook", "/var/task/verihook")


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
