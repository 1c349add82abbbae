"""What `sam build` made of each function: what is in it and what is not, how large it is, and its byte code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

import artifact
from tests.deployed.emulator import PYTHON, built
from tests.project.template import DURABLE_FUNCTIONS, FUNCTIONS, RESOURCES, ROOT

#: Function -> kind of its artifact, and the most that its zip may have, in MB (10^6 bytes).
KINDS = {
    "Receiver": ("receiver", 9.0),
    "Api": ("api", 15.5),
    "Recorder": ("background", 13.0),
    "Reconciler": ("background", 13.0),
    "Feeds": ("background", 13.0),
    "Worker": ("worker", 7.7),
    "Entries": ("worker", 7.7),
    **dict.fromkeys(DURABLE_FUNCTIONS, ("durable", 8.0)),
}

#: Package -> the kinds that have it; cryptography is for sources that need public keys, and none of the shipped does.
PACKAGES = {
    "aws_durable_execution_sdk_python": {"durable"},
    "aws_lambda_powertools": {"background", "worker", "durable"},
    "boto3": {"background", "worker", "durable"},
    "cryptography": set(),
    "fastapi": {"api"},
    "jsonschema_rs": {"receiver", "api", "background"},
    "mangum": {"api"},
    "nacl": set(),
    "pydantic": {"api"},
}

#: Room of verihook -> the same.
ROOMS: dict[str, set[str]] = {
    "api": {"api"},
    "app.py": {"api"},
    "cli": set(),
    "client": set(),
    "console": {"api"},
    "dialects": {"api"},
    "local": set(),
    "webhooks/receive.py": {kind for kind, _ in KINDS.values()},
    "webhooks/feeds.py": {"api", "background", "worker", "durable"},
    "worker": {"api", "background", "worker", "durable"},
}

#: A source whose scheme needs public keys.
DISCORD = '\n[sources.discord]\nsender = "discord"\nsecrets = ["env:DISCORD_KEY"]\nworkflow = "order-log"\n'


def test_every_function_is_built_by_the_recipe() -> None:
    assert FUNCTIONS.keys() == KINDS.keys()
    for name in FUNCTIONS:
        metadata = RESOURCES[name]["Metadata"].items()
        assert {"BuildMethod": "makefile", "WorkingDirectory": "handler/processors/${Architecture}"}.items() <= metadata


@pytest.mark.parametrize("name", KINDS)
def test_an_artifact_holds_what_its_kind_uses_and_nothing_else(name: str) -> None:
    kind, folder = KINDS[name][0], built(name)
    assert {package for package, kinds in PACKAGES.items() if kind in kinds} == {
        package for package in PACKAGES if (folder / package).exists()
    }
    assert {room for room, kinds in ROOMS.items() if kind in kinds} == {
        room for room in ROOMS if (folder / "verihook" / room).exists()
    }
    workflows = {path.suffix for path in (folder / "workflows").iterdir() if path.name != "__pycache__"}
    # The operator's code is where it runs; the schemas of inputs are everywhere.
    assert workflows == ({".json", ".py"} if kind in ("worker", "durable") else {".json"})
    # Of /docs and /console/, which the API alone has.
    for file in ("api/assets/swagger-ui-bundle.js.gz", "console/index.html", "console/vendor/preact.js"):
        assert (kind == "api") is (folder / "verihook" / file).exists()
    services = {path.name for path in (folder / "botocore" / "data").glob("*/")}
    assert (set(artifact.SERVICES) <= services) is ("boto3" in {path.name for path in folder.iterdir()})
    assert len(services) < 10
    assert not {"Makefile", "artifact.py", "requirements", "processors"} & {path.name for path in folder.iterdir()}


def test_what_is_left_out_is_there_to_be_left_out() -> None:
    for left_out, _ in artifact.KINDS.values():
        assert [] == [name for name in left_out if not (ROOT / "handler" / "verihook" / name).exists()]


@pytest.mark.parametrize("name", KINDS)
def test_an_artifact_is_small(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "artifact.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in built(name).rglob("*"):
            archive.write(path, path.relative_to(built(name)))
    size = (tmp_path / "artifact.zip").stat().st_size / 1e6
    assert size <= KINDS[name][1], f"{size:.1f} MB"


@pytest.mark.parametrize("name", KINDS)
def test_every_module_is_compiled_by_the_runtimes_own_version(name: str) -> None:
    folder = built(name)  # skips before it asks for the runtime, which is made by the build
    magic = subprocess.check_output(
        [str(PYTHON), "-c", "import importlib.util as u; print(u.MAGIC_NUMBER.hex(), u.cache_from_source('m.py'))"],
        text=True,
    ).split()
    suffix = Path(magic[1]).name.removeprefix("m")
    for source in folder.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}{suffix}"
        head = compiled.read_bytes()[:8]
        # Flags 1: checked against a hash, but not at run time. https://peps.python.org/pep-0552/
        assert head == bytes.fromhex(magic[0]) + (1).to_bytes(4, "little"), compiled
    assert (folder / "verihook" / "__pycache__" / f"main{suffix}").is_file()


@pytest.fixture
def handler(tmp_path: Path) -> Path:
    """A copy of handler/, as SAM makes one."""
    shutil.copytree(ROOT / "handler", tmp_path / "handler", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "handler"


def build(handler: Path, kind: str) -> subprocess.CompletedProcess[str]:
    """Build into handler/../built, as the Makefile does."""
    built("Receiver")
    command = [str(PYTHON), "artifact.py", kind, "x86_64", str(handler.parent / "built")]
    return subprocess.run(command, cwd=handler, capture_output=True, text=True, check=False)


def test_a_source_with_public_keys_brings_their_packages_along(handler: Path) -> None:
    with (handler / "hooks.toml").open("a") as hooks:
        hooks.write(DISCORD)
    done = build(handler, "durable")
    if "pip could not install" in done.stderr and not os.environ.get("CI"):
        pytest.skip("pip reaches no index")
    assert 0 == done.returncode, done.stderr
    assert {"cryptography", "nacl"} <= {path.name for path in (handler.parent / "built").iterdir()}


def test_the_build_refuses_hooks_that_no_function_could_load(handler: Path) -> None:
    with (handler / "hooks.toml").open("a") as hooks:
        hooks.write(DISCORD.replace("order-log", "order-lgo"))
    done = build(handler, "receiver")
    assert 1 == done.returncode
    assert "sources.discord.workflow: must be one of " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ('{"type": "objekt"}', "not a JSON Schema: $.type: "),
        ('{"pattern": "(?=a)"}', "#/pattern: '(?=a)' is not a regular expression that can be matched in bounded time"),
        ('{"$ref": "#/$defs/nobody"}', "$ref '#/$defs/nobody' is not within the schema"),
    ],
)
def test_the_build_refuses_an_input_schema_that_is_none(handler: Path, schema: str, words: str) -> None:
    (handler / "workflows" / "order-created.schema.json").write_text(schema)
    done = build(handler, "receiver")
    if "pip could not install" in done.stderr and not os.environ.get("CI"):
        pytest.skip("pip reaches no index")
    assert 1 == done.returncode
    assert "hooks.toml: workflows.order-created.input_schema: " in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_its_interpreter_the_build_says_which_is_needed(handler: Path, tmp_path: Path) -> None:
    # Only the commands that make and the lookup need; none of them is a Python of that version.
    (tmp_path / "bin").mkdir()
    for tool in ("make", "sh"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        ["make", "--makefile", str(handler / "Makefile"), "build-Receiver", f"ARTIFACTS_DIR={tmp_path / 'built'}"],
        cwd=handler / "processors" / "x86_64",
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 != done.returncode
    assert "are built with python3.13 and its pip; none was found" in done.stderr
    assert "RUNTIME_PYTHON=/path/to/python3.13" in done.stderr


#: Prints the folder that SAM goes into for each function, if the operator chooses this processor.
ASK_SAM = """
import json, sys
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
stacks, _ = SamLocalStackProvider.get_stacks("template.yaml", parameter_overrides={"Architecture": sys.argv[1]})
print(json.dumps({each.name: each.metadata["WorkingDirectory"] for each in SamFunctionProvider(stacks).get_all()}))
"""


@pytest.mark.parametrize(("processor", "machine"), [("x86_64", "x86_64"), ("arm64", "aarch64")])
def test_the_parameter_chooses_the_wheels(processor: str, machine: str) -> None:
    built("Receiver")
    command = [str(ROOT / ".venv-sam" / "bin" / "python"), "-c", ASK_SAM, processor]
    said = json.loads(subprocess.check_output(command, cwd=ROOT, text=True))
    assert said == dict.fromkeys(FUNCTIONS, f"handler/processors/{processor}")
    tags = (ROOT / "handler" / "processors" / processor / "platforms.txt").read_text().splitlines()[1:]
    assert tags
    assert all(tag.startswith("manylinux") and tag.endswith(f"_{machine}") for tag in tags)
