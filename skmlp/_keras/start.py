"""Keras and TensorFlow's start: quiet, with the threads and the memory of this process.

Nothing here changes what the user set, and nothing is imported before the first fit.
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
from collections.abc import Iterator
from types import ModuleType
from typing import Any


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


STARTING = threading.RLock()


def import_keras() -> ModuleType:
    """Import Keras, starting TensorFlow quietly where it is Keras' backend.

    A process in which TensorFlow already runs is left as it is.
    """
    with STARTING:  # a second thread waits until TensorFlow has started
        # A worker imports Keras when it unpickles an optimizer or a callback, which
        # does not start TensorFlow; elsewhere the user's import is the user's start.
        if not {"keras", "tensorflow"} & set(sys.modules) or _is_fresh_worker():
            with start_up_chatter_dropped():
                keras = _import_with_backend()
                if keras.config.backend() == "tensorflow":
                    _start_tensorflow()
        keras = _import_with_backend()
        if keras.config.backend() == "tensorflow":
            _refuse_fork()
    return keras


def _import_with_backend() -> ModuleType:
    """Import Keras, or say which package its backend needs."""
    try:
        import keras
    except ModuleNotFoundError as error:
        if error.name not in {"jax", "tensorflow", "torch"}:
            raise
        extra = '"skmlp[jax]"' if error.name == "jax" else error.name
        raise ModuleNotFoundError(
            f"Keras needs the package of its backend, {error.name} (KERAS_BACKEND or "
            "~/.keras/keras.json). It is not installed. Install it with: pip install "
            f"{extra}, or set KERAS_BACKEND=tensorflow.",
            name=error.name,
        ) from None
    return keras


# The process in which TensorFlow was first used, as far as this package knows.
_owner: int | None = None


def _refuse_fork() -> None:
    """Refuse to use TensorFlow in a process that was forked from one that used it.

    Its threads stayed in the other process, and it would wait for them for ever.
    """
    global _owner
    if _owner is None:
        _owner = os.getpid()
    if _owner != os.getpid():
        raise RuntimeError(
            "Training needs a process that was not forked after TensorFlow started. "
            f"Got process {os.getpid()}, forked from {_owner}. Start workers with "
            'spawn (multiprocessing.get_context("spawn")) or loky, joblib\'s default.'
        )


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


def _allotted_threads() -> int | None:
    """Return the threads that joblib, or the user, allots to this process, if any.

    joblib writes its share into the environment of its workers as ``OMP_NUM_THREADS``,
    which TensorFlow does not read.
    """
    value = os.environ.get("OMP_NUM_THREADS", "")
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        return None
    return min(int(value), os.cpu_count() or 1)


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
def start_up_chatter_dropped() -> Iterator[None]:
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
    with STARTING, start_up_chatter_dropped():
        for _ in tf.data.Dataset.from_generator(
            lambda: [1], output_signature=signature
        ):
            pass


def check_context() -> None:
    """Refuse to train where TensorFlow would build a graph, or copies for replicas."""
    if import_keras().config.backend() != "tensorflow":
        return

    import tensorflow as tf

    if not tf.executing_eagerly():
        raise RuntimeError(
            "Training needs TensorFlow's eager execution. Got a call in tf.Graph() or "
            "tf.function, or with eager execution off. Call fit outside of it."
        )
    if tf.distribute.has_strategy():
        raise RuntimeError(
            "Training needs one device. Got a call in the scope of "
            f"{type(tf.distribute.get_strategy()).__name__}. Call fit outside of it."
        )
