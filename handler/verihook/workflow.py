"""A workflow: a named definition that instances are started from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from verihook.errors import EventMalformed, InputInvalid

WorkflowStatus = Literal["draft", "active", "paused", "archived"]

#: More violations than this help nobody and are not listed.
MAX_VIOLATIONS = 100


@dataclass(slots=True)
class Workflow:
    """One ``[workflows.NAME]`` of hooks.toml.

    ``definition`` is the engine's own: for ``stepfunctions`` the machine's name or its full ARN. ``input_schema`` is a
    JSON Schema (draft 2020-12), None for any input. ``public_output``: whoever knows an instance's id may read its
    output and error.
    """

    name: str
    engine: str
    definition: str
    version: int = 1
    status: WorkflowStatus = "active"
    input_schema: dict[str, Any] | bool | None = None
    public_output: bool = False
    _validator: Any = field(default=None, repr=False, compare=False)

    def validate(self, content: object) -> None:
        """Raises InputInvalid with every violation of ``content`` against the input schema."""
        if self.input_schema is None:
            return
        if self._validator is None:
            self._validator = _validator(self.input_schema)
        try:
            errors = sorted(self._validator.iter_errors(content), key=lambda error: error.json_path)
        except RecursionError:
            raise EventMalformed("The body is nested too deep.") from None
        if errors:
            violations = [_violation(error) for error in errors[:MAX_VIOLATIONS]]
            raise InputInvalid(f"The input does not satisfy the schema of {self.name!r}.", violations=violations)

    def check_schema(self) -> None:
        """Raises ValueError, in words, where the input schema is itself wrong."""
        if self.input_schema is None:
            return
        import jsonschema

        try:
            jsonschema.Draft202012Validator.check_schema(self.input_schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"not a JSON Schema: {error.json_path}: {error.message[:200]}") from None


def _validator(schema: dict[str, Any] | bool) -> Any:
    # Imported here: a cold start that needs no schema does not pay for it.
    import jsonschema
    import referencing

    # An empty registry: a $ref never makes the validator fetch something over the network.
    return jsonschema.Draft202012Validator(schema, registry=referencing.Registry())


def _violation(error: Any) -> dict[str, object]:
    path = list(error.absolute_path)
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"path": path, "pointer": pointer, "message": error.message[:300]}
