"""What an answer makes of files, and why it could not."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class EditError(Exception):
    """An answer that cannot be carried out as it stands. Nothing was changed.

    Its text is written for the model: what did not fit, where, and what to do about it.

    Args:
        problems: A text for each thing that is wrong.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        """All that is wrong with the answer, in the order in which it was found."""
        super().__init__(*problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return self.problems[0]
        return "\n\n".join(f"{number}. {problem}" for number, problem in enumerate(self.problems, 1))


class FileChange(BaseModel):
    """One file before and after."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Its relative POSIX path, after the change."""
    before: bytes | None
    """What it was, under its old name if it was renamed; `None` for a new file."""
    after: bytes | None
    """What it becomes; `None` for a deleted file."""
    renamed_from: str | None = None
    """Its old path, if it has a new one."""


def overlay(changes: Iterable[FileChange]) -> dict[str, bytes | None]:
    """The changed files by path, as they are to lie over the old ones; `None` where none is to be left."""
    changes = tuple(changes)
    left: dict[str, bytes | None] = {one.renamed_from: None for one in changes if one.renamed_from is not None}
    return left | {one.path: one.after for one in changes}
