r"""A file's bytes as text that can be edited, and back.

What an edit does not touch must come back byte for byte: encoding, byte order mark, line endings. So an encoding is
believed only where it gives back the very bytes that it read; Latin-1 always does.
"""

import codecs
import re
from typing import Self

from pydantic import BaseModel, ConfigDict

from motet.tools.edits.change import EditError
from motet.tools.edits.indentation import indentation_of
from motet.tools.edits.newlines import Newlines, plain_newlines

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it starts with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_NO_CODE = re.compile(r"[ \t\f]*(?:#.*)?\Z")
_SLOW = ("idna", "punycode")
"""Encodings of names of hosts, which take ages for a whole file."""


class Source(BaseModel):
    """One file, understood."""

    model_config = ConfigDict(frozen=True)

    text: str = ""
    r"""What it says, with `\n` at the end of each line."""
    encoding: str = "utf-8"
    """How characters became bytes."""
    mark: bytes = b""
    """The byte order mark at its start, if any."""
    newlines: Newlines = Newlines()
    """How its lines end."""

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Understand a file's bytes. Every file can be read, though not every one makes sense as text."""
        for mark, encoding in _MARKS.items():
            if data.startswith(mark) and (raw := _decoded(data[len(mark) :], encoding)) is not None:
                return cls(text=plain_newlines(raw), encoding=encoding, mark=mark, newlines=Newlines.of(raw))
        first_lines = b"\n".join(data[:4096].splitlines()[:2]).decode("latin-1")
        for encoding in (declared_encoding(first_lines), "utf-8"):
            if encoding is not None and (raw := _decoded(data, encoding)) is not None:
                return cls(text=plain_newlines(raw), encoding=encoding, newlines=Newlines.of(raw))
        raw = data.decode("latin-1")
        return cls(text=plain_newlines(raw), encoding="latin-1", newlines=Newlines.of(raw))

    def write(self, text: str) -> bytes:
        """The bytes of this file with another text.

        A text that declares another encoding than the file did is written in that.

        Raises:
            EditError: The encoding has no such character, or nobody knows that encoding.
        """
        text = plain_newlines(text)
        encoding = self.encoding
        if not self.mark and declared_encoding(text) != declared_encoding(self.text):
            encoding = declared_encoding(text) or "utf-8"
        try:
            return self.mark + self.newlines.restore(text).encode(encoding)
        except LookupError:
            raise EditError(f"Python knows no encoding {encoding!r}. Declare one that it knows, or none.") from None
        except UnicodeEncodeError as error:
            line = len(re.findall(r"\r\n|\r|\n", error.object[: error.start])) + 1
            raise EditError(
                f"Line {line} of the new text holds {error.object[error.start]!a}, which the file's encoding, "
                f"{encoding}, does not have. Write it with characters of that encoding, or as an escape."
            ) from None
        except UnicodeError as error:
            raise EditError(f"The new text cannot be written in the file's encoding, {encoding}: {error}.") from None

    @property
    def ends_in_newline(self) -> bool:
        """Whether the last line is ended; so it is in an empty file, which has none."""
        return not self.text or self.text.endswith("\n")

    @property
    def binary(self) -> bool:
        """Whether this is no text."""
        return "\0" in self.text

    @property
    def indentation(self) -> str | None:
        """What one level of its lines is indented by: a tab or spaces; `None` where it has none, or both."""
        return indentation_of(self.text.split("\n"))


def declared_encoding(text: str) -> str | None:
    """The encoding that a text names as PEP 263 says, in a comment on one of its first two lines."""
    for line in text.split("\n", 2)[:2]:
        if found := _COOKIE.match(line):
            return found[1].lower()
        if not _NO_CODE.match(line):
            return None
    return None


def _decoded(data: bytes, encoding: str) -> str | None:
    """The text, where the encoding gives back the same bytes."""
    if encoding.lower() in _SLOW:
        return None
    try:
        text = data.decode(encoding)
        text.encode("utf-8")  # halves of characters are no text
        return text if text.encode(encoding) == data else None
    except (ValueError, LookupError):
        return None
