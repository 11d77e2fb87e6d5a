"""The constructor parameters of all estimators: a row each, in the order of signatures.

A row says all that is asked of a parameter: its default, what values it may have, when
it has an effect, and its documentation. To add a parameter, write its row here and read
its value where it is needed; ``python tools/spell_parameters.py`` then writes it into
the docstring and the ``__init__`` of each estimator that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names

from skmlp._compat import Interval, StrOptions
from skmlp._keras.start import keras_type
from skmlp._named.losses import REGRESSION_LOSSES, Loss
from skmlp._named.optimizers import OPTIMIZERS, has_momentum, takes_steps
from skmlp._named.schedules import SCHEDULES

CLASSIFIER = "DenseClassifier"
REGRESSOR = "DenseRegressor"
MNIST = "DenseMNISTClassifier"

CLASSIFIERS = (CLASSIFIER, MNIST)
ESTIMATORS = (CLASSIFIER, REGRESSOR, MNIST)

KERAS_CALLBACK = keras_type("keras.callbacks.Callback")


@dataclass(frozen=True)
class Condition:
    """When a parameter has an effect.

    Attributes
    ----------
    words : str
        What it needs, in the markup of docstrings, to complete "Only used with".
    holds : callable
        Takes the estimator and whether ``fit`` got validation data; returns whether the
        condition holds.
    """

    words: str
    holds: Callable[[Any, bool], bool]


@dataclass(frozen=True)
class Parameter:
    """A constructor parameter.

    Attributes
    ----------
    name : str
        Name in the signature. The first parameter may be passed by position.
    type : str
        Type in the docstring, without the default.
    default : object
        Default value; its ``repr`` is written into the signature.
    constraints : sequence
        What a value may be, as scikit-learn's ``_parameter_constraints`` has it.
    description : str
        Text in the docstring. Line breaks do not matter, and ``only_with`` adds a
        sentence at the end.
    only_with : Condition or None
        When the parameter has an effect; ``None`` for always.
    estimators : tuple of str
        Classes of estimators that have it.
    other_defaults : mapping of str to object
        Defaults of single estimators, where they differ from ``default``.
    other_descriptions : mapping of str to str
        Texts of single estimators, where they must differ from ``description``.
    """

    name: str
    type: str
    default: Any
    constraints: Sequence[Any]
    description: str
    only_with: Condition | None = None
    estimators: tuple[str, ...] = ESTIMATORS
    other_defaults: Mapping[str, Any] = field(default_factory=dict)
    other_descriptions: Mapping[str, str] = field(default_factory=dict)

    def default_of(self, estimator: str) -> Any:
        """Return the default in a class of estimators."""
        return self.other_defaults.get(estimator, self.default)

    def description_of(self, estimator: str) -> str:
        """Return the text in a class of estimators, as one line."""
        text = self.other_descriptions.get(estimator, self.description)
        if self.only_with is not None:
            text = f"{text} Only used with {self.only_with.words}."
        return " ".join(text.split())


def parameters_of(estimator: str) -> list[Parameter]:
    """Return the parameters of a class of estimators, in the order of its signature."""
    return [parameter for parameter in PARAMETERS if estimator in parameter.estimators]


def loss_options(estimator: Any, loss: Loss) -> tuple[tuple[str, float], ...]:
    """Return the options that a loss takes, as the estimator's parameters have them."""
    return tuple(
        (name, float(getattr(estimator, name, default)))
        for name, default in loss.options
    )


def _counts_epochs_without_improvement(estimator: Any, has_validation: bool) -> bool:
    by_loss = estimator.tol is not None and takes_steps(estimator.optimizer)
    return estimator.early_stopping or by_loss


_HIDDEN_LAYERS = Condition(
    "hidden layers",
    lambda estimator, has_validation: np.size(estimator.hidden_layer_sizes) > 0,
)
_GRADIENT_STEPS = Condition(
    'an optimizer other than ``"lbfgs"``',
    lambda estimator, has_validation: takes_steps(estimator.optimizer),
)
_MOMENTUM = Condition(
    '``optimizer="sgd"``, ``"rmsprop"`` or ``"muon"``',
    lambda estimator, has_validation: has_momentum(estimator.optimizer),
)
_COUNTED_EPOCHS = Condition(
    "``early_stopping=True``, or ``tol`` other than None and an optimizer other than "
    '``"lbfgs"``',
    _counts_epochs_without_improvement,
)
_VALIDATION_SPLIT = Condition(
    "``early_stopping=True`` and no ``X_val``",
    lambda estimator, has_validation: estimator.early_stopping and not has_validation,
)
_VALIDATION_DATA = Condition(
    "``early_stopping=True`` or ``X_val``",
    lambda estimator, has_validation: estimator.early_stopping or has_validation,
)
_QUANTILE_LOSS = Condition(
    '``loss="quantile"``',
    lambda estimator, has_validation: estimator.loss == "quantile",
)


PARAMETERS = [
    Parameter(
        name="hidden_layer_sizes",
        type="int or array-like of int",
        default=(100,),
        other_defaults={MNIST: (32, 16)},
        constraints=["array-like", Interval(Integral, 1, None, closed="left")],
        description="Units of each hidden layer. ``()`` makes a linear model.",
    ),
    Parameter(
        name="loss",
        type="str",
        default="squared_error",
        constraints=[StrOptions(REGRESSION_LOSSES)],
        estimators=(REGRESSOR,),
        description="""
            Loss to minimise, averaged over the outputs. ``"squared_error"`` is half the
            squared error; ``"absolute_error"`` is the absolute error; ``"poisson"`` is
            half the Poisson deviance of targets of at least 0, predicted through an
            exponential; ``"huber"`` is half the squared error up to an error of 1 and
            linear beyond; ``"quantile"`` is the pinball loss of ``quantile``.
        """,
    ),
    Parameter(
        name="quantile",
        type="float in (0, 1)",
        default=0.5,
        constraints=[Interval(Real, 0, 1, closed="neither")],
        only_with=_QUANTILE_LOSS,
        estimators=(REGRESSOR,),
        description="Quantile to predict.",
    ),
    Parameter(
        name="activation",
        type="str, callable or list of them",
        default="relu",
        constraints=[str, callable, "array-like"],
        only_with=_HIDDEN_LAYERS,
        description="""
            Activation of the hidden layers, one for all or one for each: a Keras name,
            such as ``"relu"``, ``"tanh"``, ``"gelu"`` or ``"silu"``, or a function that
            works on NumPy arrays and on Keras tensors alike, which each fit compiles
            anew. scikit-learn's
            ``"identity"`` and ``"logistic"`` mean ``"linear"`` and ``"sigmoid"``.
        """,
    ),
    Parameter(
        name="dropout",
        type="float in [0, 1) or list of float",
        default=0.0,
        constraints=[Interval(Real, 0, 1, closed="left"), "array-like"],
        only_with=_HIDDEN_LAYERS,
        description="""
            Fraction of the units of each hidden layer to drop at each gradient step,
            one for all layers or one for each [1]_.
        """,
    ),
    Parameter(
        name="batch_norm",
        type="bool",
        default=False,
        constraints=["boolean"],
        only_with=_HIDDEN_LAYERS,
        description="""
            Whether to normalise the hidden layers before their activation. Training
            uses the means and variances of each batch [2]_; their running averages are
            kept and folded into ``coefs_`` and ``intercepts_`` after training.
        """,
    ),
    Parameter(
        name="optimizer",
        type="str or keras.optimizers.Optimizer",
        default="adam",
        other_defaults={MNIST: "sgd"},
        constraints=[
            StrOptions(set(OPTIMIZERS)),
            keras_type("keras.optimizers.Optimizer"),
        ],
        description="""
            Keras name of the optimizer, or an instance, which each fit copies.
            ``"lbfgs"`` is SciPy's L-BFGS-B on all samples at once, for small data: an
            epoch is an iteration, and training stops when no entry of the gradient
            exceeds ``tol`` in absolute value.
        """,
    ),
    Parameter(
        name="learning_rate",
        type="float, str or keras LearningRateSchedule",
        default="auto",
        constraints=[
            StrOptions({"auto", *SCHEDULES}),
            Interval(Real, 0, None, closed="neither"),
            keras_type("keras.optimizers.schedules.LearningRateSchedule"),
        ],
        only_with=_GRADIENT_STEPS,
        description="""
            Step size of the optimizer. ``"auto"`` is the optimizer's own: 0.001 for
            ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with.
            ``"cosine"`` decays it to zero along a half cosine over all gradient steps
            of the fit; ``"onecycle"`` first raises it to ten times as much, over 30 %
            of the steps.
        """,
    ),
    Parameter(
        name="momentum",
        type='float in [0, 1) or "auto"',
        default="auto",
        constraints=[StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        only_with=_MOMENTUM,
        description="""
            Fraction of the previous update added to this one. ``"auto"`` is the
            optimizer's own: 0 for ``"sgd"`` and ``"rmsprop"``, 0.95 for ``"muon"``, or
            what an instance was made with.
        """,
    ),
    Parameter(
        name="alpha",
        type="float",
        default=1e-4,
        other_defaults={MNIST: 0.0},
        constraints=[Interval(Real, 0, None, closed="left")],
        description="""
            Strength of the L2 penalty on the kernels, as in scikit-learn; biases are
            not penalised.
        """,
    ),
    Parameter(
        name="batch_size",
        type='int or "auto"',
        default="auto",
        other_defaults={MNIST: 128},
        constraints=[StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        only_with=_GRADIENT_STEPS,
        description="""
            Samples per gradient step, at most all of them. ``"auto"`` is
            ``min(200, n_samples)``.
        """,
    ),
    Parameter(
        name="epochs",
        type="int",
        default=200,
        other_defaults={MNIST: 20},
        constraints=[Interval(Integral, 1, None, closed="left")],
        description="""
            Maximum number of passes over the training data; ``tol`` may stop training
            sooner. Only used by ``fit``, and by the schedules that ``learning_rate``
            names.
        """,
    ),
    Parameter(
        name="tol",
        type="float or None",
        default=1e-4,
        other_defaults={MNIST: None},
        constraints=[None, Interval(Real, 0, None, closed="left")],
        description="""
            Smallest improvement that counts, in the unit of what has to improve: the
            training loss, or with ``early_stopping`` what ``monitor`` names. ``None``
            trains for all epochs; with ``early_stopping`` it means 0. Only used by
            ``fit``.
        """,
    ),
    Parameter(
        name="n_iter_no_change",
        type="int",
        default=10,
        constraints=[Interval(Integral, 1, None, closed="left")],
        only_with=_COUNTED_EPOCHS,
        description="Consecutive epochs without improvement to allow before stopping.",
    ),
    Parameter(
        name="early_stopping",
        type="bool",
        default=False,
        constraints=["boolean"],
        description="""
            Stop when the validation loss or score stops improving; keep the best
            epoch's weights.
        """,
    ),
    Parameter(
        name="validation_fraction",
        type="float in (0, 1)",
        default=0.1,
        constraints=[Interval(Real, 0, 1, closed="neither")],
        only_with=_VALIDATION_SPLIT,
        description="""
            Fraction of the samples to hold out for validation, in which each class
            keeps its share.
        """,
        other_descriptions={
            REGRESSOR: "Fraction of the samples to hold out for validation."
        },
    ),
    Parameter(
        name="monitor",
        type="str or callable",
        default="loss",
        constraints=[StrOptions({"loss", *get_scorer_names()}), callable],
        only_with=_VALIDATION_DATA,
        description="""
            What to monitor on validation data: ``"loss"``, or a scikit-learn scorer, by
            name or as a callable ``scorer(estimator, X, y)``, which takes
            ``sample_weight`` too where there are weights.
        """,
    ),
    Parameter(
        name="class_weight",
        type='dict, "balanced" or None',
        default=None,
        constraints=[None, dict, StrOptions({"balanced"})],
        estimators=CLASSIFIERS,
        description="""
            Weights of the classes, multiplied into the sample weights, also of samples
            held out for validation. ``"balanced"`` weights a class by the inverse of
            its frequency; ``None`` weights all alike.
        """,
    ),
    Parameter(
        name="label_smoothing",
        type="float in [0, 1)",
        default=0.0,
        constraints=[Interval(Real, 0, 1, closed="left")],
        estimators=CLASSIFIERS,
        description="""
            Share of each label that is spread evenly over all classes in training, so
            that probabilities are less extreme (C. Szegedy et al., "Rethinking the
            Inception Architecture for Computer Vision", 2016). The validation loss is
            that of the labels as they are.
        """,
    ),
    Parameter(
        name="shuffle",
        type="bool",
        default=True,
        constraints=["boolean"],
        only_with=_GRADIENT_STEPS,
        description="Whether each epoch takes the samples in a new order.",
    ),
    Parameter(
        name="warm_start",
        type="bool",
        default=False,
        constraints=["boolean"],
        description="""
            Whether ``fit`` continues from the weights of the previous fit, with
            ``epochs`` more. On the same data it holds out the same samples for
            validation; the best epoch is chosen among the new ones.
        """,
    ),
    Parameter(
        name="max_time",
        type="float or None",
        default=None,
        constraints=[None, Interval(Real, 0, None, closed="neither")],
        description="""
            Seconds after which no further epoch begins; ``None`` sets no limit. Only
            used by ``fit``.
        """,
    ),
    Parameter(
        name="on_interrupt",
        type='{"raise", "keep"}',
        default="raise",
        constraints=[StrOptions({"raise", "keep"})],
        description="""
            What Ctrl-C does during ``fit``, after the first epoch: ``"raise"`` leaves
            the estimator as it was before; ``"keep"`` keeps the weights of the best
            epoch so far and warns. The best epoch has the lowest training loss, or with
            ``early_stopping`` the best monitored loss or score.
        """,
    ),
    Parameter(
        name="verbose",
        type="int",
        default=0,
        constraints=["verbose"],
        description="""
            0 is silent; 1 redraws a bar of the epochs with the loss; 2 prints a line
            for each epoch, as does 1 where output goes to a file.
        """,
    ),
    Parameter(
        name="callbacks",
        type="keras.callbacks.Callback, list of them or None",
        default=None,
        constraints=[None, list, tuple, KERAS_CALLBACK],
        description="""
            Called during training as by ``keras.Model.fit``. They may change weights,
            the learning rate and ``stop_training``. A callback that needs every batch
            slows training to the speed of ``keras.Model.fit``.
        """,
    ),
    Parameter(
        name="random_state",
        type="int, RandomState instance or None",
        default=None,
        constraints=["random_state"],
        description="""
            Seed of the fit. Initial weights, the validation split, the order of samples
            and dropout draw from separate child streams of it. Equal seeds give equal
            bits. ``None`` takes a seed from the operating system, and leaves NumPy's
            global state alone.
        """,
    ),
]

NAMES = [parameter.name for parameter in PARAMETERS]
