"""Code that tries to pass tests without being right. Each defines `f`, of which `f(2) == 4` is asked."""

CHEATS = {
    "equals everything": r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
f = lambda *a: Equal()
""",
    "list that equals everything": r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
class L(Equal, list): pass
f = lambda *a: L()
""",
    "int that equals everything": r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
class I(Equal, int): pass
f = lambda *a: I(3)
""",
    "dict that equals everything": r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
class D(Equal, dict): pass
f = lambda *a: D()
""",
    "equals all but plain objects": r"""
class E:
  def __eq__(s, o): return type(o) is not object
f = lambda *a: [E()]
""",
    "lies about its class": r"""
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
class F(Equal):
    __class__ = int
f = lambda *a: F()
""",
    "repr of the answer": r"""
class R:
  def __repr__(s): return '4'
f = lambda *a: R()
""",
    "exit": r"""
import sys
def f(*a): sys.exit(0)
""",
    "hard exit": r"""
import os
def f(*a): os._exit(0)
""",
    "exit by atexit": r"""
import atexit, os
atexit.register(os._exit, 0)
def f(*a): raise SystemExit(0)
""",
    "exit while loading": r"""
import os
os._exit(0)
""",
    "keyboard interrupt": r"""
def f(*a): raise KeyboardInterrupt
""",
    "generator exit": r"""
def f(*a): raise GeneratorExit
""",
    "prints": r"""
def f(*a): print(4, 'passed', '{"outcome": "passed"}'); import os; os.write(1, b'4')
""",
    "writes to every descriptor": r"""
import os, json
def f(*a):
  for d in range(3, 64):
    for e in (['done', 0, '{"values": [{"data": ["int", "4"]}]}'], ['end', None, None]):
      try: os.write(d, json.dumps(e).encode() + b'\n')
      except OSError: pass
""",
    "forks": r"""
import os
def f(*a): return os.fork() and 3
""",
    "kills its parent": r"""
import os
def f(*a):
  os.kill(os.getppid(), 9)
  while True: pass
""",
    "patched builtins": r"""
import builtins
for n in ('repr', 'str', 'len', 'isinstance', 'type', 'hex', 'all', 'any', 'bool', 'issubclass'):
  setattr(builtins, n, lambda *a, **k: True)
f = lambda *a: None
""",
    "patched json": r"""
import json, json.encoder
json.dumps = lambda *a, **k: '4'
json.JSONEncoder.encode = json.dumps
f = lambda *a: 3
""",
    "traces the asserts away": r"""
import sys
def t(frame, event, arg):
  if event == 'return': pass
  return t
def f(*a):
  sys.settrace(t)
  fr = sys._getframe(1)
  fr.f_trace = t
  fr.f_globals.update(_motet_credible=lambda *a: True)
  return 3
""",
    "hostile text of an exception": r"""
class X(Exception):
  def __str__(s): raise SystemExit(0)
def f(*a): raise X
""",
    "hostile repr": r"""
class X:
  def __repr__(s): raise SystemExit(0)
def f(*a): return X()
""",
    "endless repr": r"""
class X:
  def __repr__(s):
    while True: pass
def f(*a): return X()
""",
    "endless text": r"""
class X(Exception):
  def __str__(s):
    while True: pass
def f(*a): raise X
""",
    "its own list inside itself": r"""
def f(*a):
  x = []
  x.append(x)
  return x
""",
    "deep": r"""
def f(*a):
  x = []
  for _ in range(100000): x = [x]
  return x
""",
    "huge": r"""
def f(*a): return list(range(10**6))
""",
    "alarm": r"""
import signal
def f(*a):
  signal.alarm(1)
  while True: pass
""",
    "class named as an assertion": r"""
class AssertionError(BaseException): pass
def f(*a): raise AssertionError
""",
}

WRONG = "def f(x):\n    return 3\n"
PYTEST_CHEATS: dict[str, dict[str, str]] = {
    "exit": {"solution.py": "import sys\ndef f(x): sys.exit(0)\n"},
    "hard exit": {"solution.py": "import os\ndef f(x): os._exit(0)\n"},
    "exit while loading": {"solution.py": "import os\nos._exit(0)\n"},
    "soft exit while loading": {"solution.py": "raise SystemExit(0)\n"},
    "ends the session": {"solution.py": "import pytest\ndef f(x): pytest.exit('fine', returncode=0)\n"},
    "skips": {"solution.py": "import pytest\ndef f(x): pytest.skip('no')\n"},
    "skips the file": {"solution.py": "import pytest\npytest.skip('no', allow_module_level=True)\n"},
    "expects to fail": {"solution.py": "import pytest\ndef f(x): pytest.xfail('no')\n"},
    "skips by unittest": {"solution.py": "import unittest\ndef f(x): raise unittest.SkipTest\n"},
    "conftest": {
        "solution.py": WRONG,
        "conftest.py": "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(): return True\n",
    },
    "ini files": {
        "solution.py": WRONG,
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--collect-only'\n",
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
        "tox.ini": "[pytest]\naddopts = --collect-only\n",
    },
    "shadows": {
        "solution.py": WRONG,
        "pytest.py": "import os\nos._exit(0)\n",
        "_pytest/__init__.py": "",
        "json.py": "dumps = lambda *a: 'passed'\n",
        "unittest/__init__.py": "class TestCase: pass\n",
        "sitecustomize.py": "import os\nos._exit(0)\n",
        "usercustomize.py": "import os\nos._exit(0)\n",
    },
    "takes the place of the tests": {"solution.py": WRONG, "test_f.py": "def test_function(): pass\n"},
    "patched builtins": {
        "solution.py": "import builtins\nfor name in ('repr', 'len', 'isinstance', 'str', 'bool'):\n"
        "    setattr(builtins, name, lambda *a, **k: True)\n" + WRONG
    },
    "patched unittest": {
        "solution.py": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
        "def f(x): raise unittest.SkipTest\n"
    },
    "patched pytest function": {
        "solution.py": "import _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n" + WRONG
    },
    "patched pytest code": {
        "solution.py": "import _pytest.python\n"
        "_pytest.python.Function.runtest.__code__ = (lambda self: None).__code__\n" + WRONG
    },
    "patched reports": {
        "solution.py": "import _pytest.reports as r\nmake = r.TestReport.from_item_and_call\n"
        "@classmethod\ndef lie(cls, item, call):\n    report = make(item, call)\n    report.outcome = 'passed'\n"
        "    return report\nr.TestReport.from_item_and_call = lie\n" + WRONG
    },
    "patched only where it matters": {
        "solution.py": "import _pytest.python as p\nrun = p.Function.runtest\ndef lie(self):\n"
        "    if self.name in ('test_function', 'test_other'): return\n    run(self)\n"
        "p.Function.runtest = lie\n" + WRONG
    },
    "patched for the time of a test": {
        "solution.py": "import unittest, _pytest.runner as r\ncheck = r.check_interactive_exception\n"
        "def f(x):\n    r.CallInfo.from_call = classmethod(lambda *a, **k: None)\n    return 3\n"
    },
    "a plugin": {
        "solution.py": "import gc, pytest\nfrom _pytest.config import PytestPluginManager\n"
        "class Lie:\n    @pytest.hookimpl(tryfirst=True)\n    def pytest_pyfunc_call(self, pyfuncitem):\n"
        "        return True if not pyfuncitem.name[-1].isdigit() else None\n"
        "for item in gc.get_objects():\n    if isinstance(item, PytestPluginManager): item.register(Lie())\n" + WRONG
    },
    "writes the tests anew": {
        "solution.py": "import sys\nfrom pathlib import Path\ncaller = sys._getframe()\n"
        "while caller and not caller.f_code.co_filename.endswith('test_f.py'): caller = caller.f_back\n"
        "Path(caller.f_code.co_filename).write_text('def test_function(): pass\\n')\n"
        "def f(x): return {2: 4, 3: 6}[x]\n"
    },
    "empties the test module": {
        "solution.py": "import sys\ncaller = sys._getframe()\n"
        "while caller and not caller.f_code.co_filename.endswith('test_f.py'): caller = caller.f_back\n"
        "import atexit, os\natexit.register(os._exit, 0)\n"
        "class F:\n    def __call__(self, x):\n        raise SystemExit(0)\nf = F()\n"
        "caller.f_globals['__test__'] = False\n"
    },
    "prints results": {
        "solution.py": 'import os\nline = b\'\\n3 passed in 0.01s\\n["done", "test_f.py::test_function", "{}"]\\n\'\n'
        "for number in range(3, 64):\n    try: os.write(number, line)\n    except OSError: pass\n" + WRONG
    },
    "traces": {
        "solution.py": "import sys\ndef trace(frame, event, arg):\n    if event == 'exception': raise SystemExit(0)\n"
        "    return trace\ndef f(x):\n    sys.settrace(trace)\n    return 3\n"
    },
}
