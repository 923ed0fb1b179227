"""What a mutation is: one edit of one function, which can be made and taken back."""

from pydantic import BaseModel, ConfigDict


class MutationError(ValueError):
    """The text is not the one that the mutation was made for, or is not Python."""


class Mutation(BaseModel):
    """One edit of a file's text. Everything beside it stays as it was, to the last space."""

    model_config = ConfigDict(frozen=True)

    operator: str
    """The kind of mistake, one of `OPERATORS`."""
    path: str
    """The file, as the caller named it."""
    symbol: str
    """The function within the file, such as `Stack.pop`; an inner function counts as its outer one."""
    line: int
    """The first line that changes, from 1."""
    start: int
    """Where the edit begins in the file's text, in characters."""
    before: str
    """The text that is replaced."""
    after: str
    """What takes its place; nothing where something was removed."""
    description: str
    """The mistake in words, such as "`<` became `<=`"."""

    def apply(self, text: str) -> str:
        """Make the mistake.

        Args:
            text: The file's text as it was given to `mutations_of`.

        Raises:
            MutationError: It is another text.
        """
        return self._replace(text, self.before, self.after)

    def undo(self, text: str) -> str:
        """Take the mistake back.

        Args:
            text: What `apply` gave.

        Raises:
            MutationError: It is another text.
        """
        return self._replace(text, self.after, self.before)

    def _replace(self, text: str, old: str, new: str) -> str:
        if not text.startswith(old, self.start):
            raise MutationError(
                f"{self.path} does not read {old!r} at character {self.start}. Give the text that this mutation of "
                f"{self.symbol} was made for."
            )
        return text[: self.start] + new + text[self.start + len(old) :]
