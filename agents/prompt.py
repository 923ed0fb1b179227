"""Prompts live in text files beside the code; what they need is named there, and a missing value is an error."""

from copy import copy
from importlib.resources import files
from string import Template
from typing import Self

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

SYSTEM_HEADING = "# system\n"
USER_HEADING = "# user\n"


class Prompt:
    """A system text and a user text, with `$name` where a value goes.

    The text of a prompt has two parts, headed `# system` and `# user`. Values are put in as they are: a `$` in them
    means nothing.

    Args:
        text: Both parts.

    Raises:
        ValueError: A heading is missing.
    """

    def __init__(self, text: str) -> None:
        before, found, user = text.partition(USER_HEADING)
        if not found or not before.startswith(SYSTEM_HEADING):
            raise ValueError("A prompt starts with a line '# system' and has a line '# user' below it.")
        self.system = Template(before.removeprefix(SYSTEM_HEADING).strip())
        self.user = Template(user.strip())

    @classmethod
    def load(cls, name: str) -> Self:
        """Read one of motet's own prompts, such as `coder`."""
        return cls((files("motet.agents") / "prompts" / f"{name}.md").read_text(encoding="utf-8"))

    def render(self, **values: str) -> list[BaseMessage]:
        """Make the messages.

        Raises:
            KeyError: A value that the prompt names is not given.
        """
        return [SystemMessage(self.system.substitute(values)), HumanMessage(self.user.substitute(values))]

    def with_system(self, text: str | None) -> Self:
        """The same with another system text, taken as it stands; unchanged without one."""
        changed = copy(self)
        if text is not None:
            changed.system = Template(text.strip().replace("$", "$$"))
        return changed
