"""LangChain's own suites for tools, on every tool that motet offers to agents."""

import pytest
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from motet.agents import create_coding_tools
from motet.graphs import as_tool, create_team
from motet.models import ScriptedChatModel

TASK = "Write add(a, b). add(2, 3) == 5 and add(-1, 1) == 0."
RIGHT = "def add(a, b):\n    return a + b"


class Team:
    @property
    def tool_invoke_params_example(self):
        return {"task": TASK, "tests": "assert add(20, 22) == 42"}

    @property
    def tool_constructor(self):
        model = ScriptedChatModel([f"```python\n{RIGHT}\n```"])
        return as_tool(create_team(model=model, policy="small", sandbox="bubblewrap"), tests=True)


class RunExamples:
    at = 0

    @property
    def tool_invoke_params_example(self):
        return {"code": RIGHT}

    @property
    def tool_constructor(self):
        return create_coding_tools(TASK, sandbox="bubblewrap")[self.at]


class CheckCode(RunExamples):
    at = 1


class RunCode(RunExamples):
    at = 2


class TestTeamUnit(Team, ToolsUnitTests): ...


class TestRunExamplesUnit(RunExamples, ToolsUnitTests): ...


class TestCheckCodeUnit(CheckCode, ToolsUnitTests): ...


class TestRunCodeUnit(RunCode, ToolsUnitTests): ...


@pytest.mark.bubblewrap
class TestTeam(Team, ToolsIntegrationTests): ...


@pytest.mark.bubblewrap
class TestRunExamples(RunExamples, ToolsIntegrationTests): ...


@pytest.mark.bubblewrap
class TestCheckCode(CheckCode, ToolsIntegrationTests): ...


@pytest.mark.bubblewrap
class TestRunCode(RunCode, ToolsIntegrationTests): ...


@pytest.mark.parametrize("made", [Team, RunExamples, CheckCode, RunCode])
def test_a_model_is_told_of_every_argument_and_of_no_other(made):
    example = made()
    tool = example.tool_constructor
    shown = tool.tool_call_schema.model_json_schema()["properties"]
    assert tool.description
    assert all(argument.get("description") for argument in shown.values())
    assert set(shown) == set(example.tool_invoke_params_example)
