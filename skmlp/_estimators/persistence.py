"""What a saved estimator says of itself, so that loading can tell what is wrong.

The state of an estimator is plain: its parameters, and what it learned as arrays,
numbers and strings. Added are the version that saves it, as scikit-learn does for its
own estimators, and a checksum of each attribute and of their names.
"""

from __future__ import annotations

import warnings
import zlib
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

import skmlp
from skmlp._job import Network

_VERSION = "_skmlp_version"
_CHECKSUMS = "_skmlp_checksums"
_NAMES = "_skmlp_names"


class CheckedState(BaseEstimator):
    """An estimator whose state is checked when it is loaded."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the state, with the version and the checksums."""
        state = super().__getstate__()
        return {
            **state,
            _VERSION: skmlp.__version__,
            _CHECKSUMS: {name: checksum(value) for name, value in state.items()},
            # A pickle has each name once, so it is wrong in both places or in none.
            _NAMES: checksum(sorted(state)),
        }

    def __copy__(self) -> CheckedState:
        """Return an estimator that shares all it has with this one."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(vars(self))
        return copied

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state; warn of another version, and refuse damaged values."""
        state = dict(state)
        version = state.pop(_VERSION, "unknown")
        checksums = state.pop(_CHECKSUMS, {})
        names = state.pop(_NAMES, None)
        name = type(self).__name__
        if version != skmlp.__version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=f"{name} of skmlp",
                    current_sklearn_version=skmlp.__version__,
                    original_sklearn_version=version,
                ),
                stacklevel=2,
            )
        saved = checksums.keys() & state.keys()
        damaged = {key for key in saved if checksum(state[key]) != checksums[key]}
        # A subclass that makes its own state may leave out or add what it wants.
        makes_own_state = type(self).__getstate__ is not CheckedState.__getstate__
        has_names = names is not None or version == skmlp.__version__
        if has_names and not makes_own_state and names != checksum(sorted(state)):
            damaged.add("the names of its attributes")
        if damaged:
            raise ValueError(
                f"A saved {name} needs the bytes that were written. Got others in "
                f"{', '.join(sorted(damaged))}, by their checksums. Copy the file once "
                "more, or fit and save again."
            )
        super().__setstate__(state)


def checksum(value: Any, start: int = 0) -> int:
    """Return the CRC-32 of arrays, numbers and strings, in containers of any depth.

    Of objects of other kinds only the type counts, since equal ones may differ in
    their bytes. Files hold the results, so what is computed has to stay as it is.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        start = zlib.crc32(repr((value.shape, value.dtype.str)).encode(), start)
        return zlib.crc32(np.ascontiguousarray(value).data, start)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()  # an array of strings or objects, or a single number
    elif isinstance(value, Network):
        value = vars(value)  # not its fields: another version may have others
    if isinstance(value, dict):
        value = sorted(value.items(), key=lambda item: repr(item[0]))
    if isinstance(value, list | tuple):
        for item in value:
            start = checksum(item, start)
        return zlib.crc32(b"%d" % len(value), start)
    is_plain = isinstance(value, str | int | float | complex | bytes | None)
    plain = repr(value) if is_plain else type(value).__name__
    return zlib.crc32(plain.encode(), start)
