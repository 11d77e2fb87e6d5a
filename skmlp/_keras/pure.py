"""Keras' optimizers as pure functions: state comes in and goes out.

Private names of Keras' optimizers are used here and in :mod:`skmlp._keras.optimizers`.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
from keras import ops

from skmlp._job import Network, OptimizerSpecification, Weights
from skmlp._keras.optimizers import (
    class_of,
    first_state,
    make,
    make_variables,
    schedule_of,
    state_variables,
)
from skmlp._named.schedules import SCHEDULES


class PureOptimizer:
    """An optimizer of Keras whose state comes in and goes out.

    Keras' own ``stateless_apply`` does it on jax, and refuses TensorFlow's optimizers
    because of their distribution strategies. There are no replicas here, so what
    TensorFlow's class overrides for them is put back to what it was.

    Parameters
    ----------
    specification : OptimizerSpecification
        The optimizer.
    network : Network
        Whose weights it updates.
    weights : list of ndarray
        Weights that its state begins with.
    """

    def __init__(
        self, specification: OptimizerSpecification, network: Network, weights: Weights
    ) -> None:
        self._optimizer = make(_pure_class(specification.kind), specification)
        variables = make_variables(network, weights)
        self._weights = [variable for variable in variables if variable.trainable]
        self._optimizer.build(self._weights)
        self._state = state_variables(self._optimizer)
        schedule = specification.schedule
        self._named = schedule is not None and schedule.kind in SCHEDULES
        self.specification = specification

    def first_state(self, carried: Weights | None) -> Weights:
        """Return the state to begin with, after an earlier training's if there was."""
        return first_state(self._optimizer, self.specification, carried)

    def scale_loss(self, loss: Any) -> Any:
        """Return the loss whose gradients are to be applied."""
        return self._optimizer.scale_loss(loss)

    def apply(
        self, gradients: list[Any], weights: list[Any], state: list[Any], rate: Any
    ) -> tuple[list[Any], list[Any]]:
        """Return updated weights and state.

        ``rate`` holds the rate and the number of steps of a schedule by name.
        """
        if self._named:
            schedule = schedule_of(self._optimizer)
            schedule.rate, schedule.n_steps = rate[0], rate[1]
        with self._at(weights, state):
            self._optimizer.apply(gradients, self._weights)
            return self._values()

    def finalize(
        self, weights: list[Any], state: list[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return the weights to keep: the averages where the optimizer keeps such."""
        with self._at(weights, state):
            self._optimizer.finalize_variable_values(self._weights)
            return self._values()

    def _at(self, weights: list[Any], state: list[Any]) -> keras.StatelessScope:
        """Return the scope in which the variables have these values."""
        values = [*zip(self._weights, weights, strict=True)]
        values += zip(self._state, state, strict=True)
        return keras.StatelessScope(state_mapping=values)

    def _values(self) -> tuple[list[Any], list[Any]]:
        """Return the values that the variables have in the scope."""
        return (
            [_value_of(variable) for variable in self._weights],
            [_value_of(variable) for variable in self._state],
        )


def is_pure(specification: OptimizerSpecification) -> bool:
    """Return whether an optimizer can be a pure function.

    ``LossScaleOptimizer`` decides on TensorFlow's variables whether to take a step.
    """
    cls = class_of(specification.kind, keras.optimizers)
    return not issubclass(cls, keras.optimizers.LossScaleOptimizer)


def _pure_class(kind: str | type) -> Any:
    """Return the class of a pure optimizer; those of Keras' own are kept."""
    return _of_keras(kind) if isinstance(kind, str) else _without_replicas(kind)


@functools.cache
def _of_keras(name: str) -> Any:
    return _without_replicas(getattr(keras.optimizers, name))


def _without_replicas(cls: Any) -> Any:
    """Return a class with TensorFlow's care for replicas taken out.

    The mixin comes right before ``keras.optimizers.Optimizer`` in the order of methods:
    what an optimizer overrides itself stays, and its ``super()`` finds the mixin.
    """
    return type(cls.__name__, (cls, _mixin()), {})


@functools.cache
def _mixin() -> Any:
    from keras.src.backend.tensorflow.optimizer import TFOptimizer
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    base = vars(BaseOptimizer)
    methods = {
        name: base[name]
        for name in vars(TFOptimizer).keys() & base.keys()
        if not name.startswith("__") and callable(base[name])
    }
    methods["_backend_apply_gradients"] = _apply_gradients
    methods["assign"] = _assign
    return type("WithoutReplicas", (keras.optimizers.Optimizer,), methods)


def _value_of(value: Any) -> Any:
    """Return the value of a variable in a scope, which may be another variable."""
    while isinstance(value, keras.Variable):
        value = value.value
    return value


def _assign(self: Any, variable: keras.Variable, value: Any) -> None:
    """Assign what a value is now: the scope would keep a variable as it is."""
    variable.assign(_value_of(value))


def _apply_gradients(self: Any, grads: list[Any], variables: list[Any]) -> None:
    """Update variables as Keras does, by selection in place of branches.

    A branch would have to return what it assigns.
    """
    n_steps = self.gradient_accumulation_steps
    if not n_steps:
        _update(self, grads, variables)
    else:
        is_due = (self._iterations + 1) % n_steps == 0
        sums = [
            self._accumulated_gradients[self._get_variable_index(variable)]
            for variable in variables
        ]
        totals = [grad + sum_ for grad, sum_ in zip(grads, sums, strict=True)]
        changed = [*variables, *state_variables(self)]
        before = [variable.value for variable in changed]
        _update(self, [total / n_steps for total in totals], variables)
        for variable, value in zip(changed, before, strict=True):
            variable.assign(ops.where(is_due, variable.value, value))
        for sum_, total in zip(sums, totals, strict=True):
            sum_.assign(ops.where(is_due, ops.zeros_like(total), total))
    if self.use_ema:
        self._update_model_variables_moving_average(self._trainable_variables)
        if self.ema_overwrite_frequency:
            is_due = (self.iterations + 1) % self.ema_overwrite_frequency == 0
            for variable, average in zip(
                self._trainable_variables,
                self._model_variables_moving_average,
                strict=True,
            ):
                variable.assign(ops.where(is_due, average.value, variable.value))


def _update(optimizer: Any, grads: list[Any], variables: list[Any]) -> None:
    grads = optimizer._clip_gradients(grads)
    optimizer._apply_weight_decay(variables)
    optimizer._backend_update_step(grads, variables, optimizer.learning_rate)
