"""What a human may answer when the team asks, and the record that is kept of it.

The record holds what was shown beside what came back: it explains a result, and it is worth learning from.
"""

import ast
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter

from motet.agents.amendment import checked_contract, completed_examples
from motet.agents.candidate import Candidate
from motet.agents.contract import Contract
from motet.agents.plan import Plan

Approvable = Literal["contract", "plan", "code"]
"""What a human can be asked to approve."""


def _python(code: str) -> str:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise ValueError(f"it is not Python: {problem}") from None
    if not tree.body:
        raise ValueError("it holds no code")
    return code if code.endswith("\n") else f"{code}\n"


def _require_tag(schema: dict[str, Any]) -> None:
    schema["required"] = ["decision", *schema.get("required", [])]


class _Answer(BaseModel):
    """An unknown field is an error, since a misspelt edit would pass for an approval."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_require_tag)


class Approve(_Answer):
    """It goes on as it was shown."""

    decision: Literal["approve"] = "approve"


class Reject(_Answer):
    """Not like this. With feedback the team tries once more and asks again; without, the run ends."""

    decision: Literal["reject"] = "reject"
    feedback: str | None = None
    """What is wrong, in words. A contract's is added to the task, a plan's and code's is told to the model."""

    @property
    def words(self) -> str:
        """The feedback; empty where there is none."""
        return (self.feedback or "").strip()


class EditContract(_Answer):
    """This contract takes the place of the one that was read."""

    decision: Literal["edit"] = "edit"
    contract: Annotated[Contract, BeforeValidator(completed_examples), AfterValidator(checked_contract)]
    """Whole. Of an example `code` and `expected` are enough; parameters follow from the signature. Where only `task`
    was changed, the contract is read again from it."""


class EditPlan(_Answer):
    """This plan takes the place of the one that was written."""

    decision: Literal["edit"] = "edit"
    plan: Plan


class EditCode(_Answer):
    """This code is one more candidate: it is tested and reviewed as any other, and its evidence decides the verdict."""

    decision: Literal["edit"] = "edit"
    code: Annotated[str, AfterValidator(_python)]
    """A whole module."""


ContractAnswer = Annotated[Approve | EditContract | Reject, Field(discriminator="decision")]
PlanAnswer = Annotated[Approve | EditPlan | Reject, Field(discriminator="decision")]
CodeAnswer = Annotated[Approve | EditCode | Reject, Field(discriminator="decision")]


class ShownCode(BaseModel):
    """The final code as a human sees it."""

    model_config = ConfigDict(frozen=True)

    candidate: Candidate
    verdict: str
    """The verdict that it would be delivered with."""
    evidence: dict[str, JsonValue]
    """What stands behind the verdict."""
    problem: str | None = None
    """Why no better answer came of the human's last word, if none did."""


class ContractDecision(BaseModel):
    """A contract that was shown, and the answer."""

    model_config = ConfigDict(frozen=True)

    what: Literal["contract"] = "contract"
    shown: Contract
    answer: ContractAnswer


class PlanDecision(BaseModel):
    """A plan that was shown, and the answer."""

    model_config = ConfigDict(frozen=True)

    what: Literal["plan"] = "plan"
    shown: Plan
    answer: PlanAnswer


class CodeDecision(BaseModel):
    """Code that was shown, and the answer."""

    model_config = ConfigDict(frozen=True)

    what: Literal["code"] = "code"
    shown: ShownCode
    answer: CodeAnswer
    next_index: int
    """Candidates from this index on were written in the knowledge of the answer."""


Decision = ContractDecision | PlanDecision | CodeDecision


def read_answer(what: Approvable, answer: object) -> Approve | EditContract | EditPlan | EditCode | Reject:
    """Check an answer before a run is resumed with it.

    Raises:
        ValidationError: It is none to this question.
    """
    answers: dict[str, Any] = {"contract": ContractAnswer, "plan": PlanAnswer, "code": CodeAnswer}
    return TypeAdapter(answers[what]).validate_python(answer)
