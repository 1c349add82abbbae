"""Errors in Dapr's words: ``{"errorCode", "message"}``.

https://github.com/dapr/dapr/blob/master/pkg/messages/predefined.go
"""

from __future__ import annotations

from fastapi import Request, Response

from verihook.dialects.dapr_requests import NAME_MISSING, is_draft
from verihook.dialects.grammar import answer, field_of, headers_of, in_one
from verihook.errors import (
    Conflict,
    EventMalformed,
    InputInvalid,
    InstanceNotFound,
    NotActive,
    RequestInvalid,
    Unauthenticated,
    VerihookError,
    WorkflowNotFound,
)
from verihook.model.instance import INSTANCE_ID
from verihook.model.ports import Services

#: The last segment of a path that has a verb: the code and the words of its failure.
_FAILED = {
    "start": ("ERR_START_WORKFLOW", "error starting workflow '{}': {}"),
    "raiseEvent": ("ERR_RAISE_EVENT_WORKFLOW", "error raising event on workflow '{}': {}"),
    "pause": ("ERR_PAUSE_WORKFLOW", "error pausing workflow '{}': {}"),
    "suspend": ("ERR_PAUSE_WORKFLOW", "error pausing workflow '{}': {}"),
    "resume": ("ERR_RESUME_WORKFLOW", "error resuming workflow '{}': {}"),
    "terminate": ("ERR_TERMINATE_WORKFLOW", "error terminating workflow '{}': {}"),
    "purge": ("ERR_PURGE_WORKFLOW", "error purging workflow '{}': {}"),
}
_GET = ("ERR_GET_WORKFLOW", "error while getting workflow info on instance '{}': {}")


def render(request: Request, error: VerihookError, services: Services) -> Response:
    """An error of either grammar."""
    verb = _verb(request)
    subject = str(request.path_params.get("subject", ""))
    draft = is_draft(request, services)
    status, code, message = _worded(request, error, verb, subject, draft)
    if isinstance(error, Conflict) and verb == "start" and not draft:
        status = services.policy.dapr_conflict
    return answer({"errorCode": code, "message": message}, status, headers_of(error))


def _worded(request: Request, error: VerihookError, verb: str, subject: str, draft: bool) -> tuple[int, str, str]:
    code, words = _FAILED.get(verb, _GET)
    failed = words.format(subject, error)
    if isinstance(error, Unauthenticated):
        return 401, "ERR_UNAUTHENTICATED", "invalid api token"
    if isinstance(error, InstanceNotFound) and (draft or verb != "raiseEvent"):
        return 404, "ERR_INSTANCE_ID_NOT_FOUND", f"unable to find workflow with the provided instance ID: {subject}"
    if isinstance(error, RequestInvalid):
        return _invalid(error, subject if draft else request.query_params.get("instanceID", ""))
    if isinstance(error, EventMalformed | InputInvalid):
        return (
            400,
            "ERR_MALFORMED_REQUEST",
            f"failed deserializing HTTP body: {in_one(error) if isinstance(error, InputInvalid) else error}",
        )
    if not draft and isinstance(error, Conflict | InstanceNotFound | NotActive | WorkflowNotFound):
        # Dapr has one status for everything that it could not do.
        return 500, code, failed
    return error.status, code, failed


def _invalid(error: RequestInvalid, id: str) -> tuple[int, str, str]:
    if str(error) == NAME_MISSING:
        return 400, "ERR_WORKFLOW_EVENT_NAME_MISSING", "missing workflow event name"
    if field_of(error) == "id" and not INSTANCE_ID.fullmatch(id):
        if len(id) > 64:
            return 400, "ERR_INSTANCE_ID_TOO_LONG", "workflow instance ID exceeds the max length of 64 characters"
        words = "only alphanumeric, underscore and inner hyphen characters are allowed"
        return 400, "ERR_INSTANCE_ID_INVALID", f"workflow instance ID '{id}' is invalid: {words}"
    return 400, "ERR_MALFORMED_REQUEST", str(error)


def _verb(request: Request) -> str:
    if request.method == "DELETE":
        return "purge"
    segments = request.url.path.split("/")
    return "raiseEvent" if "raiseEvent" in segments[4:] else segments[-1] if request.method == "POST" else ""
