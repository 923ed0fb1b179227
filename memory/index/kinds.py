"""What kind of file it is, by its path."""

import re

TEST = re.compile(
    r"(^|/)(tests?|testing|test_?data|spec|__tests__|benchmarks?|bench|examples?|docs?)(/|$)"
    r"|(^|/)(test_[^/]*|[^/]*_test|[^/]*_spec|[^/]*\.(test|spec)|conftest|[^/]*Tests?)\.\w+$"
)


def is_test(path: str) -> bool:
    """Whether a file tests or shows other code, so that a change seldom begins there."""
    return TEST.search(path) is not None
