"""template.yaml against the code it deploys: keys, environment, entry points, events, workflows."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.flows.secret_store import INSTANCE_KEY_ARN, SECRETS_ARN, SecretStore
from tests.project.template import (
    CONNECTION_SECRETS,
    DURABLE_FUNCTIONS,
    ENVIRONMENT,
    FUNCTION_ARNS,
    FUNCTIONS,
    GLOBAL,
    HOOKS,
    MACHINE_ROLES,
    MACHINES,
    RESOURCES,
    ROOT,
    TEMPLATE,
    VERIFYING,
    WORKFLOWS,
    of_type,
)
from tests.unit.config.test_settings import REFUSED, TAKEN
from verihook import main
from verihook.adapters.ledgers.item import to_item
from verihook.adapters.ledgers.table import create_table_request, time_to_live_request
from verihook.bootstrap import FOREGROUND, KEYED
from verihook.config.settings import aws_settings
from verihook.errors import ConfigurationError
from verihook.instances.start_request import MAX_DELAY_MS
from verihook.model.instance import Instance
from verihook.worker import entries

#: Read by aws-lambda-powertools itself.
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_entry_point_and_its_log(name: str) -> None:
    function = FUNCTIONS[name]
    module, _, entry = function["Handler"].rpartition(".")
    if name in DURABLE_FUNCTIONS:
        assert (ROOT / "handler" / f"{module.replace('.', '/')}.py").is_file()
        assert entry == "handler"
    elif name == "Entries":
        # Nothing of main.py is in the process that runs the operator's code for a sender.
        assert (entries.__name__, entries.decide) == (module, getattr(entries, entry))
    else:
        assert module == main.__name__
        assert callable(getattr(main, entry))
    assert "RetentionInDays" in RESOURCES[function["LoggingConfig"]["LogGroup"]]["Properties"]


def test_receiver_and_api_are_public() -> None:
    urls = {
        name: function["FunctionUrlConfig"] for name, function in FUNCTIONS.items() if "FunctionUrlConfig" in function
    }
    # Senders sign; callers of the API have keys, which the app asks for in AWS whatever hooks.toml says.
    assert urls == {"Receiver": {"AuthType": "NONE"}, "Api": {"AuthType": "ApiAuth"}}
    auth = TEMPLATE["Parameters"]["ApiAuth"]
    assert (auth["Default"], auth["AllowedValues"]) == ("NONE", ["NONE", "AWS_IAM"])


def test_the_api_is_open_where_the_operator_does_not_say_else() -> None:
    # SAM adds these to a URL whose AuthType is text, and adds none to one that is a parameter.
    assert [["ApiAuth", "NONE"]] == [TEMPLATE["Conditions"]["OpenApi"]]
    everybody = {"FunctionName": "Api.Alias", "Principal": "*"}
    permissions = of_type("AWS::Lambda::Permission")
    found = {name: each for name, each in permissions.items() if each["Principal"] == "*"}
    assert found == {
        "ApiUrlIsOpen": {**everybody, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        "ApiIsOpenByUrl": {**everybody, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    }
    assert {RESOURCES[name]["Condition"] for name in found} == {"OpenApi"}


def test_the_table_is_the_one_that_the_ledger_expects() -> None:
    expected = create_table_request("") | time_to_live_request("")
    del expected["TableName"]
    # CloudFormation takes a stream to be enabled.
    del expected["StreamSpecification"]["StreamEnabled"]
    assert {key: RESOURCES["Ledger"]["Properties"].get(key) for key in expected} == expected


def test_what_is_kept_survives_mistakes() -> None:
    ledger = RESOURCES["Ledger"]["Properties"]
    assert ledger["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert ledger["SSESpecification"]["SSEEnabled"] is True
    assert ledger["DeletionProtectionEnabled"] == ["Protected", True, False]
    assert TEMPLATE["Parameters"]["DeletionProtection"]["Default"] == "yes"
    for name in ("Ledger", "Payloads", "PayloadsPolicy", "InstanceKey", "SourceSecrets"):
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_payloads_are_private_encrypted_and_outlast_their_instances() -> None:
    bucket = RESOURCES["Payloads"]["Properties"]
    assert {True} == set(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    own = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "KeyArn"}
    assert rule["ServerSideEncryptionByDefault"] == ["OwnKey", own, {"SSEAlgorithm": "AES256"}]
    (statement,) = RESOURCES["PayloadsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == ["Payloads.Arn", "${Payloads.Arn}/*"]

    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", "PayloadDays")
    retention = max(workflow.retention_days for workflow in HOOKS.workflows.values())
    put_off = MAX_DELAY_MS // 86_400_000
    run = FUNCTIONS["OrderApproval"]["DurableConfig"]["ExecutionTimeout"] // 86_400
    assert TEMPLATE["Parameters"]["PayloadDays"]["Default"] >= retention + put_off + run


#: Of which nothing is a value, too.
OPTIONAL = {
    f"VERIHOOK_{name}" for name in ("BASE_PATH", "ENTRIES", "CONSOLE", "ORIGIN_SECRET_ARN", "DOMAINS", "TRACING")
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_environment_is_enough_and_all_of_it_is_read(name: str) -> None:
    ours = {variable for variable in ENVIRONMENT[name] if variable.startswith("VERIHOOK_")}
    secrets = CONNECTION_SECRETS if name in WORKFLOWS else set()
    assert ENVIRONMENT[name].keys() == ours | POWERTOOLS | secrets
    # Those with a front, and "" is one.
    assert ("VERIHOOK_BASE_PATH" in ours) == (name in VERIFYING)
    # Those that take deliveries.
    assert ("VERIHOOK_ENTRIES" in ours) == (name in (*VERIFYING, "Feeds"))
    assert ("VERIHOOK_CONSOLE" in ours) == (name == "Api")
    assert ({"VERIHOOK_ORIGIN_SECRET_ARN", "VERIHOOK_DOMAINS"} <= ours) == (name in VERIFYING)

    values, entry = dict.fromkeys(ours, "k" * 32), FUNCTIONS[name]["Handler"]
    needs = {"keyed": entry in KEYED, "verifies": entry in FOREGROUND}
    aws_settings(values, **needs)
    for variable in ours - OPTIONAL:
        with pytest.raises(ConfigurationError, match=variable):
            aws_settings({key: value for key, value in values.items() if key != variable}, **needs)


def test_the_parameter_of_the_base_path_takes_what_the_code_takes() -> None:
    pattern = TEMPLATE["Parameters"]["BasePath"]["AllowedPattern"]
    # A lone slash is nothing to the code, and a slip in a parameter.
    assert set(TAKEN) - {"/"} == {value for value in (*TAKEN, *REFUSED) if re.fullmatch(pattern, value)}


#: Prints which sources the function verifies, and what it loaded of what a cold start should not pay for.
START = """
import sys
from verihook.main import services
print(*services().verify)
costly = ("cryptography", "fastapi", "jsonschema", "jsonschema_rs", "verihook.adapters.spans")
print(*[name for name in costly if name in sys.modules])
print("aws_lambda_powertools.utilities.parameters" in sys.modules)
"""


#: What the entry itself is made of: a start may take longer than a first event.
STARTED_WITH = {"Receiver": "jsonschema_rs", "Api": "fastapi jsonschema_rs", "Feeds": "jsonschema_rs"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_starts_with_its_environment_and_loads_nothing_that_it_does_not_need(name: str) -> None:
    with SecretStore() as store:
        # What Lambda itself sets, beside the template; and where its secrets are.
        lambdas = {
            "_HANDLER": FUNCTIONS[name]["Handler"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": store.url,
            # Nothing listens there: a start needs no ledger, and says so in the log.
            "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        stack = {"VERIHOOK_INSTANCE_KEY_ARN": INSTANCE_KEY_ARN, "VERIHOOK_SECRETS": SECRETS_ARN}
        given = {**dict.fromkeys(ENVIRONMENT[name], "c2VjcmV0" * 4), **stack}
        result = subprocess.run(
            [sys.executable, "-c", START],
            cwd=ROOT / "handler",
            env={**given, **lambdas},
            capture_output=True,
            text=True,
            check=True,
        )
    *_, sources, libraries, store_read = result.stdout.splitlines()
    assert (list(HOOKS.sources) if name in VERIFYING else []) == sources.split()
    assert (STARTED_WITH.get(name, ""), "False") == (libraries, store_read)


def test_the_recorder_hears_of_this_stacks_executions() -> None:
    assert GLOBAL["VERIHOOK_STATE_MACHINE_PREFIX"] == MACHINES
    events = FUNCTIONS["Recorder"]["Events"]
    assert events["ExecutionStatus"]["Properties"]["Pattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [{"prefix": MACHINES}]},
    }
    assert events["DurableStatus"]["Properties"]["Pattern"] == {
        "source": ["aws.lambda"],
        "detail-type": ["Durable Execution Status Change"],
        "detail": {"functionArn": [{"prefix": FUNCTION_ARNS}]},
    }


@pytest.mark.parametrize("name", ["Recorder", "Reconciler", "Feeds", "Worker"])
def test_what_fails_in_the_background_is_kept(name: str) -> None:
    function = FUNCTIONS[name]
    failed = {"Type": "SQS", "Destination": "DeadLetters.Arn"}
    # The stream alone invokes the worker, and waits for its answer.
    if name != "Worker":
        assert function["EventInvokeConfig"]["DestinationConfig"] == {"OnFailure": failed}
    assert RESOURCES["DeadLetters"]["Properties"]["SqsManagedSseEnabled"] is True
    (statement,) = RESOURCES["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    senders = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    for key, event in function.get("Events", {}).items():
        if event["Type"] == "DynamoDB":
            # Lambda itself sends, with the function's role.
            assert event["Properties"]["DestinationConfig"] == {"OnFailure": failed}
        else:
            assert event["Properties"]["DeadLetterConfig"] == {"Arn": "DeadLetters.Arn"}
            assert f"{name}{key}.Arn" in senders


def test_the_stream_invokes_the_worker_for_queued_functions_alone() -> None:
    queued = FUNCTIONS["Worker"]["Events"]["Queued"]["Properties"]
    assert queued["Stream"] == "Ledger.StreamArn"
    # Or a batch would be brought again whole: work.batch tells what of it failed.
    assert queued["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert queued["StartingPosition"] == "TRIM_HORIZON"
    (row,) = queued["FilterCriteria"]["Filters"]
    instance = Instance("i", "w", "null", created_at=1, updated_at=1, engine="function", status="queued")
    image = json.loads(row["Pattern"])
    assert image["eventName"] == ["INSERT", "MODIFY"]
    for name, allowed in image["dynamodb"]["NewImage"].items():
        assert to_item(instance)[name]["S"] in allowed["S"]
    assert image["dynamodb"]["NewImage"].keys() == {"sk", "engine", "status"}


def test_the_worker_has_time_for_every_function() -> None:
    functions = [workflow for workflow in HOOKS.workflows.values() if workflow.engine == "function"]
    # The two seconds are for its last writes.
    assert FUNCTIONS["Worker"]["Timeout"] >= max(workflow.timeout_s for workflow in functions) + 2


def test_a_queue_is_read_only_where_the_operator_names_it() -> None:
    assert RESOURCES["FeedsQueue"]["Condition"] == "FedByQueue"
    assert TEMPLATE["Conditions"]["FedByQueue"] == [["FeedQueueArn", ""]]
    feed = RESOURCES["FeedsQueue"]["Properties"]
    assert (feed["FunctionName"], feed["EventSourceArn"]) == ("Feeds", "FeedQueueArn")
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_log_is_deleted_in_time() -> None:
    for name, log in of_type("AWS::Logs::LogGroup").items():
        assert log["RetentionInDays"] == "LogRetentionDays", name


def test_the_page_on_deployment_names_every_function_and_every_parameter() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    kept = {"Ledger", "Payloads", "InstanceKey", "SourceSecrets", "DeadLetters"}
    named = {*FUNCTIONS, *MACHINE_ROLES, *TEMPLATE["Parameters"], *kept}
    assert not {name for name in named if f"`{name}`" not in page}
