"""A team as a tool: for agents that call tools well and want code that was run."""

from typing import Annotated, Any, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field, StringConstraints, field_validator

from motet.agents import TeamContext
from motet.graphs.state import TeamInput, TeamOutput
from motet.graphs.team import Team
from motet.graphs.telling import in_words, result_object
from motet.tools.testing import read_tests

DESCRIPTION = (
    "Writes one Python function, class or script, and runs it in a sandbox against the examples of its task. "
    "Gives back the code with a verdict: verified, plausible or unverified."
)


class TaskArguments(BaseModel):
    """What an agent says to a team."""

    task: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1),
        Field(
            description="The task, whole, in words: what to write, its name and arguments, and two or more examples"
            " such as `f([1, 2]) == 3`; without examples nothing can be verified."
        ),
    ]


class TaskAndTestsArguments(TaskArguments):
    """The same, with tests."""

    tests: Annotated[
        str | None, Field(description="The user's tests: asserts, or a pytest file that imports `solution`.")
    ] = None

    @field_validator("tests")
    @classmethod
    def _can_be_read(cls, tests: str | None) -> str | None:
        if tests:
            read_tests(tests)  # its error goes to the agent, which can do better
        return tests or None


def as_tool(
    team: Team,
    *,
    name: str = "solve_programming_task",
    description: str = DESCRIPTION,
    context: TeamContext | None = None,
    tests: bool = False,
) -> BaseTool:
    """Make a tool of a team, for `create_agent` and whatever else calls tools.

    The model reads the code, the verdict and the evidence in words. The message's `artifact` is the same as plain data,
    with what it took, for the program around the agent.

    Args:
        team: Any team.
        name: What the model calls it by.
        description: What the model is told of it.
        context: Lent to each run: another model, a budget, a seed.
        tests: Whether the agent may give tests. They count as the user's own, so whoever writes them decides what is
            `verified`: say yes where the agent only hands tests on.

    Example:
        ```python
        agent = create_agent("openai:gpt-5", tools=[as_tool(create_team(), context=TeamContext(limits=limits))])
        ```
    """

    def run(config: RunnableConfig, task: str, tests: str | None = None) -> tuple[str, dict[str, Any]]:
        result = cast(TeamOutput, team.invoke(TeamInput(task=task, tests=tests), config, context=context))
        return in_words(result), result_object(result)

    async def arun(config: RunnableConfig, task: str, tests: str | None = None) -> tuple[str, dict[str, Any]]:
        result = cast(TeamOutput, await team.ainvoke(TeamInput(task=task, tests=tests), config, context=context))
        return in_words(result), result_object(result)

    return StructuredTool.from_function(
        run,
        arun,
        name=name,
        description=description,
        args_schema=TaskAndTestsArguments if tests else TaskArguments,
        response_format="content_and_artifact",
    )
