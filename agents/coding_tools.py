"""Tools that let a model try its code in the sandbox: for motet's agent coder, and for any LangChain agent.

They tell no more than the task itself does: its own examples, and what the sandbox says of the code. The user's tests
and the inputs on which candidates are compared stay out of reach.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from motet.agents.answer import UnreadableAnswerError, main_function, read_code
from motet.agents.candidate import Candidate
from motet.agents.contract import Contract
from motet.agents.evidence import Finding, Report
from motet.agents.examination import examine
from motet.agents.inspection import inspect_code
from motet.agents.node import run_in_background
from motet.agents.reading import read_contract
from motet.tools.sandbox import Sandbox, SandboxError, Session, resolve_sandbox

RUN_EXAMPLES = "run_examples"
LONGEST = 4000
"""Characters of a result: about a thousand tokens, so that ten rounds still fit in a small context."""
LONGEST_CASE = 600
NO_LOAD = "the code does not load: "
SHOWN = 5
"""Failing examples that are told in full; more of them would seldom help."""


def create_coding_tools(task: str | Contract, *, sandbox: str | Sandbox = "auto") -> list[BaseTool]:
    """Make the tools for one task: `run_examples`, `check_code` and `run_code`.

    Example:
        ```python
        agent = create_agent("openai:gpt-5", create_coding_tools("Write add(a, b). add(2, 3) == 5."))
        ```

    Args:
        task: The task, whose examples `run_examples` runs.
        sandbox: Where code runs, or a spec for `resolve_sandbox`.
    """
    contract = read_contract(task) if isinstance(task, str) else task
    return [
        create_run_examples_tool(contract, sandbox=sandbox),
        create_check_code_tool(sandbox=sandbox),
        create_run_code_tool(sandbox=sandbox),
    ]


def create_run_examples_tool(contract: Contract, *, sandbox: str | Sandbox = "auto") -> BaseTool:
    """Make a tool that runs a solution on the examples of its task.

    The tool message's artifact says how many examples there were and how many passed: `{"passed": 2, "total": 3}`.
    """

    async def run_examples(code: str) -> tuple[str, dict[str, int]]:
        """Test a whole solution on the examples of the task. Tells which fail, and what was expected.

        Args:
            code: The complete module: imports, helper functions and the solution.
        """
        async with await _session(sandbox) as session:
            try:
                module = read_code(as_answer(code), contract)
            except UnreadableAnswerError as problem:
                found = listed(await inspect_code(session, code))
                return bounded(f"Not run. {problem}\n{found}".strip()), {"passed": 0, "total": len(contract.examples)}
            asked = contract
            if contract.entry_point is None and contract.kind != "program":
                asked = read_contract(contract.task, entry_point=main_function(module))
            candidate = Candidate(index=0, code=module, entry_point=asked.entry_point, origin="first")
            report = await examine(session, candidate, asked)
        if report.infrastructure:
            raise SandboxError(report.infrastructure)
        passed = sum(result.outcome == "passed" for result in report.examples)
        return bounded(tell(report, asked)), {"passed": passed, "total": len(report.examples)}

    return _tool(run_examples, response_format="content_and_artifact")


def create_check_code_tool(*, sandbox: str | Sandbox = "auto") -> BaseTool:
    """Make a tool that looks for mistakes in code without running it."""

    async def check_code(code: str) -> str:
        """Check Python code without running it: syntax, and names, modules and attributes that do not exist.

        Args:
            code: A complete module.
        """
        async with await _session(sandbox) as session:
            return bounded(listed(await inspect_code(session, code))) or "Nothing found."

    return _tool(check_code)


def create_run_code_tool(*, sandbox: str | Sandbox = "auto") -> BaseTool:
    """Make a tool that runs a script in the sandbox."""

    async def run_code(code: str) -> str:
        """Run a Python script and see what it prints. There is no network, no input, and nothing is kept.

        Args:
            code: The whole script; it prints what you want to know.
        """
        async with await _session(sandbox) as session:
            done = await session.arun(["python3", "script.py"], files={"script.py": code})
        if done.verdict == "infrastructure":
            raise SandboxError(done.stderr)
        ending = "" if done.verdict == "ok" else f"It ended with: {done.verdict}."
        parts = [bounded(done.stdout, LONGEST // 2), bounded(done.stderr, LONGEST // 2), ending]
        return "\n".join(part for part in parts if part.strip()) or "It ran and printed nothing."

    return _tool(run_code)


def tell(report: Report, contract: Contract) -> str:
    """What checking and running a solution showed, for a model."""
    return "\n".join(part for part in (_ran(report, contract), listed(report.static)) if part)


def listed(findings: Sequence[Finding]) -> str:
    """Findings, one a line."""
    return "\n".join(f"line {one.line}: {one.message}" if one.line else one.message for one in findings)


def _ran(report: Report, contract: Contract) -> str:
    if report.loads.outcome != "passed":
        return f"The code does not load: {bounded(report.loads.message.removeprefix(NO_LOAD), LONGEST_CASE)}"
    if report.tampering:
        return f"The test run was disturbed, so nothing counts: {report.tampering}"
    if contract.kind == "program":
        printed = report.observations[0].value if report.observations else None
        return f"The program runs. Its output, as a Python string: {printed}" if printed else "The program runs."
    if not report.examples:
        return "The code loads. The task gives no example that could be run: try some inputs with `run_code`."
    failing = report.failures()
    if not failing:
        return f"All {len(report.examples)} examples pass." if len(report.examples) > 1 else "The one example passes."
    lines = [f"{len(report.examples) - len(failing)} of {len(report.examples)} examples pass."]
    words = {f"example {number}": example.text for number, example in enumerate(contract.examples, 1)}
    for result in failing[:SHOWN]:
        shown = bounded(words.get(result.name, "").strip(), LONGEST_CASE)
        lines.append(f"{result.name} ({shown}): {bounded(result.message or result.outcome, LONGEST_CASE)}")
    if len(failing) > SHOWN:
        lines.append(f"{len(failing) - SHOWN} more fail.")
    return "\n".join(lines)


def as_answer(code: str) -> str:
    """Code that is an argument, in the form in which `read_code` expects it."""
    return code if "```" in code else f"```python\n{code}\n```"


def bounded(text: str, most: int = LONGEST) -> str:
    """The text, or its head and tail where it is long."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


async def _session(sandbox: str | Sandbox) -> Session:
    return await asyncio.to_thread(lambda: resolve_sandbox(sandbox).session())


def _tool(work: Callable[..., Awaitable[Any]], **options: Any) -> BaseTool:
    """Make a tool with a sync twin; what it is told to a model is the function's docstring."""

    @functools.wraps(work)
    def sync_work(*args: Any, **kwargs: Any) -> Any:
        return run_in_background(work(*args, **kwargs))

    return StructuredTool.from_function(sync_work, work, parse_docstring=True, **options)
