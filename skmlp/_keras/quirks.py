"""Private names of Keras, jax and scikeras, in one place, and why each is used.

================  ====================================================================
dependency        what is used, and why
================  ====================================================================
Keras             the epoch at which ``BackupAndRestore`` resumes; the model that a
                  callback holds; whether ``TensorBoard`` traces
scikeras          imported without the patches that it leaves on Keras' classes
jax               float64, allowed to one thread
TensorFlow        the call of a concrete function without checks of its arguments
================  ====================================================================

Those of Keras' optimizers are in :mod:`skmlp._keras.optimizers`, and those that start
TensorFlow in :mod:`skmlp._keras.start`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from skmlp._keras.start import STARTING, import_keras, start_up_chatter_dropped


@contextlib.contextmanager
def float64_allowed() -> Iterator[None]:
    """Let this thread compute in float64 on jax.

    jax makes float32 of it, with a warning, unless its switch ``jax_enable_x64`` is on.
    The switch of the process stays as it is. The other backends have none.
    """
    if import_keras().config.backend() != "jax":
        yield
        return

    import jax

    with jax.enable_x64(True):
        yield


def available_type(dtype: str) -> str:
    """Return the type that Keras computes in here where ``dtype`` is asked for."""
    if import_keras().config.backend() != "jax":
        return dtype

    import jax

    return jax.dtypes.canonicalize_dtype(dtype).name


# What ``import scikeras`` replaces on Keras' public classes, for everybody.
_PATCHED_BY_SCIKERAS = (
    ("Model", "__reduce__"),
    ("Model", "__deepcopy__"),
    ("losses.Loss", "__reduce__"),
    ("metrics.Metric", "__reduce__"),
    ("optimizers.Optimizer", "__reduce__"),
)


def import_scikeras_wrapper() -> type:
    """Import scikeras' wrapper, and undo the patches that the import puts on Keras.

    A process that imported scikeras by itself keeps them.
    """
    if "scikeras" in sys.modules:
        from scikeras.wrappers import BaseWrapper

        return BaseWrapper

    keras = import_keras()
    originals = []
    for path, method in _PATCHED_BY_SCIKERAS:
        owner: Any = keras
        for name in path.split("."):
            owner = getattr(owner, name)
        originals.append((owner, method, vars(owner).get(method)))
    try:
        with STARTING, start_up_chatter_dropped():  # it imports TensorFlow
            from scikeras.wrappers import BaseWrapper
    finally:
        for owner, method, original in originals:
            if original is not None:
                setattr(owner, method, original)
            elif method in vars(owner):
                delattr(owner, method)
    return BaseWrapper


def take_resumed_epoch(model: Any) -> int:
    """Return the epoch that a callback asked ``model`` to resume at, and forget it."""
    epoch = getattr(model, "_initial_epoch", None) or 0
    model._initial_epoch = None
    return epoch


def release_model(callback: Any) -> None:
    """Make a callback forget the model that it was called with.

    It was made for one fit. A callback that holds it would keep its memory, and could
    be neither cloned nor pickled cheaply.
    """
    callback._model = None


def traces_batches(tensorboard: Any) -> bool:
    """Return whether a ``TensorBoard`` callback profiles a range of batches."""
    return tensorboard._should_trace


def backend_is_tensorflow() -> bool:
    """Return whether TensorFlow is the backend of Keras."""
    return import_keras().config.backend() == "tensorflow"


def quick_call(concrete: Any) -> Any:
    """Return what calls a concrete function of TensorFlow with tensors of its types.

    The public call binds and checks its arguments anew, which for two dozen takes
    longer than an epoch of a small network.
    """
    call, captured = concrete._inference_function.call_flat, concrete.captured_inputs
    if not captured:
        return call
    # Tensors of a user's function or class. Its program is not kept for other fits.
    return lambda *tensors: call(*tensors, *captured)
