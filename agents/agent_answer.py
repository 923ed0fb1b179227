"""Reads the solution out of what an agent did."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage

from motet.agents.answer import UnreadableAnswerError, read_code
from motet.agents.coding_tools import RUN_EXAMPLES, as_answer
from motet.agents.contract import Contract


def final_code(messages: Sequence[AnyMessage], contract: Contract) -> str:
    """The code that an agent hands in: that of its last answer, or else what did best on the examples.

    Of codes that did equally well the last one counts, which the agent took for better.

    Raises:
        UnreadableAnswerError: There is neither.
    """
    answers = [message for message in messages if isinstance(message, AIMessage)]
    problem = UnreadableAnswerError("The agent gave no answer.")
    if answers and not answers[-1].tool_calls:
        try:
            return read_code(str(answers[-1].text), contract)
        except UnreadableAnswerError as unreadable:
            problem = unreadable
    written = {call["id"]: str(call["args"].get("code")) for answer in answers for call in answer.tool_calls}
    ran = [message for message in messages if isinstance(message, ToolMessage) and message.name == RUN_EXAMPLES]
    ran.reverse()
    for message in sorted(ran, key=_passed, reverse=True):
        try:
            return read_code(as_answer(written.get(message.tool_call_id, "")), contract)
        except UnreadableAnswerError:
            continue
    raise problem


def _passed(message: ToolMessage) -> int:
    return message.artifact.get("passed", 0) if isinstance(message.artifact, dict) else 0
