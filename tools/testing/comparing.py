"""Comparisons that have to happen where the values live. Runs in the sandbox, called by rewritten asserts."""

from motet.tools.testing.describing import show


def credible(left: object, right: object) -> bool:
    """Whether it means something that two values are equal: neither of them equals just everything.

    Only `unittest.mock.ANY` may do that, for tests use it on purpose.
    """
    return not (_equals_everything(left) or _equals_everything(right))


def explain(left: object, operator: str, right: object, note: object = None) -> str:
    """The message of an assert that failed, with both sides."""
    sides = f"{show(left)} {operator} {show(right)} is not so"
    return sides if note is None else f"{note}: {sides}"


def _equals_everything(value: object) -> bool:
    if type(value).__module__ == "unittest.mock":
        return False
    try:
        return bool(value == object())
    except Exception:
        return False
