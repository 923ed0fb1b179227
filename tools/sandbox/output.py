"""Reads what a command writes without ever holding more of it than is kept."""

from collections import deque


class CappedOutput:
    """The head and the tail of a stream, and how long it was."""

    def __init__(self, kept_bytes: int) -> None:
        self._half = kept_bytes // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self.total_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Take what the stream gave next."""
        self.total_bytes += len(chunk)
        room = self._half - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if chunk:
            self._tail.append(chunk)
            self._tail_size += len(chunk)
            while self._tail_size - len(self._tail[0]) >= self._half:
                self._tail_size -= len(self._tail.popleft())

    def text(self) -> str:
        """What was kept, as UTF-8 with undecodable bytes replaced; a note stands where something was left out."""
        tail = b"".join(self._tail)[-self._half :] if self._tail else b""
        left_out = self.total_bytes - len(self._head) - len(tail)
        note = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (bytes(self._head) + note + tail).decode("utf-8", "replace")
