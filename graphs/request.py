"""What a conversation asks for: its last request, alone or on top of those before it. No model decides that."""

import re
from collections.abc import Sequence
from contextlib import suppress

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from pydantic import BaseModel, ConfigDict, ValidationError

from motet.agents import UnreadableAnswerError, read_code, read_contract
from motet.agents.answer import main_function
from motet.graphs.telling import fenced
from motet.tools.source import without_prose

NOTE = "motet"
"""Where an answer keeps its result as plain data, in its `additional_kwargs`."""

ASKS_FOR_A_NEW_ONE = re.compile(
    r"^\W*(?:(?:and|now|next|then|ok(?:ay)?|please|can you|could you)\b\W*)*"
    r"(?:write|implement|create|define|build|make|code)\s+(?:me\s+)?(?:an?|another)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:function|class|method|program|script)\b",
    re.IGNORECASE,
)


class Request(BaseModel):
    """What is asked for now."""

    model_config = ConfigDict(frozen=True)

    words: tuple[str, ...]
    """The request that began the task, and those that were added to it."""
    entry_point: str | None = None
    """What the earlier solution defines, if there is one."""
    code: str = ""
    """The earlier solution, for a request that is added to it."""

    @property
    def task(self) -> str:
        """The task for the team."""
        words = "\n\n".join(self.words)
        if not self.code:
            return words
        # The change comes last: behind it, small models copy the code as it is.
        *earlier, change = self.words
        code = fenced(without_prose(self.code))
        whole = "\n\n".join([*earlier, "The solution so far:", code, f"Now change it: {change}"])
        # A model wrote the code, so nothing in it may pass for an example that the task gives.
        same = read_contract(whole, entry_point=self.entry_point).examples
        return whole if same == read_contract(words, entry_point=self.entry_point).examples else words


def read_request(messages: Sequence[AnyMessage], *, own_name: str) -> Request | None:
    """Find what is asked for, if anything is.

    Args:
        messages: The conversation; what tools and the system say in it is no request.
        own_name: The name of the messages that the team itself has said.
    """
    turns = [message for message in messages if isinstance(message, HumanMessage | AIMessage) and message.text.strip()]
    asked: Request | None = None
    for turn in turns:
        words, last = turn.text.strip(), turn is turns[-1]
        if isinstance(turn, HumanMessage):
            asked = _added(asked, words) if asked else Request(words=(words,))
        elif NOTE in turn.additional_kwargs or turn.name == own_name or (not turn.name and not last and "```" in words):
            asked = _answered(asked, turn) or asked
        elif last:
            # What other agents say is talk among them, unless it is the last word: then it is a handoff.
            asked = _added(asked, words) if asked and asked.code else Request(words=(words,))
    return asked


def _answered(asked: Request | None, turn: AnyMessage) -> Request | None:
    """The request before an answer, with the answer's code; a client that drops notes still keeps the text."""
    try:
        note = _Note.model_validate(turn.additional_kwargs.get(NOTE))
        words, code = note.requests, note.code
    except ValidationError:
        words, code = asked.words if asked else (), ""
    if not words:
        return None
    contract = read_contract("\n\n".join(words))
    with suppress(UnreadableAnswerError):
        code = code or read_code(turn.text, contract)
    return Request(words=words, code=code, entry_point=contract.entry_point or main_function(code))


class _Note(BaseModel):
    """What an answer keeps for the requests after it."""

    requests: tuple[str, ...]
    code: str


def _added(asked: Request, words: str) -> Request:
    """A request on top of an earlier one, or a new one."""
    named = read_contract(words).entry_point
    if ASKS_FOR_A_NEW_ONE.search(words) or (named is not None and named != asked.entry_point):
        return Request(words=(words,))
    return asked.model_copy(update={"words": (*asked.words, words)})
