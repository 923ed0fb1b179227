"""How a task is put to a model."""

from motet.agents.contract import Contract
from motet.tools.source import parse_python


def task_block(contract: Contract) -> str:
    """The task's own words; fenced where they are code."""
    task = contract.task.strip("\n")
    if parse_python(task) is not None or parse_python(f"{task}\n    pass") is not None:
        return f"```python\n{task}\n```"
    return task


def wanted(contract: Contract) -> str:
    """What is to be written, in a few words."""
    if contract.kind == "program":
        return "the Python program"
    if contract.entry_point is None:
        return "the Python function"
    if contract.kind == "function" and contract.signature and contract.signature not in contract.task:
        return f"the Python function `{contract.signature.removesuffix(':')}`"
    return f"the Python {contract.kind} `{contract.defines}`"
