"""Tests that must fail, added to those that are run: where one passes, nothing that passed means anything."""

import secrets

from motet.tools.sandbox import Files
from motet.tools.testing.pytest_files import text_of


class Canaries:
    """Tests that must fail, under names that nobody can foresee, in every way that a test can fail."""

    def __init__(self, tests: Files) -> None:
        mark = secrets.token_hex(4)
        left, right = secrets.token_hex(4), secrets.token_hex(4)
        self.names = [f"test_{mark}_{number}" for number in range(3)]
        first, second, third = self.names
        self.text = (
            f"\n\ndef {first}():\n    assert {left!r} == {right!r}\n"
            f"\n\ndef {second}():\n    raise ValueError({left!r})\n"
            f"\n\ndef {third}():\n    import pytest\n    with pytest.raises(ValueError):\n        {left!r}.upper()\n"
        )
        self.with_unittest = any("unittest" in text_of(content) for content in tests.values())
        if self.with_unittest:
            self.names.append(f"test_{mark}_3")
            self.text += (
                f"\n\nimport unittest as _unittest_{mark}\n\n\nclass Test_{mark}(_unittest_{mark}.TestCase):\n"
                f"    def {self.names[-1]}(self):\n        self.assertEqual({left!r}, {right!r})\n"
            )

    def are(self, nodeid: str) -> bool:
        """Whether a test is a canary."""
        return nodeid.rsplit("::", 1)[-1] in self.names
