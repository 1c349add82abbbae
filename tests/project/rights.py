"""All that each role of template.yaml may do, and to what. A line more is a decision: take it here too."""

from __future__ import annotations

from tests.project.template import DURABLE, EXECUTIONS, FUNCTION_ARNS, MACHINES, OBJECTS, PARAMETERS


def rows(*keys: str) -> str:
    """The rows of the table whose keys begin so."""
    return f"Ledger.Arn {' '.join(f'{key}#*' for key in keys)}"


READS_KEY = {"secretsmanager:GetSecretValue": "InstanceKey"}
READS_STREAM = {
    "dynamodb:DescribeStream": "Ledger.StreamArn",
    "dynamodb:GetRecords": "Ledger.StreamArn",
    "dynamodb:GetShardIterator": "Ledger.StreamArn",
    "dynamodb:ListStreams": "${Ledger.Arn}/stream/*",
}
READS_PAYLOADS = {"s3:GetObject": OBJECTS, "s3:ListBucket": "Payloads.Arn"}
#: Where the operator names any; see test_a_store_is_read_only_where_the_operator_names_it.
READS_SECRETS = {
    "secretsmanager:GetSecretValue": (
        "FrontedByCloudFront: OriginSecret | InstanceKey | ReadsSecrets: SecretArns | SourceSecrets"
    ),
    "ssm:GetParameter": f"ReadsParameters: {PARAMETERS}",
    "kms:Decrypt": "DecryptsSecrets: SecretKeyArns",
}
READS_CONNECTIONS = {
    "secretsmanager:GetSecretValue": "ReadsConnections: ConnectionSecretArns",
    "kms:Decrypt": "DecryptsConnections: SecretKeyArns",
}
STARTS = {
    "states:StartExecution": f"{MACHINES}*",
    "states:StartSyncExecution": f"{MACHINES}*",
    "lambda:InvokeFunction": DURABLE,
}
#: Of those that take deliveries. The function for entries is there only if the operator wants it.
TAKES = {**STARTS, "lambda:InvokeFunction": f"HasEntries: Entries.Arn | {DURABLE}"}
STOPS = {
    "states:StopExecution": EXECUTIONS,
    "lambda:ListDurableExecutionsByFunction": DURABLE,
    "lambda:StopDurableExecution": DURABLE,
}
DESCRIBES = {
    "states:DescribeExecution": EXECUTIONS,
    "lambda:ListDurableExecutionsByFunction": DURABLE,
    "lambda:GetDurableExecution": DURABLE,
}
ANSWERS = {"states:SendTaskSuccess": f"{MACHINES}*", "lambda:SendDurableExecutionCallbackSuccess": DURABLE}
#: Finds the instances that an event is for by a label, and labels those that a source starts.
RESUMES = {
    "dynamodb:BatchGetItem": rows("instance"),
    "dynamodb:Query": rows("label"),
    "dynamodb:BatchWriteItem": rows("label"),
}
DEAD_LETTERS = {"sqs:SendMessage": "DeadLetters.Arn"}

#: Mailboxes; jobs, and the former attempts of what they restart and delete.
DOCUMENTS = rows("document#instance", "document#attempts", "document#jobs")

#: The marks of open waits, which go when an event comes.
OPEN_WAITS = rows("document#instance#waits")

#: Lines, in which instances wait for their turn.
LINES = rows("line")

#: The queue of what pauses hold.
HELD = rows("document#held")

#: Function -> action -> what it may be done to; "|" between several statements.
ALLOWED: dict[str, dict[str, str]] = {
    "Receiver": {
        "dynamodb:GetItem": " | ".join([rows("document#captures"), rows("document#instance"), rows("instance"), LINES]),
        "dynamodb:PutItem": " | ".join(
            [
                rows("document#attempts", "document#signed"),
                rows("document#captures"),
                HELD,
                rows("document#instance"),
                rows("instance"),
            ]
        ),
        **RESUMES,
        "dynamodb:Query": f"{HELD} | {rows('label')}",
        "dynamodb:UpdateItem": f"{rows('instance')} | {LINES} | {rows('observation', 'bucket')}",
        "dynamodb:DeleteItem": f"{HELD} | {OPEN_WAITS} | {LINES}",
        "s3:PutObject": OBJECTS,
        **READS_PAYLOADS,
        **TAKES,
        **STOPS,
        **DESCRIBES,
        **ANSWERS,
        **READS_SECRETS,
        "secretsmanager:PutSecretValue": "Pairs: PairingSecretArn",
    },
    "Api": {
        "dynamodb:GetItem": f"{rows('document')} | {rows('instance')} | {LINES}",
        "dynamodb:BatchGetItem": rows("instance"),
        "dynamodb:PutItem": f"{rows('document')} | {rows('instance')}",
        "dynamodb:UpdateItem": f"{rows('bucket')} | {rows('instance')} | {LINES} | {rows('observation')}",
        "dynamodb:DeleteItem": f"{rows('document')} | {LINES}",
        "dynamodb:BatchWriteItem": rows("label"),
        "dynamodb:Query": f"${{Ledger.Arn}}/index/* | {rows('document')} | {rows('label')} | {rows('observation')}",
        "s3:PutObject": OBJECTS,
        "s3:DeleteObject": OBJECTS,
        **READS_PAYLOADS,
        **TAKES,
        **STOPS,
        **DESCRIBES,
        **ANSWERS,
        "states:GetExecutionHistory": EXECUTIONS,
        "states:DescribeStateMachine": f"{MACHINES}*",
        "states:RedriveExecution": EXECUTIONS,
        "lambda:GetDurableExecutionHistory": DURABLE,
        "lambda:PauseDurableExecution": DURABLE,
        "lambda:ResumeDurableExecution": DURABLE,
        "lambda:DeleteDurableExecution": DURABLE,
        **READS_SECRETS,
    },
    "Recorder": {
        "dynamodb:GetItem": f"{rows('instance')} | {LINES}",
        "dynamodb:PutItem": rows("instance"),
        "dynamodb:UpdateItem": f"{rows('instance')} | {LINES}",
        "dynamodb:DeleteItem": LINES,
        "dynamodb:BatchWriteItem": rows("label"),
        "s3:PutObject": OBJECTS,
        # The next of a line is started.
        **READS_PAYLOADS,
        "states:StartExecution": f"{MACHINES}*",
        "lambda:InvokeFunction": DURABLE,
        **DESCRIBES,
        **STOPS,
        **DEAD_LETTERS,
    },
    "Reconciler": {
        "dynamodb:Query": " | ".join(
            ["${Ledger.Arn}/index/*", rows("document#attempts", "document#jobs"), HELD, rows("label")]
        ),
        "dynamodb:GetItem": f"{rows('document#instance', 'document#jobs')} | {rows('instance')} | {LINES}",
        "dynamodb:BatchGetItem": rows("instance"),
        "dynamodb:PutItem": f"{DOCUMENTS} | {rows('instance')}",
        "dynamodb:UpdateItem": f"{rows('instance')} | {LINES}",
        "dynamodb:DeleteItem": f"{HELD} | {DOCUMENTS} | {LINES}",
        "dynamodb:BatchWriteItem": rows("label"),
        "s3:PutObject": OBJECTS,
        # Jobs act on instances as the API does.
        "s3:DeleteObject": OBJECTS,
        "states:RedriveExecution": EXECUTIONS,
        "lambda:DeleteDurableExecution": DURABLE,
        **READS_PAYLOADS,
        **READS_KEY,
        **STARTS,
        **STOPS,
        **DESCRIBES,
        **ANSWERS,
        # A suspend that was stopped in between is done again.
        "lambda:PauseDurableExecution": DURABLE,
        "lambda:ResumeDurableExecution": DURABLE,
        **DEAD_LETTERS,
    },
    "Feeds": {
        "dynamodb:GetItem": f"{rows('document#captures')} | {rows('document#instance')} | {rows('instance')} | {LINES}",
        "dynamodb:PutItem": " | ".join(
            [rows("document#attempts"), rows("document#captures"), HELD, rows("document#instance"), rows("instance")]
        ),
        "dynamodb:UpdateItem": f"{rows('instance')} | {LINES} | {rows('observation', 'bucket')}",
        "dynamodb:DeleteItem": f"{HELD} | {OPEN_WAITS} | {LINES}",
        "s3:PutObject": OBJECTS,
        **READS_PAYLOADS,
        **TAKES,
        **STOPS,
        **DESCRIBES,
        **RESUMES,
        "dynamodb:Query": f"{HELD} | {rows('label')}",
        **ANSWERS,
        **READS_STREAM,
        "sqs:ReceiveMessage": "FedByQueue: FeedQueueArn",
        "sqs:DeleteMessage": "FedByQueue: FeedQueueArn",
        "sqs:GetQueueAttributes": "FedByQueue: FeedQueueArn",
        **READS_KEY,
        **DEAD_LETTERS,
    },
    "Worker": {
        "dynamodb:GetItem": f"{rows('instance')} | {LINES}",
        "dynamodb:PutItem": rows("instance"),
        "dynamodb:UpdateItem": LINES,
        "dynamodb:DeleteItem": LINES,
        "dynamodb:BatchWriteItem": rows("label"),
        **READS_STREAM,
        "s3:PutObject": OBJECTS,
        **READS_PAYLOADS,
        **READS_CONNECTIONS,
        **DEAD_LETTERS,
    },
    "Entries": {},
    "OrderApproval": {
        "dynamodb:GetItem": rows("instance", "document#instance"),
        "dynamodb:PutItem": rows("document#instance"),
        "lambda:CheckpointDurableExecution": f"{FUNCTION_ARNS}order-approval:*",
        "lambda:GetDurableExecutionState": f"{FUNCTION_ARNS}order-approval:*",
        "lambda:SendDurableExecutionCallbackSuccess": f"{FUNCTION_ARNS}order-approval:*",
        **READS_PAYLOADS,
        **READS_CONNECTIONS,
    },
    "ProcessOrderFunction": {
        "lambda:CheckpointDurableExecution": f"{FUNCTION_ARNS}process-order:*",
        "lambda:GetDurableExecutionState": f"{FUNCTION_ARNS}process-order:*",
        **READS_PAYLOADS,
        **READS_CONNECTIONS,
    },
}

#: Log deliveries, which AWS grants for every resource or none.
#: Of every function and state machine, if they are traced.
TRACES = dict.fromkeys(
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
    "Traced: *",
)

MACHINE_LOGS = dict.fromkeys(
    (
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ),
    "*",
)

#: State machine -> the same.
TASKS: dict[str, dict[str, str]] = {
    "OrderCreated": {"lambda:InvokeFunction": "Feeds.Arn"},
    "OrderReview": {"lambda:InvokeFunction": "Feeds.Arn"},
    "ProcessOrder": {
        "states:InvokeHTTPEndpoint": f"{MACHINES}process-order",
        "events:RetrieveConnectionCredentials": "InvoiceConnectionArn",
        "secretsmanager:GetSecretValue": "InvoiceConnectionSecretArn",
        "secretsmanager:DescribeSecret": "InvoiceConnectionSecretArn",
        "ses:SendEmail": "ConfirmationIdentityArn",
    },
}
