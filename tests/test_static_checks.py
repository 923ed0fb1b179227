"""What code gets wrong before it runs: names, modules, attributes and arguments that do not exist."""

import sysconfig
from pathlib import Path

import pytest
from testing_boxes import KINDS, session_in

from motet.graphs import SMALL, create_team
from motet.models import ScriptedChatModel
from motet.tools.checks import acheck, check

HALLUCINATIONS = [
    ("import numpyy", "unknown_import", "numpyy", "`numpy` exists, but is not installed"),
    ("import pandas as pd", "not_installed", "pandas", "not installed in the sandbox"),
    ("import collections.counter", "unknown_import", "collections.counter", "does not exist"),
    ("from math import cbrt2", "unknown_attribute", "math.cbrt2", "There is `cbrt`"),
    ("from collections import lru_cache", "unknown_attribute", "collections.lru_cache", "`functools.lru_cache`"),
    ("import os.path\np = os.path.joinn('a', 'b')", "unknown_attribute", "os.path.joinn", "There is `join`"),
    (
        "import statistics as s\ndef f(x):\n    return s.rolling_mean(x, 3)",
        "unknown_attribute",
        "statistics.rolling_mean",
        "",
    ),
    ("import textwrap\nprint(textwrap.justify('x'))", "unknown_attribute", "textwrap.justify", "has no `justify`"),
    ("x = 'abc'.reverse()", "unknown_attribute", "str.reverse", "A `str` has no `reverse`"),
    ("def f():\n    out = []\n    out.push(1)\n    return out", "unknown_attribute", "list.push", "There is `append`"),
    ("def f(s):\n    return ' '.join(s).split(',').map(int)", "unknown_attribute", "list.map", "map()"),
    (
        "from collections import Counter\nx = Counter('a').most_comon(1)",
        "unknown_attribute",
        "Counter.most_comon",
        "`most_common`",
    ),
    (
        "import datetime\nx = datetime.datetime.today_utc()",
        "unknown_attribute",
        "datetime.datetime.today_utc",
        "The class",
    ),
    ("x = sorted([3, 1], reversed=True)", "unknown_argument", "sorted(reversed=)", "it takes `key`, `reverse`"),
    ("def f(x):\n    return reduce(max, x)", "undefined_name", "reduce", "`functools.reduce`, which is not imported"),
]

FINE = {
    "guarded by ImportError": "try:\n    import numpyy\nexcept ImportError:\n    numpyy = None",
    "guarded by AttributeError": "import math\ntry:\n    f = math.cbrt2\nexcept AttributeError:\n    f = None",
    "guarded by hasattr": "import math\nf = math.cbrt2 if hasattr(math, 'cbrt2') else None",
    "guarded by suppress": "import contextlib\nwith contextlib.suppress(ImportError):\n    import numpyy",
    "only for types": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from numpyy import Array",
    "another system": "import os, sys\nif sys.platform == 'win32':\n    os.startfile('x')",
    "left early elsewhere": "import os, sys\ndef f():\n    if sys.platform != 'x':\n        return\n    os.wow()",
    "a condition": "FAST = False\nif FAST:\n    import numpyy",
    "a shadowed module": "import math\nclass Mine:\n    cbrt2 = abs\nmath = Mine\nmath.cbrt2(1)",
    "a parameter of that name": "import math\ndef f(math):\n    return math.cbrt2(1)",
    "an attribute that it sets": "import math\nmath.cbrt2 = abs\nmath.cbrt2(1)",
    "a builtin of its own": "def sorted(x, reversed):\n    return x\nsorted([1], reversed=True)",
    "bound twice": "x = []\nx = object()\nx.push(1)",
    "bound by another function": "x = []\ndef f(y):\n    global x\n    x = y\nx.push(1)",
    "a star": "from operator import *\nsorted([1], reversed=True)",
    "a subclass": "class Stack(list):\n    def push(self, x):\n        self.append(x)\ns = Stack()\ns.push(1)",
    "an annotation nobody evaluates": "def f():\n    x: List[int] = []\n    return x",
    "an annotation in quotes": "def f(x: 'List[int]'):\n    return x",
    "a name made at run time": "globals()['made'] = 1\nprint(made)",
    "a submodule that nobody imports": "import concurrent\nx = concurrent.futures.ThreadPoolExecutor",
    "itself": "import solution",
    "nothing": "",
}


@pytest.fixture(scope="module", params=KINDS)
def session(request):
    with session_in(request.param) as session:
        yield session


@pytest.mark.parametrize(("code", "kind", "name", "words"), HALLUCINATIONS, ids=[case[2] for case in HALLUCINATIONS])
def test_what_does_not_exist_is_named_before_anything_runs(session, code, kind, name, words):
    found = [finding for finding in check(session, code).blocking if finding.name == name]
    assert [finding.kind for finding in found] == [kind]
    assert words in found[0].message
    assert found[0].line == len(code.splitlines()) or "\n    return out" in code


@pytest.mark.parametrize("code", FINE.values(), ids=FINE)
def test_what_the_code_guards_or_nobody_can_know_never_blocks(session, code):
    checks = check(session, code)
    assert checks.problem is None
    assert checks.blocking == ()


def test_syntax_is_told_with_its_place(session):
    (finding,) = check(session, "def f(x):\n    return x +\n").findings
    assert (finding.kind, finding.line, finding.blocks) == ("syntax", 2, True)
    assert finding.column


def test_nothing_of_the_code_runs(session):
    assert check(session, "import os, time\nprint('x')\nwhile True:\n    time.sleep(1)\nos._exit(3)").blocking == ()


def test_unused_imports_and_replaced_definitions_are_remarks(session):
    checks = check(session, "import math\ndef f():\n    return 1\ndef f():\n    return 2\n")
    assert {(finding.kind, finding.blocks) for finding in checks.findings} == {
        ("unused_import", False),
        ("redefinition", False),
    }


def test_a_parameter_that_only_says_its_type_is_no_proof(session):
    (finding,) = check(session, "def f(s: str):\n    return s.reverse()\n").findings
    assert (finding.name, finding.blocks) == ("str.reverse", False)


@pytest.mark.parametrize(
    "code", ["\0", "x = " + "(" * 5000, "x = " + "-" * 50_000 + "1", "é = '\ud800'", "x = 1\n" * 20_000]
)
async def test_odd_code_gets_an_answer_and_no_exception(session, code):
    checks = await acheck(session, code)
    assert checks.problem or checks.findings or code.startswith("x = 1")


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    "module", ["argparse", "statistics", "textwrap", "json/encoder", "tempfile", "dataclasses", "fractions"]
)
def test_the_standard_library_itself_is_not_blocked(module):
    code = Path(sysconfig.get_path("stdlib"), f"{module}.py").read_text("utf-8")
    with session_in("bubblewrap") as session:  # which lends this very interpreter
        assert check(session, code).blocking == ()


@pytest.mark.bubblewrap
def test_a_repair_is_told_what_does_not_exist_and_what_does():
    wrong = "```python\nfrom math import cbrt2\ndef root(x):\n    return round(cbrt2(x))\n```"
    right = "```python\ndef root(x):\n    return round(x ** (1 / 3))\n```"
    model = ScriptedChatModel(coder=[wrong, wrong, wrong, wrong, right])
    repairs = SMALL.model_copy(update={"candidates": 4, "repair_rounds": 1})
    team = create_team(model=model, policy=repairs, sandbox="bubblewrap")
    events = list(team.stream({"task": "Write root(x). root(27) == 3 and root(8) == 2."}, stream_mode="custom"))
    report = next(event["report"] for event in events if event["event"] == "report")
    assert [finding.name for finding in report.static if finding.blocks] == ["math.cbrt2"]
    asked = str(model.asked[-1].messages[-1].content)
    assert "The module `math` has no `cbrt2`. There is `cbrt`." in asked
