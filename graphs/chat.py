"""A team that is talked to: `messages` in, `messages` out, and what was said before counts.

It fits wherever agents pass messages: beside other agents in one graph, behind a supervisor, in a chat window.
"""

from typing import Annotated, Any, NotRequired, cast, get_type_hints

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer
from typing_extensions import TypedDict

from motet.agents import TeamContext
from motet.graphs.request import NOTE, Request, read_request
from motet.graphs.state import TeamOutput
from motet.graphs.team import Team, create_team
from motet.graphs.telling import in_words, result_object

NOTHING_ASKED = "What shall be written? Say it in words, with an example or two of what it must give."


class ChatInput(TypedDict):
    """What a team that is talked to is given."""

    messages: Annotated[list[AnyMessage], add_messages]


class ChatOutput(TeamOutput):
    """The conversation with its answer, and the result of its last task; no result where none was asked for."""

    messages: Annotated[list[AnyMessage], add_messages]


class ChatState(ChatOutput):
    """A conversation, the task that its last message was read as, and the result."""

    task: NotRequired[str]
    entry_point: NotRequired[str | None]
    tests: NotRequired[str | None]


Chat = CompiledStateGraph[ChatState, TeamContext, ChatInput, ChatOutput]


def as_chat(team: Team, *, name: str = "team", checkpointer: Checkpointer = None) -> Chat:
    """Make a team talk: a graph from `messages` to `messages`.

    The last message that others said is the request. One that names another function, or asks for one to be written,
    begins a new task; any other, such as "also handle empty lists", is added to the task before it, whose examples
    still count. The answer holds the code in a fence, the verdict and the evidence in words; the same as plain data
    stands in its `additional_kwargs["motet"]`, and typed in the state's `verdict`, `code`, `evidence` and `usage`.

    Args:
        team: Any team; a checkpointer belongs to the chat and not to it.
        name: The graph's name, and the name that its messages carry.
        checkpointer: Keeps conversations by `thread_id`; without one the caller keeps the messages.

    Example:
        ```python
        chat = as_chat(create_team(), checkpointer=InMemorySaver())
        chat.invoke({"messages": [("user", "Write add(a, b). add(2, 3) == 5")]}, {"configurable": {"thread_id": "1"}})
        ```
    """

    def listen(state: ChatState) -> dict[str, Any]:
        asked = read_request(state["messages"], own_name=name)
        if asked is None:
            return {"messages": [AIMessage(NOTHING_ASKED, name=name)], "task": ""}
        # The team reads these three: what an earlier turn left there must not count.
        return {"task": asked.task, "entry_point": asked.entry_point, "tests": None}

    def heard(state: ChatState) -> str:
        return "team" if state.get("task") else END

    def answer(state: ChatState) -> dict[str, Any]:
        asked = read_request(state["messages"], own_name=name)
        result = cast(TeamOutput, {key: value for key, value in state.items() if key in get_type_hints(TeamOutput)})
        note = {**result_object(result), "requests": (asked or Request(words=(state["task"],))).words}
        return {"messages": [AIMessage(in_words(result), name=name, additional_kwargs={NOTE: note})]}

    graph = StateGraph(ChatState, context_schema=TeamContext, input_schema=ChatInput, output_schema=ChatOutput)
    graph.add_node("listen", listen)
    graph.add_node("team", team)
    graph.add_node("answer", answer)
    graph.add_edge(START, "listen").add_conditional_edges("listen", heard, ["team", END])
    graph.add_edge("team", "answer").add_edge("answer", END)
    return graph.compile(checkpointer=checkpointer, name=name)


def create_chat_team(*, name: str = "team", checkpointer: Checkpointer = None, **options: Any) -> Chat:
    """Make a team that is talked to.

    Args:
        name: See `as_chat`.
        checkpointer: See `as_chat`.
        **options: As for `create_team`.
    """
    return as_chat(create_team(**options), name=name, checkpointer=checkpointer)
