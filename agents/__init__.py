"""Floor 4: the four voices. Each is a node that fits any graph, told by a text file and typed in what it returns."""

from motet.agents.agent_coder import create_agent_coder
from motet.agents.answer import UnreadableAnswerError, read_code
from motet.agents.approval import create_code_approval, create_contract_approval, create_plan_approval
from motet.agents.assignment import Assignment
from motet.agents.attempt import Attempt
from motet.agents.candidate import Candidate, VoidProposal
from motet.agents.coder import create_coder
from motet.agents.coding_tools import create_coding_tools
from motet.agents.context import TeamContext
from motet.agents.contract import Contract, Example, Parameter
from motet.agents.decision import (
    Approvable,
    Approve,
    CodeAnswer,
    CodeDecision,
    ContractAnswer,
    ContractDecision,
    Decision,
    EditCode,
    EditContract,
    EditPlan,
    PlanAnswer,
    PlanDecision,
    Reject,
    ShownCode,
    read_answer,
)
from motet.agents.evidence import Finding, Report, Review
from motet.agents.learn import create_learn
from motet.agents.ledger_middleware import LedgerMiddleware
from motet.agents.plan import Plan
from motet.agents.plan_writer import create_plan_writer
from motet.agents.planner import create_planner
from motet.agents.prompt import Prompt
from motet.agents.reading import read_contract
from motet.agents.recall import create_recall
from motet.agents.recollection import Recollection
from motet.agents.reviewer import create_reviewer
from motet.agents.tester import create_tester

__all__ = [
    "Approvable",
    "Approve",
    "Assignment",
    "Attempt",
    "Candidate",
    "CodeAnswer",
    "CodeDecision",
    "Contract",
    "ContractAnswer",
    "ContractDecision",
    "Decision",
    "EditCode",
    "EditContract",
    "EditPlan",
    "Example",
    "Finding",
    "LedgerMiddleware",
    "Parameter",
    "Plan",
    "PlanAnswer",
    "PlanDecision",
    "Prompt",
    "Recollection",
    "Reject",
    "Report",
    "Review",
    "ShownCode",
    "TeamContext",
    "UnreadableAnswerError",
    "VoidProposal",
    "create_agent_coder",
    "create_code_approval",
    "create_coder",
    "create_coding_tools",
    "create_contract_approval",
    "create_learn",
    "create_plan_approval",
    "create_plan_writer",
    "create_planner",
    "create_recall",
    "create_reviewer",
    "create_tester",
    "read_answer",
    "read_code",
    "read_contract",
]
