"""Small repositories with a fault, a team on them with a scripted model, and a look at what it must not touch."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from testing_code import repository

from motet.agents import TeamContext
from motet.agents.repo import place
from motet.graphs.repo import RepoPolicy, create_repo_team
from motet.models import ScriptedChatModel, truncated
from motet.tools.sandbox import SandboxError, Session, resolve_sandbox

MONEY = '''"""Prices."""

CENT = 100


def round_price(amount):
    """Round half up to whole cents, as tax law wants it."""
    return int(amount * CENT + 0.5) / CENT


def parse_amount(text):
    """Read an amount as people type it: with a comma or a point."""
    return float(text.replace(",", ","))
'''
TESTS = """from shop.money import parse_amount, round_price


def test_rounds():
    assert round_price(2.5) == 2.5


def test_point():
    assert parse_amount("1.5") == 1.5
"""
SHOP = {"shop/__init__.py": "", "shop/money.py": MONEY, "tests/test_money.py": TESTS, "README.md": "A shop.\n"}
WORDS = "`parse_amount` in shop/money.py does not take a comma."
ISSUE = f"""{WORDS}

```python
from shop.money import parse_amount
assert parse_amount("1,5") == 1.5
```
"""


def function(body: str, head: str = "def parse_amount(text):") -> str:
    """An answer with one function."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"```python\n{head}\n{lines}```"


RIGHT = function('return float(text.replace(",", "."))')
WRONG = function('return float(text.strip().replace(",", ","))')
BREAKING = function('return 1.5 if "," in text else 0.0')
"""Mends what the issue shows, and breaks a test."""

VOID = {
    "no function": "I would change the function so that it takes a comma.",
    "another name": function("return 1.5", "def parse_amounts(text):"),
    "unchanged": function('return float(text.replace(",", ","))'),
    "cut off": truncated("```python\ndef parse_amount(text):\n    return float("),
    "no Python": "```python\ndef parse_amount(text:\n    return 1\n```",
}
"""Answers that are no patch."""


def shop(root: Path, **more: str | bytes) -> Path:
    """The shop, with further files by their path."""
    return repository(root, {**SHOP, **more})


def search_replace(path: str, old: str, new: str) -> str:
    """One block of an answer."""
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def team(*coder, policy="1.5b", sandbox="bubblewrap", options=None, **roles):
    """A team and the model that it asks."""
    model = ScriptedChatModel(coder=list(coder), **{role: list(lines) for role, lines in roles.items()})
    return create_repo_team(model=model, policy=policy, sandbox=sandbox, **(options or {})), model


def fix(root: Path, *coder, issue=ISSUE, given=None, limits=None, **more):
    """One run of a team; what it gave back, and the model."""
    voices, model = team(*coder, **more)
    asked = {"repository": str(root), "issue": issue, **(given or {})}
    return voices.invoke(asked, context=TeamContext(limits=limits)), model


def small(**numbers) -> RepoPolicy:
    """A policy without frills."""
    return RepoPolicy(**{"reproductions": 0, "candidates": 2, **numbers})


def forget_places() -> None:
    """As in a new process: nothing is known that is not in a checkpoint or on the disk."""
    place._places.clear()


def prints(root: Path) -> dict[str, str]:
    """A fingerprint of every file below a folder, git's own among them."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


class BrokenSandbox:
    """A sandbox that some sessions cannot be had of, counted from 1."""

    kind = "bubblewrap"

    def __init__(self, lost: Iterable[int]) -> None:
        self._real = resolve_sandbox("bubblewrap")
        self._lost = set(lost)
        self._count = 0

    @property
    def capabilities(self):
        return self._real.capabilities

    def session(self) -> Session:
        self._count += 1
        if self._count in self._lost:
            raise SandboxError("The engine went away.")
        return self._real.session()

    def close(self) -> None:
        self._real.close()
