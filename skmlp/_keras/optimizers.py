"""Keras' optimizers: from and to specifications, their state, and what is mended.

Private names of Keras' optimizers are used here and in :mod:`skmlp._keras.pure`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from numbers import Real
from typing import Any

import keras
import numpy as np
from keras import ops

from skmlp._job import (
    Network,
    OptimizerSpecification,
    ScheduleSpecification,
    Weights,
)
from skmlp._job.recipe import freeze, thaw
from skmlp._keras.quirks import backend_is_tensorflow
from skmlp._named.optimizers import OPTIMIZERS
from skmlp._named.schedules import SCHEDULES

# Specifications


def specify(
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: Any = "auto",
    momentum: float | str = "auto",
    *,
    n_steps: int = 0,
) -> OptimizerSpecification:
    """Return the specification of an optimizer.

    ``"auto"`` keeps the optimizer's own learning rate or momentum; a schedule by name
    leads its own rate through ``n_steps`` gradient steps.
    """
    own_schedule = None
    kind: str | type
    if isinstance(optimizer, str):
        row = OPTIMIZERS[optimizer]
        if row.keras is None:
            return OptimizerSpecification(optimizer, engine=row.engine)
        kind, config = row.keras, dict(_default_config(row.keras))
    else:
        kind = _kind(type(optimizer), keras.optimizers)
        config = optimizer.get_config()
        own_schedule = schedule_of(optimizer)
    if isinstance(kind, str):  # a user's class may need the name, or take none
        config.pop("name", None)
    takes_rate = "learning_rate" in config
    own_rate = config.pop("learning_rate", None)
    if momentum != "auto" and "momentum" in config:
        config["momentum"] = float(momentum)

    if learning_rate != "auto" and "inner_optimizer" in config:
        raise ValueError(
            "learning_rate needs an optimizer that has one itself. Got learning_rate="
            f"{learning_rate!r} and an optimizer around another. Set the rate of the "
            "inner optimizer."
        )

    rate: float | None = own_rate
    schedule = None
    if isinstance(learning_rate, str):
        if own_schedule is not None:
            rate = float(optimizer.learning_rate)  # type: ignore[union-attr]
        if learning_rate != "auto":
            schedule = ScheduleSpecification(learning_rate, n_steps=n_steps)
        elif own_schedule is not None:
            schedule = _specify_schedule(own_schedule)
    elif isinstance(learning_rate, Real):
        rate = float(learning_rate)
    else:
        rate, schedule = None, _specify_schedule(learning_rate)
    if rate is not None and not isinstance(rate, Real):  # a function, as Keras has it
        config["learning_rate"], rate = rate, None
    return OptimizerSpecification(
        kind, freeze(config), rate, schedule, takes_rate=takes_rate
    )


@functools.cache
def _default_config(class_name: str) -> Any:
    return getattr(keras.optimizers, class_name)().get_config()


def _specify_schedule(schedule: Any) -> ScheduleSpecification:
    kind = _kind(type(schedule), keras.optimizers.schedules)
    return ScheduleSpecification(kind, freeze(schedule.get_config()))


def _kind(cls: type, module: Any) -> str | type:
    """Return the name of a class of Keras, or a user's own class."""
    return cls.__name__ if getattr(module, cls.__name__, None) is cls else cls


def class_of(kind: str | type, module: Any) -> Any:
    return getattr(module, kind) if isinstance(kind, str) else kind


def make_optimizer(
    specification: OptimizerSpecification, *, is_plain: bool = False
) -> keras.optimizers.Optimizer:
    """Return a new optimizer of Keras; where ``is_plain``, one that any Keras loads."""
    cls = class_of(specification.kind, keras.optimizers)
    return make(cls, specification, is_plain=is_plain)


def make(
    cls: Any, specification: OptimizerSpecification, *, is_plain: bool = False
) -> Any:
    config = thaw(specification.options)
    if isinstance(specification.kind, str):
        # A name of its own for each would stay in TensorFlow's registry of resources.
        config["name"] = cls.__name__.lower()
    rate: Any = specification.rate
    if specification.schedule is not None:
        rate = make_schedule(specification, is_plain=is_plain)
    if rate is not None and specification.takes_rate:
        config["learning_rate"] = rate
    optimizer = cls.from_config(config)
    if rate is not None and not specification.takes_rate:
        optimizer.learning_rate = rate
    _keep_rate_in_float32(optimizer, specification.rate)
    if isinstance(optimizer, keras.optimizers.Muon):
        optimizer.lr_adjust = functools.partial(_lr_adjust, optimizer.rms_rate)
    return optimizer


def _keep_rate_in_float32(optimizer: Any, rate: float | None) -> None:
    """Replace a learning rate that Keras keeps, and rounds, in the type of the process.

    That is ``keras.config.floatx()``, which is the user's.
    """
    variable = getattr(optimizer, "_learning_rate", None)
    if not isinstance(variable, keras.Variable) or variable.dtype == "float32":
        return
    value = float(variable) if rate is None else rate
    exact = keras.Variable(
        value, dtype="float32", trainable=False, name="learning_rate"
    )
    places = [id(one) for one in optimizer._variables]
    optimizer._variables[places.index(id(variable))] = exact
    vars(optimizer)["_learning_rate"] = exact  # set as usual, it would count twice


def _lr_adjust(rms_rate: float | None, step: Any) -> Any:
    """Do what ``Muon`` does in Keras 3.15, which refuses float64.

    Keras multiplies the step by the square root of a shape, which it takes in float32.
    """
    if rms_rate is None:
        return step
    return step * (max(step.shape[:2]) ** 0.5 * rms_rate)


# Schedules


class NamedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule by name: a function of the share of the steps that have been taken.

    Parameters
    ----------
    name : str
        Row of the schedule.
    rate : float or tensor
        Learning rate that is multiplied.
    n_steps : int or tensor
        Gradient steps of the fit.
    """

    def __init__(self, name: str, rate: Any, n_steps: Any) -> None:
        self.name = name
        self.rate = rate
        self.n_steps = n_steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, counted from 0."""
        n_steps = ops.cast(self.n_steps, "float32")
        share = ops.minimum(ops.cast(step, "float32") / n_steps, 1.0)
        return ops.cast(self.rate, "float32") * SCHEDULES[self.name].factor(ops, share)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same schedule."""
        return {"name": self.name, "rate": self.rate, "n_steps": self.n_steps}


def make_schedule(specification: OptimizerSpecification, *, is_plain: bool) -> Any:
    """Return a new schedule of Keras; where ``is_plain``, of a class of Keras."""
    schedule = specification.schedule
    assert schedule is not None
    if isinstance(schedule.kind, str) and schedule.kind in SCHEDULES:
        rate, n_steps = specification.rate, schedule.n_steps
        assert rate is not None
        if is_plain:
            row = SCHEDULES[schedule.kind]
            return row.keras(keras.optimizers.schedules, rate, n_steps)
        return NamedSchedule(schedule.kind, rate, n_steps)
    cls = class_of(schedule.kind, keras.optimizers.schedules)
    return cls.from_config(thaw(schedule.config))


def schedule_of(optimizer: Any) -> Any:
    """Return the schedule of the learning rate, or ``None`` where the rate is constant.

    The public ``learning_rate`` is the rate of the present step alone.
    """
    rate = getattr(optimizer, "_learning_rate", None)
    schedule_class = keras.optimizers.schedules.LearningRateSchedule
    return rate if isinstance(rate, schedule_class) else None


# State


def state_variables(optimizer: Any) -> list[keras.Variable]:
    """Return the variables of an optimizer's state.

    The number of the step is the first. ``Nadam`` keeps one that Keras does not count.
    """
    counted = list(optimizer.variables)
    ids = {id(variable) for variable in counted}
    own = (value for value in vars(optimizer).values())
    return counted + [
        value
        for value in own
        if isinstance(value, keras.Variable) and id(value) not in ids
    ]


def read_state(optimizer: Any) -> Weights:
    """Return copies of the values of an optimizer's state."""
    return [as_array(variable) for variable in state_variables(optimizer)]


def step_of(optimizer: Any) -> int:
    """Return the number of gradients that an optimizer has been given."""
    # ``LossScaleOptimizer`` counts in the optimizer that it wraps.
    return int(getattr(optimizer, "inner_optimizer", optimizer)._iterations)


def as_array(variable: keras.Variable) -> np.ndarray:
    """Return a copy of a variable's value."""
    return np.asarray(variable).copy()


def load_state(optimizer: Any, state: Sequence[Any]) -> None:
    """Assign values to an optimizer's state."""
    for variable, value in zip(state_variables(optimizer), state, strict=True):
        variable.assign(value)


def first_state(
    optimizer: Any, specification: OptimizerSpecification, carried: Weights | None
) -> Weights:
    """Return the state to begin with: as built, or carried but for the rate.

    Between calls of ``partial_fit`` the learning rate may change.
    """
    state = read_state(optimizer)
    if carried is None:
        return state
    if [value.shape for value in state] != [value.shape for value in carried]:
        raise ValueError(
            "partial_fit goes on only with the optimizer it began with. Got "
            f"{specification.name} with other options. Restore them, or fit a clone."
        )
    return [
        own if variable.name == "learning_rate" else value.astype(own.dtype)
        for variable, own, value in zip(
            state_variables(optimizer), state, carried, strict=True
        )
    ]


def make_variables(network: Network, weights: Weights) -> list[keras.Variable]:
    """Return Keras variables of the weights, with the paths of Keras' layers."""
    variables = []
    for (layer, name), value, is_trained in zip(
        network.array_names(), weights, network.is_trained(), strict=True
    ):
        with keras.name_scope(layer):
            variables.append(
                keras.Variable(
                    value, dtype=network.dtype, trainable=is_trained, name=name
                )
            )
    return variables


# Keras' own fit


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
    if isinstance(optimizer, keras.optimizers.ScheduleFreeAdamW):
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
