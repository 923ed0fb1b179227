"""A contract that a human changed: seen to be sound, and told to the coder in full."""

import ast
from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from motet.agents.contract import Contract, Example
from motet.agents.reading import read_contract
from motet.agents.task_text import task_block
from motet.tools.source import parse_python


def completed_examples(contract: Any) -> Any:
    """Let whoever writes an example leave out its form and its words."""
    if not isinstance(contract, Mapping):
        return contract
    unknown = sorted(str(key) for key in set(contract) - set(Contract.model_fields))
    if unknown:
        raise ValueError(f"a contract has no {', '.join(unknown)}; it has {', '.join(Contract.model_fields)}")
    if not isinstance(contract.get("examples"), list | tuple):
        return contract
    return {**contract, "examples": [_completed(example) for example in contract["examples"]]}


def _completed(example: Any) -> Any:
    if not isinstance(example, Mapping) or "code" not in example:
        return example
    expected = example.get("expected")
    form = "assert" if expected is None else "comparison"
    text = example["code"] if expected is None else f"{example['code']} == {expected}"
    return {"form": form, "expected": expected, "text": text, **example}


def checked_contract(contract: Contract) -> Contract:
    """See that the parts of a contract are Python and fit each other; parameters are taken from the signature.

    Raises:
        ValueError: Saying which part is wrong, and how.
    """
    if not contract.task.strip():
        raise ValueError("task: it is empty")
    name = contract.entry_point
    if contract.kind == "program" and (name or contract.examples):
        raise ValueError("kind: a program has no entry point, nor examples that call one")
    if name is not None and not all(part.isidentifier() for part in name.replace("()", "").split(".")):
        raise ValueError(f"entry_point: {name!r} is not a name such as `add` or `Solution().add`")
    if any(parse_python(line) is None for line in contract.imports):
        raise ValueError("imports: there is a line that is not Python")
    if parse_python(contract.preamble) is None:
        raise ValueError("preamble: it is not Python")
    if contract.examples and name is None:
        raise ValueError("entry_point: without a name there is nothing that the examples call")
    for number, example in enumerate(contract.examples, 1):
        problem = _problem(example, contract)
        if problem:
            raise ValueError(f"example {number}: {problem}")
    return _with_parameters(contract) if contract.signature and name else contract


def _problem(example: Example, contract: Contract) -> str | None:
    tree = parse_python(example.code)
    if tree is None or not tree.body:
        return f"`{example.code}` is not Python"
    called = (contract.entry_point or "").rpartition(".")[2]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    if not names & {called, contract.defines}:
        return f"`{example.code}` does not call `{contract.entry_point}`"
    if example.expected is None:
        asserts = isinstance(tree.body[-1], ast.Assert)
        return None if asserts else f"`{example.code}` asserts nothing and has no `expected` value"
    if example.form == "doctest":
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return f"`{example.code}` is not one expression, whose value could be compared"
    value = parse_python(example.expected)
    is_value = value is not None and len(value.body) == 1 and isinstance(value.body[0], ast.Expr)
    return None if is_value else f"the expected `{example.expected}` is not a Python value"


def _with_parameters(contract: Contract) -> Contract:
    signature = (contract.signature or "").strip()
    name = (contract.entry_point or "").replace("()", "")
    owner, _, method = name.rpartition(".")
    stub = f"class {owner}:\n    {signature}\n        pass\n" if owner else f"{signature}\n    pass\n"
    if parse_python(stub) is None:
        raise ValueError(f"signature: `{signature}` is not a line such as `def {method}(a: int) -> int:`")
    read = read_contract(stub, entry_point=contract.entry_point)
    if read.signature is None:
        raise ValueError(f"signature: `{signature}` does not define `{method}`, the entry point")
    return contract.model_copy(
        update={"signature": read.signature, "parameters": read.parameters, "returns": read.returns}
    )


def amend(shown: Contract, edited: Contract) -> Contract:
    """The contract that a human's edit makes of the one that was shown.

    The coder is told the task's words, so what the human added and the words do not say is added to them. Where the
    human changed nothing but the words, they are read again.
    """
    if edited == shown.model_copy(update={"task": edited.task}) and edited.task != shown.task:
        return read_contract(edited.task, entry_point=shown.entry_point)
    facts = [] if edited.entry_point == shown.entry_point else [f"Its name is `{edited.entry_point}`."]
    facts += [one for one in edited.constraints if one not in shown.constraints]
    known = {(one.code, one.expected) for one in shown.examples}
    facts += [_in_words(one) for one in edited.examples if (one.code, one.expected) not in known]
    missing = [fact for fact in facts if fact not in edited.task]
    if edited.signature and edited.signature != shown.signature and edited.signature not in edited.task:
        missing.insert(0, f"Its signature is `{edited.signature.removesuffix(':')}`.")
    return with_words(edited, "\n".join(f"- {fact}" for fact in missing)) if missing else edited


def _in_words(example: Example) -> str:
    if example.expected is None:
        return f"`{example.code}`"
    verb = "shows" if example.form == "doctest" else "is"
    return f"`{example.code}` {verb} `{example.expected}`"


def with_words(contract: Contract, words: str) -> Contract:
    """The contract with something added to its task's words, which the coder is told."""
    form = Template((files("motet.agents") / "prompts" / "amendment.md").read_text(encoding="utf-8"))
    return contract.model_copy(update={"task": form.substitute(task=task_block(contract), words=words)})
