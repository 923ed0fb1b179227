"""What a worker does with a command of the user's: run it in the repository. Runs in the sandbox."""

import json
import subprocess
from typing import Any

from motet.tools.suite.pytest_suite import settle
from motet.tools.testing.worker import Send

NAME = "command"


def serve(job: dict[str, Any], state: dict[str, Any], send: Send) -> None:
    """Run the command once; its exit code is the one result."""
    settle(job)
    send("loaded", None, json.dumps([NAME]))
    send("start", 0)
    try:
        code = subprocess.run(job["command"], stdin=subprocess.DEVNULL, check=False).returncode
        told = ["passed"] if code == 0 else ["failed", f"the command ended with exit code {code}", ""]
    except OSError as error:
        told = ["error", f"the command could not be started: {error}", ""]
    send("done", 0, json.dumps({"result": told}))
    send("end", None, json.dumps({"code": 0, "changed": []}))
