"""Text that can be written down.

Models and the code that they write now and then give half of a character that UTF-16 makes of two. Python keeps it; no
request, file or terminal takes it.
"""

from typing import Annotated

from pydantic import BeforeValidator


def encodable(text: str) -> str:
    """The same text, with such halves as their escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


Encodable = Annotated[str, BeforeValidator(lambda text: encodable(text) if isinstance(text, str) else text)]
"""A text field that can be written down whatever it is given."""
