"""What of the SDK of durable functions, and of its testing SDK, this room replaces, overrides or counts on."""

from __future__ import annotations

from functools import cache

from verihook.local.foreign import Library

_SDK = "aws_durable_execution_sdk_python"
_TESTING = f"{_SDK}_testing"
_EXECUTOR = f"{_TESTING}.executor:Executor"

#: What the handlers of workflows run in.
SDK = Library(
    "aws-durable-execution-sdk-python",
    _SDK,
    "3.0.0",
    {
        f"{_SDK}.exceptions": "9c183d699c5f2926",
        f"{_SDK}.execution": "daf83328851fc3c3",
        f"{_SDK}.execution:durable_execution": "4d2c31853f813a75",
        f"{_SDK}.lambda_service": "d5c62285fbf287a4",
        f"{_SDK}.operation.step:StepOperationExecutor.retry_handler": "e9b934ee83faf0c9",
        f"{_SDK}.state:ExecutionState._collect_checkpoint_batch": "c375558ac6ebe217",
        f"{_SDK}.state:ExecutionState._wait_for_first_operation": "a25155c9b421d635",
        f"{_SDK}.state:ExecutionState.create_checkpoint": "82481d6527351988",
        f"{_SDK}.state:ExecutionState.stop_checkpointing": "00218df5380f86d9",
        f"{_SDK}.state:_Signal": "095fcf5579169bf9",
    },
    whole="f25d2e2cea1af535",
)

#: What executes them here.
TESTING_SDK = Library(
    "aws-durable-execution-sdk-python-testing",
    _TESTING,
    "1.4.0",
    {
        f"{_TESTING}.checkpoint.processor:CheckpointProcessor": "e68ee12ca9865281",
        f"{_TESTING}.child_dispatcher:FunctionRegistry": "33df2da0618eb55a",
        f"{_TESTING}.child_dispatcher:InProcessChildDispatcher": "6746fe0567a8d00d",
        f"{_TESTING}.child_dispatcher:RegisteredFunction": "9936b3d456bf1afb",
        f"{_TESTING}.client:InMemoryServiceClient": "d3a2c6f28fbd1157",
        f"{_TESTING}.clock:RealClock": "6e2c0aa00cc14505",
        f"{_TESTING}.exceptions:ResourceNotFoundException": "3ce488c1a37b1a36",
        f"{_TESTING}.execution:Execution": "f27b90161c4a5c93",
        f"{_EXECUTOR}.__init__": "2a07ab2a67f1c317",
        f"{_EXECUTOR}._begin_invocation": "0ae60fe829b3678e",
        f"{_EXECUTOR}._cleanup_callback_timeouts": "54f378e3a36e4f0e",
        f"{_EXECUTOR}._complete_callback_failure": "af039b9741cf7998",
        f"{_EXECUTOR}._complete_callback_success": "8c55eaa88bf4dead",
        f"{_EXECUTOR}._complete_events": "e670e9c1338d0444",
        f"{_EXECUTOR}._create_execution": "0f7cd4584cc78b11",
        f"{_EXECUTOR}._finish_invocation": "e4369c353a976dd4",
        f"{_EXECUTOR}._fire_due_operations": "0270ebae896df98b",
        f"{_EXECUTOR}._invocation_gate": "b7da80a87f08fa20",
        f"{_EXECUTOR}._invoke_execution": "f1ad1086779f3f78",
        f"{_EXECUTOR}._invoke_handler": "61e7ffe1268ccf39",
        f"{_EXECUTOR}._launch_execution": "769eb14da929c7a4",
        f"{_EXECUTOR}._notify_parent_of_terminal_child": "70a40c7f5dea75de",
        f"{_EXECUTOR}._retry_after_error": "00796eed4daf322d",
        f"{_EXECUTOR}._schedule_callback_timeouts": "cf71e722b09039ad",
        f"{_EXECUTOR}._schedule_earliest_pending": "f88c40012be7e402",
        f"{_EXECUTOR}._set_invocation_gate": "27d487899af58212",
        f"{_EXECUTOR}._set_paused": "02fa1f7874487364",
        f"{_EXECUTOR}.on_timed_out": "8bb6f42e50257904",
        f"{_TESTING}.invoker:InProcessInvoker": "44f47ed3e2f5a6d1",
        f"{_TESTING}.invoker:InvokeResponse": "51f1ab15e9165f6f",
        f"{_TESTING}.model:LambdaContext": "668cfacb49816269",
        f"{_TESTING}.model:StartDurableExecutionInput": "a45b06e6a18c4a1c",
        f"{_TESTING}.scheduler:Scheduler": "00f47b3b35f600f6",
        f"{_TESTING}.stores.sqlite:SQLiteExecutionStore": "f92257bee1543dd6",
        f"{_TESTING}.threads:DaemonThreadPool": "e23f45bfbf4afcfa",
        f"{_TESTING}.token:CallbackToken": "c7fdf3e2fac8d825",
        f"{_TESTING}.worker.checkpoint_tasks:CallableTask": "190988d3b9015192",
        f"{_TESTING}.worker.registry:ExecutionRegistry": "5a6439d86c844d4a",
        f"{_TESTING}.worker.status:InvocationState": "eb5829a2cfe9eb51",
    },
    whole="3c2bd9a32570fc67",
)


@cache
def check_sdk() -> None:
    """Raise ConfigurationError, in words, if one of them is not what was tried; looks once in a process."""
    for library in (SDK, TESTING_SDK):
        library.check()
