"""What a request to AWS asks for: service, operation and parameters by botocore's models, and what IAM makes of them.

The parameters are validated against the model too, as our clients leave that out.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.model import OperationModel, ServiceModel
from botocore.session import Session
from botocore.validate import ParamValidator

from tests.deployed.iam import Call
from tests.deployed.stack import ACCOUNT, REGION
from tests.forwarding import Request
from verihook.adapters.ledgers.table import create_table_request

#: The name in a signature's scope, which is IAM's, and botocore's.
SERVICES = {
    "dynamodb": "dynamodb",
    "lambda": "lambda",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "states": "stepfunctions",
}
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[^/]+/([a-z0-9-]+)/aws4_request,")
_EQUALS = re.compile(r"\s*(#?\w+)\s*=\s*(:\w+)")
#: The services whose requests are told apart by their path, its API's operations that a function may want.
_BY_PATH = ("lambda", "s3")
#: Index -> the attribute that rows are gathered by; "" for the table itself.
_HASH_KEYS = {
    index.get("IndexName", ""): index["KeySchema"][0]["AttributeName"]
    for index in (create_table_request(""), *create_table_request("")["GlobalSecondaryIndexes"])
}


class UnknownRequestError(Exception):
    """It cannot be told what the request asks for, or the service would refuse its parameters."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``service`` by IAM's name."""

    service: str
    operation: str
    parameters: dict[str, Any]

    def calls(self) -> list[Call]:
        """All that has to be allowed."""
        found = list(_CALLS[self.service](self.operation, self.parameters))
        return [Call(f"{self.service}:{each.action}", each.resource, each.keys) for each in found]


def asked(request: Request) -> Asked:
    """Read a request. Raises UnknownRequestError."""
    scope = _SCOPE.match(request.headers.get("authorization", ""))
    if scope is None or scope[1] not in SERVICES:
        raise UnknownRequestError(f"{request.method} {request.path} is signed for no service that is known here")
    model = _model(SERVICES[scope[1]])
    operation, parameters = (_by_path if scope[1] in _BY_PATH else _by_target)(request, model)
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    wrong = ParamValidator().validate(parameters, shape)
    if wrong.has_errors():
        raise UnknownRequestError(f"{scope[1]} {operation}: {wrong.generate_report()}")
    return Asked(scope[1], operation, parameters)


def load() -> None:
    """Read the models, which takes a second, before a function waits for an answer."""
    for service in SERVICES.values():
        assert _model(service).operation_names


@cache
def _model(service: str) -> ServiceModel:
    return Session().get_service_model(service)


def _by_target(request: Request, model: ServiceModel) -> tuple[str, dict[str, Any]]:
    prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
    if prefix != model.metadata["targetPrefix"] or operation not in model.operation_names:
        raise UnknownRequestError(f"{model.service_name} has no operation {request.headers.get('x-amz-target')}")
    return operation, json.loads(request.body)


def _by_path(request: Request, model: ServiceModel) -> tuple[str, dict[str, Any]]:
    url = urlsplit(request.path)
    if model.service_name == "s3" and request.method in ("GET", "POST") and "/" not in url.path.strip("/"):
        return _of_bucket(url.path.strip("/"), dict(parse_qsl(url.query, keep_blank_values=True)), request)
    query = {name: value for name, value in parse_qsl(url.query, keep_blank_values=True) if name != "x-id"}
    for name in model.operation_names:
        operation = model.operation_model(name)
        template, _, marked = operation.http["requestUri"].partition("?")
        if operation.http["method"] != request.method or marked or not _is_wanted(model, name):
            continue
        pattern = re.sub(r"\{(\w+)(\+?)\}", lambda part: f"(?P<{part[1]}>{'.+' if part[2] else '[^/]+'})", template)
        found = re.fullmatch(pattern, url.path)
        if found:
            places = {key: unquote(value) for key, value in found.groupdict().items()}
            return name, dict(_parameters(operation, places, query, request))
    raise UnknownRequestError(
        f"{model.service_name}: {request.method} {request.path} is no operation that is known here"
    )


def _of_bucket(bucket: str, query: dict[str, str], request: Request) -> tuple[str, dict[str, Any]]:
    """What is done to a bucket is told apart by the query alone."""
    if query.get("list-type") == "2":
        return "ListObjectsV2", {"Bucket": bucket, "Prefix": query["prefix"]}
    if "delete" in query:
        objects = [{"Key": key} for key in re.findall("<Key>([^<]+)</Key>", request.body.decode())]
        return "DeleteObjects", {"Bucket": bucket, "Delete": {"Objects": objects}}
    raise UnknownRequestError(f"S3: {request.method} {request.path} is no operation that is known here")


def _is_wanted(model: ServiceModel, operation: str) -> bool:
    # Many operations of S3 have one path; their query tells them apart.
    return model.service_name != "s3" or operation in ("PutObject", "GetObject", "DeleteObject")


def _parameters(
    operation: OperationModel, places: dict[str, str], query: dict[str, str], request: Request
) -> Iterator[tuple[str, Any]]:
    shape: Any = operation.input_shape
    payload = shape.serialization.get("payload")
    content = {} if payload or not request.body else json.loads(request.body)
    for name, member in shape.members.items():
        key = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                yield name, places[key]
            case "querystring" if key in query:
                yield name, _typed(query[key], member.type_name)
            case "header" if key.lower() in request.headers:
                yield name, _typed(request.headers[key.lower()], member.type_name)
            case None if name == payload and request.body:
                yield name, request.body if member.type_name == "blob" else json.loads(request.body)
            case None if key in content:
                yield name, content[key]


def _typed(text: str, kind: str) -> Any:
    match kind:
        case "integer" | "long":
            return int(text)
        case "boolean":
            return text == "true"
    return text


def _dynamodb(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    match operation:
        case "BatchGetItem" | "BatchWriteItem":
            for table, given in parameters["RequestItems"].items():
                rows = given["Keys"] if operation == "BatchGetItem" else [_written(each) for each in given]
                yield _row_call(operation, table, rows)
        case "TransactWriteItems":
            actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
            for item in parameters["TransactItems"]:
                ((kind, given),) = item.items()
                yield _row_call(actions.get(kind, "ConditionCheckItem"), given["TableName"], [_key(given)])
        case "TransactGetItems":
            for item in parameters["TransactItems"]:
                yield _row_call("GetItem", item["Get"]["TableName"], [item["Get"]["Key"]])
        case "Query":
            index = parameters.get("IndexName", "")
            table = f"{parameters['TableName']}/index/{index}" if index else parameters["TableName"]
            yield Call(operation, _table(table), frozenset({_queried(index, parameters)}))
        case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem":
            yield _row_call(operation, parameters["TableName"], [_key(parameters)])
        case "Scan" | "DescribeTable":
            yield Call(operation, _table(parameters["TableName"]))
        case _:
            raise UnknownRequestError(f"DynamoDB's {operation}: say here what it is done to")


def _written(request: dict[str, Any]) -> dict[str, Any]:
    ((_, given),) = request.items()
    return _key(given)


def _key(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = given["Item"] if "Item" in given else given["Key"]
    return found


def _row_call(action: str, table: str, rows: Iterable[dict[str, Any]]) -> Call:
    return Call(action, _table(table), frozenset(row[_HASH_KEYS[""]]["S"] for row in rows))


def _queried(index: str, parameters: dict[str, Any]) -> str:
    """The partition that a Query reads."""
    names = parameters.get("ExpressionAttributeNames", {})
    for condition in re.split(r"\band\b", parameters["KeyConditionExpression"], flags=re.IGNORECASE):
        found = _EQUALS.match(condition)
        if found and names.get(found[1], found[1]) == _HASH_KEYS[index]:
            return str(parameters["ExpressionAttributeValues"][found[2]]["S"])
    raise UnknownRequestError(f"a Query of no partition: {parameters}")


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _states(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    arn = parameters.get("executionArn") or parameters.get("stateMachineArn")
    # A token does not show its machine; AWS knows it. The interpreter has this stack's machines alone.
    yield Call(operation, arn or f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:verihook_of-the-token")


def _lambda(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    from aws_durable_execution_sdk_python_testing.token import CallbackToken

    action = "InvokeFunction" if operation == "Invoke" else operation
    if "CallbackId" in parameters:
        yield Call(action, CallbackToken.from_str(parameters["CallbackId"]).execution_arn)
    elif "DurableExecutionArn" in parameters:
        yield Call(action, parameters["DurableExecutionArn"])
    else:
        name = parameters["FunctionName"]
        version = f":{parameters['Qualifier']}" if "Qualifier" in parameters else ""
        whole = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        yield Call(action, whole + version)


def _s3(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    bucket = f"arn:aws:s3:::{parameters['Bucket']}"
    match operation:
        case "ListObjectsV2":
            yield Call("ListBucket", bucket)
        case "DeleteObjects":
            for each in parameters["Delete"]["Objects"]:
                yield Call("DeleteObject", f"{bucket}/{each['Key']}")
        case _:
            yield Call(operation, f"{bucket}/{parameters['Key']}")


def _secretsmanager(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    given = parameters["SecretId"]
    yield Call(
        operation, given if given.startswith("arn:") else f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{given}"
    )


def _ssm(operation: str, parameters: dict[str, Any]) -> Iterable[Call]:
    yield Call(operation, f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{parameters['Name']}")


_CALLS: dict[str, Callable[[str, dict[str, Any]], Iterable[Call]]] = {
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "ssm": _ssm,
    "states": _states,
}
