"""A sentence transformer on onnxruntime: text to tokens, tokens through the network, their mean as a unit vector."""

import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from motet.models import EmbeddingModel, Progress, ensure_weights, usable_cores

if TYPE_CHECKING:
    from tokenizers import Encoding

TOKENS_AT_ONCE = 2048
"""Tokens of one pass, padding included. The network needs about 200 kB for each, and is no faster with more."""
CHARACTERS_A_TOKEN = 64
"""A text is cut to so many characters for each token it may have, so that a huge one is not tokenized in vain."""

Vectors = npt.NDArray[np.float32]


class Encoder:
    """One loaded network. It may be used from several threads; they take turns, so that its threads stay so many.

    Args:
        model: Which; its files are fetched where they are missing.
        progress: Is told how far that has come.
    """

    def __init__(self, model: EmbeddingModel, progress: Progress | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cores()
        options.inter_op_num_threads = 1
        # Threads that wait for work in a loop would take the processor from whoever has some.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        weights = ensure_weights(model, progress)
        (tokenizer,) = (ensure_weights(file, progress) for file in model.companions)
        self._network = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(model.max_tokens)
        self._tokenizer.no_padding()
        self._model = model
        self._turn = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One unit vector for each text."""
        # One by one, because the tokenizer's own batches take a thread for each core.
        encodings = [self._tokenizer.encode(self._readable(text)) for text in texts]
        vectors = np.empty((len(texts), self._model.dimensions), dtype=np.float32)
        for batch in batches([len(encoding) for encoding in encodings]):
            vectors[batch] = self._pass([encodings[index] for index in batch])
        return vectors

    def _readable(self, text: str) -> str:
        start = text[: CHARACTERS_A_TOKEN * self._model.max_tokens]
        return start.encode("utf-8", errors="replace").decode()  # half a surrogate pair is no text to the tokenizer

    def _pass(self, encodings: Sequence["Encoding"]) -> Vectors:
        longest = max(len(encoding) for encoding in encodings)
        tokens = np.zeros((len(encodings), longest), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, encoding in enumerate(encodings):
            tokens[row, : len(encoding)] = encoding.ids
            mask[row, : len(encoding)] = 1
        with self._turn:
            (states,) = self._network.run(
                ["last_hidden_state"],
                {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)},
            )
        shares = mask.astype(np.float32) / mask.sum(axis=1, keepdims=True)
        means = (shares[:, None, :] @ np.asarray(states))[:, 0]
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The positions of texts in passes of alike lengths, because a short text is padded to the longest beside it."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


_loaded: dict[tuple[int, str], Encoder] = {}
_loading: dict[int, threading.Lock] = {}


def encoder_for(model: EmbeddingModel, progress: Progress | None = None) -> Encoder:
    """This process's encoder of a model, loaded when it is first asked for."""
    process = os.getpid()  # the threads of a network do not live on in a fork, so a fork loads its own
    with _loading.setdefault(process, threading.Lock()):
        if (process, model.name) not in _loaded:
            _loaded[process, model.name] = Encoder(model, progress)
        return _loaded[process, model.name]
