"""Private names of Keras, jax and scikeras, in one place, and why each is used.

================  ====================================================================
dependency        what is used, and why
================  ====================================================================
Keras             the epoch at which ``BackupAndRestore`` resumes; the model that a
                  callback holds; whether ``TensorBoard`` traces; an optimizer's
                  schedule
scikeras          imported without the patches that it leaves on Keras' classes
jax               float64, allowed to one thread
TensorFlow        the call of a concrete function without checks of its arguments
================  ====================================================================

What makes Keras' optimizers pure functions is in :mod:`skmlp._keras.optimizers`.
"""

from __future__ import annotations

import contextlib
import functools
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

    The model may serve another fit next, and a callback that holds one could be neither
    cloned nor pickled cheaply.
    """
    callback._model = None


def schedule_of(optimizer: Any) -> Any:
    """Return the schedule of the learning rate, or ``None`` where the rate is constant.

    The public ``learning_rate`` is the rate of the present step alone.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    schedule_class = import_keras().optimizers.schedules.LearningRateSchedule
    return rate if isinstance(rate, schedule_class) else None


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
    return concrete._inference_function.call_flat


def mend_for_tensorflow(optimizer: Any) -> None:
    """Mend this instance of an optimizer for TensorFlow's variables.

    - There are no replicas to sum gradients over. For each graph in which Keras sums
      them, TensorFlow registers a gradient of the sum. It is registered for the life of
      the process, and keeps the graph alive with it.
    - ``ScheduleFreeAdamW`` needs the momentum of before the step, and reads it after,
      since TensorFlow's variable is not its value (Keras 3.15). On jax it does not.

    On another backend, and under a strategy with several replicas, nothing is done.
    """
    if not backend_is_tensorflow():
        return

    import tensorflow as tf

    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        optimizer._all_reduce_sum_gradients = list
    if isinstance(optimizer, import_keras().optimizers.ScheduleFreeAdamW):
        optimizer.update_step = functools.partial(_schedule_free_step, optimizer)


def _schedule_free_step(
    optimizer: Any, gradient: Any, variable: Any, rate: Any
) -> None:
    index = optimizer._get_variable_index(variable)
    momentums = optimizer._momentums
    momentum = momentums[index]
    momentums[index] = _OldValue(momentum)
    try:
        type(optimizer).update_step(optimizer, gradient, variable, rate)
    finally:
        momentums[index] = momentum


class _OldValue:
    """A variable of Keras whose ``value`` is what it was when this was made."""

    def __init__(self, variable: Any) -> None:
        import tensorflow as tf

        self._variable = variable
        self.value = tf.identity(variable.value)
        self.dtype = variable.value.dtype

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return self._variable.value.read_value()

    def assign_sub(self, value: Any) -> None:
        """Take the step."""
        self._variable.value.assign_sub(value)
