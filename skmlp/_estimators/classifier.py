"""The classifier: labels become indices of classes, outputs become probabilities."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skmlp._estimators.advice import advising
from skmlp._estimators.continuing import can_fit_partially
from skmlp._estimators.dense import BaseDense
from skmlp._estimators.features import check_dense
from skmlp._estimators.parameters import parameters_of
from skmlp._estimators.targets import ClassTargets, is_table, plain_targets


class DenseClassifier(ClassifierMixin, BaseDense):
    r"""Dense neural network classifier.

    Minimises the log loss with a Keras optimizer on mini-batches. The parameters it
    shares with :class:`sklearn.neural_network.MLPClassifier` have its names and its
    defaults. Prefer :class:`DenseMNISTClassifier` for images, whose pixels it scales.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str, callable or list of them, default="relu"
        Activation of the hidden layers, one for all or one for each: a Keras name, such
        as ``"relu"``, ``"tanh"``, ``"gelu"`` or ``"silu"``, or a function that works on
        NumPy arrays and on Keras tensors alike, which each fit compiles anew.
        scikit-learn's ``"identity"`` and ``"logistic"`` mean ``"linear"`` and
        ``"sigmoid"``. Only used with hidden layers.
    dropout : float in [0, 1) or list of float, default=0.0
        Fraction of the units of each hidden layer to drop at each gradient step, one
        for all layers or one for each [1]_. Only used with hidden layers.
    batch_norm : bool, default=False
        Whether to normalise the hidden layers before their activation. Training uses
        the means and variances of each batch [2]_; their running averages are kept and
        folded into ``coefs_`` and ``intercepts_`` after training. Only used with hidden
        layers.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras name of the optimizer, or an instance, which each fit copies. ``"lbfgs"``
        is SciPy's L-BFGS-B on all samples at once, for small data: an epoch is an
        iteration, and training stops when no entry of the gradient exceeds ``tol`` in
        absolute value.
    learning_rate : float, str or keras LearningRateSchedule, default="auto"
        Step size of the optimizer. ``"auto"`` is the optimizer's own: 0.001 for
        ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with. ``"cosine"``
        decays it to zero along a half cosine over all gradient steps of the fit;
        ``"onecycle"`` first raises it to ten times as much, over 30 % of the steps.
        Only used with an optimizer other than ``"lbfgs"``.
    momentum : float in [0, 1) or "auto", default="auto"
        Fraction of the previous update added to this one. ``"auto"`` is the optimizer's
        own: 0 for ``"sgd"`` and ``"rmsprop"``, 0.95 for ``"muon"``, or what an instance
        was made with. Only used with ``optimizer="sgd"``, ``"rmsprop"`` or ``"muon"``.
    alpha : float, default=0.0001
        Strength of the L2 penalty on the kernels, as in scikit-learn; biases are not
        penalised.
    batch_size : int or "auto", default="auto"
        Samples per gradient step, at most all of them. ``"auto"`` is
        ``min(200, n_samples)``. Only used with an optimizer other than ``"lbfgs"``.
    epochs : int, default=200
        Maximum number of passes over the training data; ``tol`` may stop training
        sooner. Only used by ``fit``, and by the schedules that ``learning_rate`` names.
    tol : float or None, default=0.0001
        Smallest improvement that counts, in the unit of what has to improve: the
        training loss, or with ``early_stopping`` what ``monitor`` names. ``None``
        trains for all epochs; with ``early_stopping`` it means 0. Only used by ``fit``.
    n_iter_no_change : int, default=10
        Consecutive epochs without improvement to allow before stopping. Only used with
        ``early_stopping=True``, or ``tol`` other than None and an optimizer other than
        ``"lbfgs"``.
    early_stopping : bool, default=False
        Stop when the validation loss or score stops improving; keep the best epoch's
        weights.
    validation_fraction : float in (0, 1), default=0.1
        Fraction of the samples to hold out for validation, in which each class keeps
        its share. Only used with ``early_stopping=True`` and no ``X_val``.
    monitor : str or callable, default="loss"
        What to monitor on validation data: ``"loss"``, or a scikit-learn scorer, by
        name or as a callable ``scorer(estimator, X, y)``, which takes ``sample_weight``
        too where there are weights. Only used with ``early_stopping=True`` or
        ``X_val``.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights, also of samples held
        out for validation. ``"balanced"`` weights a class by the inverse of its
        frequency; ``None`` weights all alike.
    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread evenly over all classes in training, so that
        probabilities are less extreme (C. Szegedy et al., "Rethinking the Inception
        Architecture for Computer Vision", 2016). The validation loss is that of the
        labels as they are.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order. Only used with an optimizer
        other than ``"lbfgs"``.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights of the previous fit, with ``epochs``
        more. On the same data it holds out the same samples for validation; the best
        epoch is chosen among the new ones.
    max_time : float or None, default=None
        Seconds after which no further epoch begins; ``None`` sets no limit. Only used
        by ``fit``.
    on_interrupt : {"raise", "keep"}, default="raise"
        What Ctrl-C does during ``fit``, after the first epoch: ``"raise"`` leaves the
        estimator as it was before; ``"keep"`` keeps the weights of the best epoch so
        far and warns. The best epoch has the lowest training loss, or with
        ``early_stopping`` the best monitored loss or score.
    verbose : int, default=0
        0 is silent; 1 redraws a bar of the epochs with the loss; 2 prints a line for
        each epoch, as does 1 where output goes to a file.
    callbacks : keras.callbacks.Callback, list of them or None, default=None
        Called during training as by ``keras.Model.fit``. They may change weights, the
        learning rate and ``stop_training``. A callback that needs every batch slows
        training to the speed of ``keras.Model.fit``.
    random_state : int, RandomState instance or None, default=None
        Seed of the fit. Initial weights, the validation split, the order of samples and
        dropout draw from separate child streams of it. Equal seeds give equal bits.
        ``None`` takes a seed from the operating system, and leaves NumPy's global state
        alone.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels seen in ``fit``, sorted.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, from the first hidden layer to the output layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, in the same order.
    n_layers_ : int
        Layers, counting the features and the outputs.
    n_outputs_ : int
        Units of the output layer: 1 for two classes.
    n_parameters_ : int
        Weights and biases in all.
    out_activation_ : str
        Activation of the output layer: ``"softmax"``, or ``"logistic"`` for two
        classes and for several labels.
    loss_ : float
        Training loss of the last epoch, with the penalty, in nats.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float
        The least of ``loss_curve_``.
    n_iter_ : int
        Epochs that the last ``fit`` trained.
    best_epoch_ : int
        Epoch, counted from 1, whose weights are kept: the last one, or with
        ``early_stopping``, and after Ctrl-C, the best. Without ``warm_start`` it is the
        number of ``epochs`` to train with on all the data.
    history_ : dict of str to list of float
        What Keras records of each epoch: ``"loss"``, ``"accuracy"``, and with
        validation data ``"val_loss"`` and ``"val_accuracy"``, and ``"val_score"`` where
        ``monitor`` names a score.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch, in nats.
    validation_scores_ : list of float or None
        Score on the validation data after each epoch: the accuracy, or what
        ``monitor`` names.
    model_ : keras.Model
        Keras model of the fitted network, made when asked for.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where ``X`` had names that are all strings.

    See Also
    --------
    DenseMNISTClassifier : The same with the defaults for images of digits.
    DenseRegressor : The same for targets that are numbers.
    sklearn.neural_network.MLPClassifier : The network of scikit-learn itself.

    Notes
    -----
    For a mini-batch with losses :math:`l_i` and weights :math:`w_i` the objective is

    .. math::

        \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|_F^2}{\sum_i w_i}

    where :math:`W_k` are the kernels, as in scikit-learn. Differences from
    ``MLPClassifier``:

    - initial biases are zero, as in Keras, not drawn;
    - float32 and integer input is trained in float32, float64 in float64;
    - a ``batch_size`` above the number of samples means one batch, without a warning.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", 2014.
    .. [2] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network
       Training by Reducing Internal Covariate Shift", 2015.
    .. [3] D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015.
    .. [4] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmlp import DenseClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseClassifier((16,), epochs=20, tol=None, random_state=0)
    >>> clf = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> clf.predict_proba(X[:2]).shape
    (2, 3)
    """

    _parameter_constraints: dict = {
        row.name: [*row.constraints] for row in parameters_of("DenseClassifier")
    }

    # Whether a table of whole numbers 0 and 1 says which labels each sample has.
    _takes_indicators = True

    @advising
    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        dropout=0.0,
        batch_norm=False,
        optimizer="adam",
        learning_rate="auto",
        momentum="auto",
        alpha=0.0001,
        batch_size="auto",
        epochs=200,
        tol=0.0001,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        monitor="loss",
        class_weight=None,
        label_smoothing=0.0,
        shuffle=True,
        warm_start=False,
        max_time=None,
        on_interrupt="raise",
        verbose=0,
        callbacks=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.alpha = alpha
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monitor = monitor
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.max_time = max_time
        self.on_interrupt = on_interrupt
        self.verbose = verbose
        self.callbacks = callbacks
        self.random_state = random_state

    def predict(self, X):
        """Return the most probable label of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Labels out of ``classes_``, or indicators of several labels.
        """
        outputs = self._outputs(X)
        if self._is_multilabel:
            return (outputs > 0.5).astype(int)
        if self.n_outputs_ == 1:
            return self.classes_[(outputs[:, 0] > 0.5).astype(int)]
        return self.classes_[outputs.argmax(axis=1)]

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Probabilities, in the order of ``classes_``, above 0 and below 1: one that
            rounds to a bound is the nearest number inside. Each row sums to 1, unless
            the targets were indicators of several labels.
        """
        check_is_fitted(self)
        if self.n_outputs_ > 1 or self._is_multilabel:
            return _inside(self._outputs(X))
        logits = self._outputs(X, "linear")
        # 1 - p would lose a small p.
        return _inside(expit(np.hstack([-logits, logits])))

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class.

        It is computed from the logits, so it is exact where a probability is too close
        to 0 or 1 for its type.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            Natural logarithms, in the order of ``classes_``.
        """
        check_is_fitted(self)
        if self.out_activation_ == "softmax":
            return self._outputs(X, "log_softmax")
        logits = self._outputs(X, "linear")
        return log_expit(
            logits if self._is_multilabel else np.hstack([-logits, logits])
        )

    def score(self, X, y, sample_weight=None):
        """Return the accuracy on samples and their labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Labels, one-hot rows, or indicators of several labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        float
            Weighted share of samples whose label is predicted.
        """
        predicted = self.predict(X)
        y = plain_targets(y)
        one_hot = np.asarray(y)
        if is_table(one_hot) and not self._is_multilabel:
            y = self._targets.as_scored(one_hot)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    @available_if(can_fit_partially)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train one epoch on these samples, on top of what was learned before.

        Weights, optimizer state and random streams continue from the last call, through
        pickling too. The learning rate may change between calls. To a schedule by name
        the whole training is ``epochs`` calls with as many samples as in this one.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Labels, one-hot rows, or indicators of several labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.
        classes : array-like of shape (n_classes,), default=None
            All labels there are. The first call needs them; later calls may leave them
            out. Not used where ``y`` has a column for each.

        Returns
        -------
        self : estimator instance
            The estimator, one epoch further.

        Raises
        ------
        ValueError
            The first call lacks ``classes``, or a label is none of them.
        """
        check_dense(y, "y")
        announced = None
        if not is_table(np.asarray(y)):
            announced = self._announced(classes)
        return self._partial_fit(X, y, sample_weight, announced)

    def _announced(self, classes):
        """Return the targets that a call of ``partial_fit`` is told of."""
        is_fitted = hasattr(self, "coefs_")
        if classes is None and is_fitted:
            return None
        if classes is None:
            raise ValueError(
                "The first call to partial_fit needs classes, all the labels there "
                "are. Got None. Pass classes=np.unique(y) of all the data."
            )
        announced = ClassTargets.announced(classes)
        if is_fitted and not np.array_equal(announced.classes, self.classes_):
            raise ValueError(
                "classes needs to be the same in each call to partial_fit. Got "
                f"{announced.classes.tolist()}, first were {self.classes_.tolist()}. "
                "Leave it out after the first call."
            )
        announced.check_classes(type(self).__name__)
        return announced

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: several labels per sample are accepted."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self._takes_indicators
        return tags

    @property
    def _targets(self):
        """What was learned of the targets."""
        return ClassTargets(self.classes_, self._is_multilabel)

    def _targets_of_mlp(self, mlp):
        is_multilabel = mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1
        if is_multilabel and not self._takes_indicators:
            raise ValueError(
                f"{type(self).__name__} takes one label per sample. Got an "
                f"{type(mlp).__name__} of {mlp.n_outputs_} labels. Use "
                "DenseClassifier.from_sklearn."
            )
        return ClassTargets(mlp.classes_, is_multilabel)

    def _learn_targets(self, y, *, continues, is_partial, announced):
        # Also where classes are announced: it refuses what cannot be labels.
        seen = ClassTargets.of(y, takes_indicators=self._takes_indicators)
        if is_partial and continues:
            return self._targets  # encoding finds labels that were not announced
        if announced is not None:
            return announced
        if continues and seen.is_multilabel != self._is_multilabel:
            kinds = ["one label per sample", "indicators of several labels"]
            raise ValueError(
                "warm_start=True needs targets of the kind that it began with. Got "
                f"{kinds[seen.is_multilabel]}, first were "
                f"{kinds[self._is_multilabel]}. Set warm_start=False to begin anew."
            )
        if continues and not np.array_equal(seen.classes, self.classes_):
            raise ValueError(
                "warm_start=True needs the classes it began with. Got "
                f"{seen.classes.tolist()}, first were {self.classes_.tolist()}. Set "
                "warm_start=False to begin anew."
            )
        seen.check_classes(type(self).__name__)
        return seen

    def _weigh_classes(self, targets, y, weight, *, is_partial):
        return targets.weighted(y, weight, self.class_weight, partial=is_partial)


def _inside(probabilities):
    """Move probabilities that rounding put on 0 or 1 to the nearest number inside.

    No output of a network is certain: a score that takes the logarithm of a
    probability, or of its complement, stays finite.
    """
    info = np.finfo(probabilities.dtype)
    np.maximum(probabilities, info.tiny, out=probabilities)
    return np.minimum(probabilities, 1 - info.epsneg, out=probabilities)
