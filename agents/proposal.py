"""From the code of an answer to what a coder writes into the state."""

from typing import TypedDict

from motet.agents.answer import main_function
from motet.agents.assignment import Assignment
from motet.agents.attempt import Attempt
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.contract import Contract
from motet.agents.plan import Plan
from motet.agents.reading import read_contract
from motet.agents.recollection import Recollection
from motet.models import CallRecord


class CoderInput(TypedDict, total=False):
    """What a coder reads."""

    task: str
    """Read where there is no contract: a graph without a planner."""
    contract: Contract
    assignment: Assignment
    plan: Plan
    recalled: list[Recollection]
    candidates: list[Candidate]
    calls: list[CallRecord]
    run: str
    seconds: float


class CoderUpdate(TypedDict, total=False):
    """What a coder writes."""

    contract: Contract
    candidates: list[Candidate]
    void: list[VoidProposal]
    attempts: list[Attempt]
    calls: list[CallRecord]
    stopped: str


def propose(code: str, contract: Contract, assignment: Assignment) -> CoderUpdate:
    """Make a candidate of code that answers an assignment."""
    update: CoderUpdate = {}
    if contract.entry_point is None and contract.kind != "program":
        # The task gave no name: the first answer's becomes everybody's, and the examples are read again with it.
        contract = read_contract(contract.task, entry_point=main_function(code))
        update["contract"] = contract
    candidate = Candidate(
        index=assignment.index,
        code=code,
        entry_point=contract.entry_point,
        origin=assignment.kind,
        repairs=assignment.target.index if assignment.target else None,
    )
    return {**update, "candidates": [candidate]}
