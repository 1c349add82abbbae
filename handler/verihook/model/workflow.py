"""A workflow: a named definition that instances are started from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from verihook.errors import InputInvalid, NotConfigured
from verihook.model.schema import Schema

WorkflowStatus = Literal["draft", "active", "paused", "archived"]

#: How long an ended instance is kept, in days, if hooks.toml does not say.
RETENTION_DAYS = 90

_DAY_S = 86_400
_WEEK_S, _YEAR_S = 7 * _DAY_S, 366 * _DAY_S


@dataclass(slots=True)
class Workflow:
    """One ``[workflows.NAME]`` of hooks.toml.

    ``definition`` is the engine's own: for ``stepfunctions`` the machine's name or its full ARN, for ``durable`` and
    ``function`` the module in handler/workflows/ (in AWS ``durable`` takes a Lambda function's ARN too).
    ``input_schema`` is a JSON Schema (draft 2020-12), None for any input. ``public_output``: an instance's id is
    enough to read its output and error. ``express``: the machine is an Express one and answers at once.
    ``retention_days``: how long an ended instance is kept. ``retries``, ``backoff_s`` (doubled with each) and
    ``timeout_s`` of one try are of the engine ``function``. ``report_running``: in AWS the row of every instance says
    that it runs as soon as the engine reports it; else only rows of instances that the API started. ``connections``:
    the names of the connections that a start may choose from. ``max_running``: how many instances run at once; None
    for no limit. ``ordered``: whether a source with ``ordering`` starts it. ``refusal``: why it cannot run on this
    machine, in words, whatever its status says; None if it can.
    """

    name: str
    engine: str
    definition: str
    version: int = 1
    status: WorkflowStatus = "active"
    input_schema: dict[str, Any] | bool | None = None
    public_output: bool = False
    express: bool = False
    retention_days: int = RETENTION_DAYS
    retries: int = 3
    backoff_s: int = 2
    timeout_s: int = 60
    report_running: bool = False
    connections: tuple[str, ...] = ()
    max_running: int | None = None
    ordered: bool = False
    refusal: str | None = None
    _schema: Schema | None = field(default=None, repr=False, compare=False)

    @property
    def retention_s(self) -> int:
        """Return how long an ended instance is kept, in seconds."""
        return self.retention_days * _DAY_S

    @property
    def longest_s(self) -> int:
        """Return how long an instance may live, in seconds: a week of tries, or as long as an execution in AWS: a year.

        https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html (a durable function has the same limit)
        """
        return _WEEK_S if self.express or self.engine == "function" else _YEAR_S

    @property
    def runs(self) -> bool:
        """Whether instances of it can be started."""
        return self.status == "active" and self.refusal is None

    @property
    def keeps_waiting(self) -> bool:
        """Whether what its sources bring is held until it runs."""
        return self.status == "paused" or (self.status == "active" and self.refusal is not None)

    @property
    def in_lines(self) -> bool:
        """Whether its instances may have to wait for their turn."""
        return self.ordered or self.max_running is not None

    def accept(self, content: object) -> object:
        """Return ``content`` with the schema's defaults; the very same object if no default was missing.

        Raises InputInvalid with the violations, EventMalformed if it is nested too deep, NotConfigured if the schema
        itself is wrong.
        """
        if self.input_schema is None:
            return content
        filled = self._usable(self.input_schema).filled(content)
        self.validate(filled)
        return filled

    def validate(self, content: object) -> None:
        """Raise InputInvalid with the violations of ``content``, and NotConfigured if the schema itself is wrong."""
        if self.input_schema is None:
            return
        violations = self._usable(self.input_schema).violations(content)
        if violations:
            raise InputInvalid(f"The input does not satisfy the schema of {self.name!r}.", violations=violations)

    def check_schema(self) -> None:
        """Raise ValueError, in words, if the input schema is itself wrong, or a default in it does not fit."""
        if self.input_schema is not None:
            self._compiled(self.input_schema).check()

    def compile_schema(self) -> None:
        """Compile the input schema now, before the first input needs it. Raises ValueError if it is itself wrong."""
        if self.input_schema is not None:
            self._compiled(self.input_schema).compile()

    def _usable(self, schema: dict[str, Any] | bool) -> Schema:
        compiled = self._compiled(schema)
        try:
            compiled.compile()
        except ValueError as error:
            raise NotConfigured(f"The input schema of {self.name!r} cannot be used; the log says why.") from error
        return compiled

    def _compiled(self, schema: dict[str, Any] | bool) -> Schema:
        if self._schema is None:
            self._schema = Schema(schema)
        return self._schema
