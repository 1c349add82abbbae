"""How AWS's SDK for Java 2 names things, which Step Functions shows: ``aws-sdk:sesv2``, ``DynamoDb.``, ``Md5OfBody``.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import re
from functools import cache

#: What begins a new word, in order: software.amazon.awssdk.codegen.internal.CodegenNamingUtils.
_WORDS = (
    (r"[^A-Za-z0-9]+", " "),
    (r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 "),
    (r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 "),
    (r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " "),
    (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),
    (r"([0-9])([a-zA-Z])", r"\1 \2"),
)

#: Services whose client in boto3 has another name than the service. A test compares them with all that botocore has.
_CLIENTS = {
    "applicationdiscovery": "discovery", "cloudwatchlogs": "logs", "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur", "costexplorer": "ce", "databasemigration": "dms", "directory": "ds",
    "directoryservicedata": "ds-data", "elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es", "eventbridge": "events", "iotdataplane": "iot-data", "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models", "lexmodelsv2": "lexv2-models", "lexruntime": "lex-runtime",
    "lexruntimev2": "lexv2-runtime", "marketplacemetering": "meteringmarketplace", "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice", "serverlessapplicationrepository": "serverlessrepo", "sfn": "stepfunctions",
    "simpledb": "sdb",
}  # fmt: skip


@cache
def pascal(name: str) -> str:
    """Return the name in PascalCase: DynamoDB is DynamoDb, SSEKMSKeyId is SsekmsKeyId."""
    for pattern, words in _WORDS:
        name = re.sub(pattern, words, name)
    return "".join(word.capitalize() for word in name.split())


def service_name(service_id: str) -> str:
    """Return the name of a service, as errors begin with it, by its id in AWS's models: "Config Service" is Config.

    Without capitals it is that of ``aws-sdk``.
    """
    # software.amazon.awssdk.codegen.naming.DefaultNamingStrategy, of which "Amazon" and "Aws" begin no id.
    return pascal(service_id).removesuffix("Service")


def capitalized(name: str) -> str:
    """Return the name as optimized integrations have it: as the service does, with a capital letter."""
    return name[:1].upper() + name[1:]


def client_name(service: str, known: list[str]) -> str | None:
    """Return how boto3 names the client of a service; ``known``: all that it has."""
    names = {each.replace("-", ""): each for each in known}
    return names.get(_CLIENTS.get(service, service).replace("-", ""))
