"""Reading tasks into contracts, without a model."""

from motet.agents.reading.reader import read_contract

__all__ = ["read_contract"]
