"""From a contract to what the memory compares."""

import re

from motet.agents.contract import Contract
from motet.memory import Interface


def gist_of(contract: Contract) -> str:
    """The task without its examples and without the name and the parameters that it gives: those may differ where the
    task is the same."""
    gist = contract.task
    for example in contract.examples:
        gist = gist.replace(example.text, " ")
    if contract.entry_point is not None:
        gist = re.sub(rf"\b{re.escape(contract.entry_point)}\b(\([^()]*\))?", " ", gist)
    words = " ".join(gist.split())
    return words or contract.task


def interface_of(contract: Contract) -> Interface:
    """How the solution is to be called."""
    known = contract.signature is not None
    return Interface(
        kind=contract.kind,
        entry_point=contract.entry_point,
        parameters=tuple(parameter.annotation or "" for parameter in contract.parameters) if known else None,
        returns=contract.returns,
    )
