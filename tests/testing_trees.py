"""Small repositories for the tests of suites."""

import textwrap

from motet.tools.suite import Entry, Tree


def tree_of(files: dict[str, str]) -> Tree:
    return Tree(Entry(path, textwrap.dedent(text).encode()) for path, text in files.items())


CALC = {
    "calc/__init__.py": "from calc.core import add\nfrom .more import twice as double\n",
    "calc/core.py": "def add(a, b):\n    return a + b\n",
    "calc/more.py": """
        from .core import add


        class Twice:
            @staticmethod
            def of(x):
                def inner():
                    return add(x, x)

                return inner()


        def twice(x):
            return Twice.of(x)


        def idle():
            return None
        """,
    "tests/test_core.py": """
        import pytest
        from calc import add


        @pytest.mark.parametrize("n", [1, 2])
        def test_add(n):
            assert add(n, 1) == n + 1


        class TestGroup:
            def test_inside(self):
                assert add(0, 0) == 0
        """,
    "tests/test_more.py": "from calc import double\n\n\ndef test_double():\n    assert double(2) == 4\n",
}
