"""Reading code out of what models say."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.agents import Contract, UnreadableAnswerError, read_code

ADD = Contract(task="Write add(a, b).", entry_point="add", signature="def add(a, b):")


@pytest.mark.parametrize(
    "answer",
    [
        "```python\ndef add(a, b):\n    return a + b\n```",
        "Sure! Here it is:\n\n```py\ndef add(a, b):\n    return a + b\n```\nIt adds.",
        "```python\ndef add(a, b):\n    return a + b",  # the closing fence was a stop sequence
        "def add(a, b):\n    return a + b\n\nThis adds two numbers.",
        "    return a + b",  # only the body: a completion
        "```python\nimport math\n```\nand then\n```python\ndef add(a, b):\n    return a + b\n```",
        "  ```python\ndef add(a, b):\n    return a + b\n  ```",
    ],
)
def test_the_solution_is_found_whatever_is_said_around_it(answer):
    namespace = {}
    exec(read_code(answer, ADD), namespace)
    assert namespace["add"](2, 3) == 5


@pytest.mark.parametrize(
    "answer", ["", "I cannot do that.", "```python\ndef sub(a, b):\n    return a - b\n```", "```\n((\n```"]
)
def test_an_answer_without_the_solution_is_no_candidate(answer):
    with pytest.raises(UnreadableAnswerError):
        read_code(answer, ADD)


def test_example_calls_below_the_solution_are_cut_off_but_what_it_uses_stays():
    code = read_code(
        "```python\nTABLE = {1: 2}\ndef add(a, b):\n    return a + b + SHIFT\nSHIFT = 0\nprint(add(1, 2))\n```", ADD
    )
    assert "SHIFT = 0" in code
    code = read_code("```python\ndef add(a, b):\n    return a + b\n\nassert add(1, 2) == 3\nprint(add(1, 2))\n```", ADD)
    assert code == "def add(a, b):\n    return a + b\n"


def test_imports_and_helpers_that_the_task_gives_are_put_before_the_solution():
    contract = ADD.model_copy(
        update={"imports": ("from typing import List",), "preamble": "def helper(x):\n    return x\n"}
    )
    code = read_code("```python\ndef add(a: List[int], b):\n    return helper(a) + b\n```", contract)
    namespace = {}
    exec(code, namespace)
    assert namespace["add"](2, 3) == 5


@given(st.text())
def test_reading_never_fails_in_another_way(text):
    with contextlib.suppress(UnreadableAnswerError):
        read_code(text, ADD)


def test_typing_names_that_nobody_imports_are_imported():
    contract = Contract(task="x", entry_point="Solution().twoSum", kind="class")
    answer = "```python\nclass Solution:\n    def twoSum(self, nums: List[int]) -> Optional[int]: ...\n```"
    code = read_code(answer, contract)
    assert code.startswith("from typing import List, Optional\n")
    assert "typing" not in read_code("```python\nclass Solution:\n    def twoSum(self, a: int): ...\n```", contract)
