"""The input schemas of workflows: checked whole at load on one machine, and compiled when a function starts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from verihook.errors import ConfigurationError

if TYPE_CHECKING:
    from verihook.config import Hooks
    from verihook.model.ports import Telemetry
    from verihook.model.workflow import Workflow


def check_schemas(hooks: Hooks) -> None:
    """Raise ConfigurationError for an input schema that is not a valid schema. Imports jsonschema, which is slow."""
    for name, workflow in hooks.workflows.items():
        try:
            workflow.check_schema()
        except ValueError as error:
            raise ConfigurationError(hooks.path.name, f"workflows.{name}.input_schema", str(error)) from error


def compile_schemas(workflows: Iterable[Workflow], telemetry: Telemetry) -> None:
    """Compile the schemas now, so that the first inputs need not wait. Report a schema that cannot be compiled.

    It stops only the sources of its own workflow: each delivery to them is answered 503.
    """
    for workflow in workflows:
        try:
            workflow.compile_schema()
        except ValueError as error:
            mend = f"cannot be compiled: {str(error).splitlines()[0][:200]}"
            where = f"workflows.{workflow.name}.input_schema"
            telemetry.failure("start", ConfigurationError("hooks.toml", where, mend))
