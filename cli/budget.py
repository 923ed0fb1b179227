"""The limits and prices that a user gives to a run."""

from pathlib import Path
from typing import TYPE_CHECKING

from motet.cli.errors import BadInputError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from motet.models import BudgetLimits, Prices


def read_prices(path: Path) -> "Prices":
    """Read the file behind `--prices`.

    Raises:
        BadInputError: It cannot be read, or holds no prices.
    """
    from motet.models import Prices

    try:
        return Prices.read(path)
    except OSError as error:
        raise BadInputError(f"The prices in {str(path)!r} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise BadInputError(str(error)) from None


def check_priced(chat: "BaseChatModel", limits: "BudgetLimits", prices: "Prices") -> None:
    """See before any work that a limit on money can be kept.

    Raises:
        BadInputError: The model has no price.
    """
    from motet.models import Ledger, UnpricedModelError

    try:
        Ledger(limits, prices=prices).check_priced(chat)
    except UnpricedModelError as error:
        raise BadInputError(f"{error} Name such a file with --prices.") from None
