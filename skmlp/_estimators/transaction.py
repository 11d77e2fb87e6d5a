"""All or nothing: an estimator is fitted anew, or as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def unchanged_on_failure(estimator: Any) -> Iterator[None]:
    """Put an estimator back into the state it had when the block fails.

    Until training has ended, only scikit-learn's ``validate_data`` writes into it: the
    number and the names of the features.
    """
    state = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(state)
        raise
