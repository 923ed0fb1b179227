"""What a LangGraph store promises, as tests that anybody's store can be held against.

LangGraph has no suite of this kind; these follow what its documentation says and what its own stores have in common.
Where those differ from each other a test asks only for what they share, or a flag of the class tells which way a store
goes.

Example:
    ```python
    import pytest
    from motet.memory.conformance import StoreConformance

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda index=None, ttl=None: MyStore(tmp_path, index=index, ttl=ttl)
    ```
"""

from motet.memory.conformance.suite import StoreConformance
from motet.memory.conformance.words import WordEmbeddings

__all__ = ["StoreConformance", "WordEmbeddings"]
