"""Everything that reaches into the private parts of a dependency, in one place.

================  ====================================================================
dependency        what is used, and why
================  ====================================================================
scikit-learn      parameter constraints and the weight check of its own estimators; the
                  weights that its MLP trains on from, and the state of its optimizer;
                  from 1.9 on, whether callbacks are set, their context, and the HTML
                  table of the fitted attributes, whose ``_html_repr`` is overridden
TensorFlow        start-up: threads, memory growth, the chatter on file descriptor 2;
                  graph rewriting, off for one thread; what the first dataset from a
                  generator does to memory
scikeras          imported without the patches that it leaves on Keras' classes
jax               float64, allowed to one thread
Keras             the epoch at which ``BackupAndRestore`` resumes; the model that a
                  callback holds; whether ``TensorBoard`` traces; an optimizer's
                  schedule, and its sum over replicas; ``Muon`` in float64
================  ====================================================================
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, where scikit-learn has no callbacks."""

    def with_callbacks(method: Callable) -> Callable:
        """Return the method."""
        return method


try:
    from sklearn.utils._repr_html.fitted_attributes import AttrsDict as FittedAttributes
except ImportError:  # before scikit-learn 1.9, which shows no fitted attributes
    FittedAttributes = dict

__all__ = [
    "CallbackSupportMixin",
    "FittedAttributes",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "available_type",
    "callback_context",
    "check_sample_weight",
    "fitted_attributes",
    "float64_allowed",
    "graph_rewrites_off",
    "has_callbacks",
    "has_gpu",
    "import_keras",
    "import_scikeras_wrapper",
    "keras_type",
    "let_muon_take_float64",
    "mlp_optimizer_state",
    "release_model",
    "schedule_of",
    "set_mlp_weights",
    "sum_over_one_replica",
    "take_resumed_epoch",
    "traces_batches",
    "use_first_generator_quietly",
    "with_callbacks",
]


class _KerasType(type):
    """Stand for a Keras class without importing Keras.

    An object can only be an instance of a Keras class when Keras is imported already.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        found: Any = sys.modules.get("keras")
        for name in [*cls.__module__.split(".")[1:], cls.__name__]:
            found = getattr(found, name, None)
        return isinstance(found, type) and isinstance(instance, found)


def keras_type(name: str) -> type:
    """Return a class whose instances are those of a Keras class, by its public name."""
    module, _, class_name = name.rpartition(".")
    return _KerasType(class_name, (), {"__module__": module})


def check_sample_weight(
    sample_weight: ArrayLike | None, X: NDArray, *, dtype: DTypeLike
) -> NDArray[np.floating]:
    """Return non-negative weights, one per row of ``X``; ``None`` gives ones."""
    return _check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)


def has_callbacks(estimator: Any) -> bool:
    """Return whether scikit-learn's callbacks are set on an estimator."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def callback_context(estimator: Any, name: str, n_subtasks: int) -> Any:
    """Return the context in which callbacks are told of a task and its subtasks."""
    return estimator._init_callback_context(name, max_subtasks=n_subtasks)


def fitted_attributes(learned: Any, doc_link: str) -> Any:
    """Return what scikit-learn shows in notebooks of fitted attributes, from 1.9 on."""
    return BaseEstimator._get_fitted_attr_html(learned, doc_link)


def set_mlp_weights(mlp: Any, coefs: list[NDArray], intercepts: list[NDArray]) -> None:
    """Give a fitted MLP of scikit-learn other weights, with a fresh optimizer.

    With ``early_stopping`` it trains on from the best weights so far, these.
    """
    mlp.coefs_, mlp.intercepts_ = coefs, intercepts
    mlp._best_coefs = [coef.copy() for coef in coefs]
    mlp._best_intercepts = [intercept.copy() for intercept in intercepts]
    del mlp._optimizer


def mlp_optimizer_state(mlp: Any) -> list[NDArray]:
    """Return the state of an MLP's optimizer as the variables of Keras' have it.

    Without an optimizer, or with one of another kind than ``solver`` says, it is empty.
    """
    optimizer: Any = getattr(mlp, "_optimizer", None)
    moments = {
        ("sgd", "SGDOptimizer"): ["velocities"] if mlp.momentum else [],
        ("adam", "AdamOptimizer"): ["ms", "vs"],
    }.get((mlp.solver, type(optimizer).__name__))
    if moments is None:
        return []
    state = [np.array(getattr(optimizer, "t", 0)), np.array(optimizer.learning_rate)]
    n_layers = len(mlp.coefs_)
    for kernel in range(n_layers):
        for parameter in (kernel, kernel + n_layers):  # all biases follow all kernels
            state += [getattr(optimizer, moment)[parameter] for moment in moments]
    return state


_starting = threading.RLock()


def import_keras() -> ModuleType:
    """Import Keras, starting TensorFlow quietly where it is Keras' backend.

    A process in which TensorFlow already runs is left as it is.
    """
    with _starting:  # a second thread waits until TensorFlow has started
        # A worker imports Keras when it unpickles an optimizer or a callback, which
        # does not start TensorFlow; elsewhere the user's import is the user's start.
        if not {"keras", "tensorflow"} & set(sys.modules) or _is_fresh_worker():
            with _start_up_chatter_dropped():
                import keras

                if keras.config.backend() == "tensorflow":
                    _start_tensorflow()
        import keras

    return keras


def _is_fresh_worker() -> bool:
    """Return whether this is a process of a pool, in which TensorFlow does not run."""
    if multiprocessing.current_process().name == "MainProcess":
        return False
    keras = sys.modules.get("keras")
    if keras is not None and keras.config.backend() != "tensorflow":
        return False
    if "tensorflow" not in sys.modules:
        return True
    from tensorflow.python.eager import context

    return not context.context()._initialized


def _start_tensorflow() -> None:
    """Take the threads this process was allotted, let GPU memory grow, and warm up.

    TensorFlow reports its devices and services when each is first used, so each is
    used once here, where its reports are dropped.
    """
    import tensorflow as tf

    if n_threads := _allotted_threads():
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(n_threads)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)

    tf.function(tf.nn.relu, jit_compile=True)(tf.constant([1.0]))


def has_gpu() -> bool:
    """Return whether training runs on a GPU: TensorFlow takes the first that it finds.

    The other backends are not asked: they have no common word for it.
    """
    if import_keras().config.backend() != "tensorflow":
        return False

    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


@contextlib.contextmanager
def graph_rewrites_off() -> Iterator[None]:
    """Run TensorFlow functions of this thread without Grappler.

    A graph that runs for less than a second is not worth rewriting, XLA rewrites what
    it compiles by itself, and the rewriter logs a warning for each operation in
    float64. The public switch is global. On another Keras backend there is nothing to
    turn off.
    """
    if import_keras().config.backend() != "tensorflow":
        yield
        return

    from tensorflow.python.eager import context

    eager = context.context()
    kept = eager.function_call_options
    config = eager.config
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    eager.function_call_options = context.FunctionCallOptions(config_proto=config)
    try:
        yield
    finally:
        eager.function_call_options = kept


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


def _allotted_threads() -> int | None:
    """Return the threads that joblib, or the user, allots to this process, if any.

    joblib writes its share into the environment of its workers as ``OMP_NUM_THREADS``,
    which TensorFlow does not read.
    """
    value = os.environ.get("OMP_NUM_THREADS", "")
    return int(value) if value.isdigit() and int(value) > 0 else None


# A line of TensorFlow's C++ log: severity, date, time, thread, file and line.
_LOG_LINE = re.compile(rb"^([IWEF])\d{4} [\d:.]+ +\d+ ([\w.]+):\d+\]")
_LOG_EXTRA = (
    b"WARNING: All log messages before absl::InitializeLog()",
    b"To enable the following instructions:",
)


def _is_chatter(line: bytes) -> bool:
    if line.startswith(_LOG_EXTRA):
        return True
    found = _LOG_LINE.match(line)
    if found is None:
        return False
    severity, source = found.groups()
    # Without a GPU, TensorFlow reports the missing driver as an error.
    return severity in (b"I", b"W") or source == b"cuda_platform.cc"


@contextlib.contextmanager
def _start_up_chatter_dropped() -> Iterator[None]:
    """Hold back file descriptor 2, and pass on what is not TensorFlow's start-up log.

    TensorFlow writes these lines from C++ before any logging setting can reach them.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # no standard error in this process: nothing to keep clean
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _is_chatter(line):
                    os.write(2, line)


@functools.cache
def use_first_generator_quietly() -> None:
    """Make TensorFlow's first dataset from a generator, and drop its report.

    Keras' own ``fit`` needs one. On Python 3.11 the first one lowers the threshold of
    ``malloc`` for the whole process: each array of 128 kB or more is then memory fresh
    from the system, and a compiled epoch takes up to twice as long. So it is not made
    before it is needed.
    """
    if import_keras().config.backend() != "tensorflow":
        return

    import tensorflow as tf

    signature = tf.TensorSpec((), tf.int32)
    with _starting, _start_up_chatter_dropped():
        for _ in tf.data.Dataset.from_generator(
            lambda: [1], output_signature=signature
        ):
            pass


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
        with _starting, _start_up_chatter_dropped():  # it imports TensorFlow
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


def sum_over_one_replica(optimizer: Any) -> None:
    """Let this optimizer take gradients as they are: there are no replicas to sum over.

    For each graph in which Keras sums them, TensorFlow registers a gradient of the sum.
    It is registered for the life of the process, and keeps the graph alive with it. On
    another backend, and under a strategy with several replicas, nothing is done.
    """
    if import_keras().config.backend() != "tensorflow":
        return

    import tensorflow as tf

    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        optimizer._all_reduce_sum_gradients = list


def let_muon_take_float64(optimizer: Any) -> None:
    """Mend this instance of ``Muon``, whose step in Keras 3.15 refuses float64.

    Keras multiplies the step by the square root of a shape, which it takes in float32.
    """
    if not isinstance(optimizer, import_keras().optimizers.Muon):
        return

    def lr_adjust(step: Any) -> Any:
        if optimizer.rms_rate is None:
            return step
        return step * (max(step.shape[:2]) ** 0.5 * optimizer.rms_rate)

    optimizer.lr_adjust = lr_adjust
