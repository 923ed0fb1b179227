"""What came of recalling a pattern, and what it is worth by that."""

import math
from collections.abc import Collection
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Use(BaseModel):
    """One time that a pattern was recalled for a task."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["answer", "example"]
    """`answer`: its solution was run on the new task; `example`: a model was shown it."""
    helped: bool
    """As an answer: it passed. As an example: the answer written with it in sight was the one that proved right."""
    note: str = ""
    """What happened, such as the test that it failed."""
    run: str | None = None
    at: datetime


class Worth(BaseModel):
    """What a pattern has earned."""

    model_config = ConfigDict(frozen=True)

    uses: int = 0
    helped: int = 0
    last: datetime | None = None
    """When it was last used."""

    @property
    def utility(self) -> float:
        """The share of uses that helped, 0 to 1, as if there had been two more with one success: Laplace's rule."""
        return (self.helped + 1) / (self.uses + 2)

    @classmethod
    def of(cls, uses: Collection[Use]) -> "Worth":
        """Sum up uses."""
        last = max((use.at for use in uses), default=None)
        return cls(uses=len(uses), helped=sum(use.helped for use in uses), last=last)

    def retention(self, *, created_at: datetime, now: datetime, half_life_days: float) -> float:
        """How much it is worth keeping: utility that fades with the time since it was last of use."""
        age = (now - (self.last or created_at)).total_seconds() / 86_400
        return self.utility * math.exp2(-max(age, 0.0) / half_life_days)
