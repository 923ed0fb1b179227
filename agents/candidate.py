"""A candidate: one whole solution that a coder proposed. Whether it is any good is the tester's business."""

import ast
import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.memory import Kinship
from motet.tools.source import parse_python

Origin = Literal["first", "sample", "repair", "human", "memory"]


class Candidate(BaseModel):
    """One proposed solution."""

    model_config = ConfigDict(frozen=True)

    index: int
    """Its place in the order of proposals; 0 is the first."""
    code: str
    """A whole module."""
    entry_point: str | None
    """What the tests call; `None` for a program."""
    origin: Origin
    """`first`: the model's most likely answer; `sample`: another draw; `repair`: made from a failing candidate;
    `human`: one that a human edited; `memory`: the solution of a task that was solved before."""
    repairs: int | None = None
    """The index of the candidate that it repairs, or that a human edited into it."""

    pattern: str | None = None
    """The pattern of the memory that it comes from."""
    kinship: Kinship | None = None
    """How that pattern's task and this one belong together."""

    @property
    def fingerprint(self) -> str:
        """The same for code that differs only in comments, docstrings and layout."""
        return fingerprint(self.code)


def fingerprint(code: str) -> str:
    """Hash code by its syntax tree, docstrings left out; code that does not parse is hashed as text."""
    tree = parse_python(code)
    if tree is None:
        return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            body = node.body
            if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
                node.body = body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode("utf-8", "replace")).hexdigest()


class VoidProposal(BaseModel):
    """What was asked of the coder and brought no candidate: an answer that was cut off or holds no readable code, which
    is paid for, or a call that failed."""

    model_config = ConfigDict(frozen=True)

    index: int
    """The place in the order of proposals that it would have taken."""
    origin: Origin
    problem: str
    failed: bool = False
    """Whether the call itself failed: it was refused, or nobody answered in time."""
