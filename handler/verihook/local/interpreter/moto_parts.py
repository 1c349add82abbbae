"""What of moto's interpreter mends.py replaces, and what the rest of this room counts on."""

from __future__ import annotations

from verihook.local.foreign import Library

_PARSER = "moto.stepfunctions.parser"
_ASL = f"{_PARSER}.asl"
_COMPONENT = f"{_ASL}.component"
_MAP = f"{_COMPONENT}.state.exec.state_map.iteration"
_TASK = f"{_COMPONENT}.state.exec.state_task"
_SERVICE = f"{_TASK}.service.state_task_service"

MOTO = Library(
    "moto",
    "moto",
    "5.2.5",
    {
        # First what keeps tasks at our own endpoint: of everything else here only the answers would be wrong.
        f"{_ASL}.utils.boto_client": "a6bb8ed8174dc035",
        f"{_ASL}.utils.boto_client:boto_client_for": "1f44dc2ac8aa2179",
        f"{_ASL}.utils.boto_client:moto_server_port": "b039b19fa4d3bda1",
        f"{_PARSER}.api:HistoryEventType": "35cee2701af70f18",
        f"{_PARSER}.api:StateMachineType": "9c9cc97a54f0d987",
        f"{_COMPONENT}.common.error_name.failure_event": "2594dc022c2c37d8",
        f"{_COMPONENT}.common.error_name.states_error_name": "ab7e1a03d6afc187",
        f"{_COMPONENT}.common.error_name.states_error_name_type:StatesErrorNameType": "d9dbc54afa5a88d4",
        f"{_COMPONENT}.common.path.result_path": "33b4fae320351419",
        f"{_COMPONENT}.common.string.string_expression": "7816418b4d1a9fbb",
        f"{_COMPONENT}.common.string.string_expression:StringJSONata._eval_body": "33a18342a7e2e246",
        f"{_COMPONENT}.common.string.string_expression:StringVariableSample._eval_body": "725723e53bf05379",
        f"{_COMPONENT}.eval_component:EvalComponent": "56da33f717c7e33c",
        f"{_COMPONENT}.intrinsic.function.statesfunction.factory": "9c9fac51317dbac8",
        f"{_COMPONENT}.intrinsic.function.statesfunction.states_function": "d0ae57d9198d5e68",
        f"{_COMPONENT}.program.program": "2b45e2d237c1c5c1",
        f"{_COMPONENT}.program.program:Program.eval": "b8bfa1cb68d308ac",
        f"{_COMPONENT}.state.exec.execute_state:ExecutionState": "68cdedae0e5dc7e1",
        f"{_MAP}.inline_iteration_component": "cf553565e1435ffd",
        f"{_MAP}.inline_iteration_component:InlineIterationComponent._eval_body": "217dd5e8b95df4b7",
        f"{_MAP}.iteration_worker": "e95c3c1b8d3f8b2e",
        f"{_MAP}.iteration_worker:IterationWorker._eval_pool": "d6d216f9705ef7d9",
        f"{_MAP}.job": "35c3336f2c73ba3d",
        f"{_SERVICE}": "20abc4186424ccef",
        f"{_SERVICE}:StateTaskService._normalise_parameters": "619085edb76dbda3",
        f"{_SERVICE}:StateTaskService._normalise_response": "48d42f8b95f43af3",
        f"{_SERVICE}:is_within_size_quota": "744cc11a3a37f2e7",
        f"{_SERVICE}_aws_sdk": "20f0858933a999f2",
        f"{_SERVICE}_callback": "01b0a4f739385bd9",
        f"{_SERVICE}_callback:StateTaskServiceCallback._eval_body": "203d6cb67e5393f4",
        f"{_SERVICE}_callback:StateTaskServiceCallback._evaluate_with_timeout": "024c6f9bf0035b4d",
        f"{_TASK}.state_task": "1d91dc88abefee69",
        f"{_TASK}.state_task:StateTask._eval_body": "37d888452f39c5f0",
        f"{_COMPONENT}.state.state": "70fcbfdfa0d55078",
        f"{_COMPONENT}.state.state:CommonStateField._eval_body": "37d888452f39c5f0",
        f"{_COMPONENT}.state.state:is_within_size_quota": "744cc11a3a37f2e7",
        f"{_ASL}.eval.callback.callback": "944daf2ac0bf957c",
        f"{_ASL}.eval.environment:Environment": "0830fd0dea574b72",
        f"{_ASL}.eval.evaluation_details:AWSExecutionDetails": "658eb519dfa4863c",
        f"{_ASL}.eval.event.event_manager:EventHistoryContext": "9d5144c7836fcd6d",
        f"{_ASL}.eval.program_state:ProgramEnded": "2db40a8a1d41749e",
        f"{_ASL}.eval.program_state:ProgramError": "43445c372367b6fe",
        f"{_ASL}.eval.program_state:ProgramStopped": "fbc418e3643623ed",
        f"{_ASL}.eval.program_state:ProgramTimedOut": "90ca6cc1b95fea57",
        f"{_ASL}.parse.asl_parser:AmazonStateLanguageParser": "1c14a0ead79f0857",
        f"{_ASL}.utils.json_path": "33a9527fc839442d",
        f"{_PARSER}.quotas": "064f9c4710aa07c0",
        f"{_PARSER}.utils": "5bb158d248bcf035",
    },
)
