"""Comparisons that have to happen where the values live. Runs in the sandbox, called by rewritten asserts."""

from motet.tools.testing.describing import show


def equal(left: object, right: object) -> bool:
    """As `left == right`, but nothing that equals just everything is equal.

    Only `unittest.mock.ANY` may be that, for tests use it on purpose.
    """
    verdict = bool(left == right)
    return verdict and not (_equals_everything(left) or _equals_everything(right))


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
