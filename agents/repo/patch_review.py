"""The reviewer's word on one patch: machine facts that may block, remarks that may not."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from motet.tools.checks import ChangeFinding


class Remark(BaseModel):
    """Something about a line that the patch changed."""

    model_config = ConfigDict(frozen=True)

    path: str
    line: int | None
    """In the file as it is afterwards; `None` for the patch or the file as a whole."""
    kind: str
    """What kind of fact, or `comment`."""
    message: str
    blocks: bool
    by: Literal["machine", "model"] = "machine"

    @property
    def text(self) -> str:
        """One line for people and for a repair prompt."""
        return f"{self.path}{f':{self.line}' if self.line else ''}: {self.message}"

    @classmethod
    def of(cls, finding: ChangeFinding) -> "Remark":
        """Take a fact that the checks found."""
        line = finding.line if finding.side == "after" else None
        return cls(path=finding.path, line=line, kind=finding.kind, message=finding.message, blocks=finding.blocks)


class PatchReview(BaseModel):
    """All that was said about one patch."""

    model_config = ConfigDict(frozen=True)

    candidate: int
    remarks: tuple[Remark, ...] = ()
    """What blocks first."""
    left_out: int = 0
    """How many more there were than are told."""
    problems: tuple[str, ...] = ()
    """What could not be looked at; then the review proves less."""

    @property
    def blocks(self) -> bool:
        """Whether a fact blocks."""
        return any(remark.blocks for remark in self.remarks)
