"""Lambda's runtime client, which goes under a processor quota when INIT is over, as Lambda has it.

Run in place of ``-m awslambdaric``; ``VERIHOOK_QUOTA``: the file of a cgroup that takes the ids of its processes.
"""

import os
import sys
from typing import Any

from awslambdaric.__main__ import main
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

wait_next_invocation = LambdaRuntimeClient.wait_next_invocation


def throttled(self: Any) -> Any:
    """The first event is asked for: INIT is over."""
    with open(os.environ["VERIHOOK_QUOTA"], "w") as processes:  # noqa: PTH123  # pathlib takes the start some milliseconds
        processes.write(str(os.getpid()))
    LambdaRuntimeClient.wait_next_invocation = wait_next_invocation
    return wait_next_invocation(self)


LambdaRuntimeClient.wait_next_invocation = throttled
main(sys.argv)
