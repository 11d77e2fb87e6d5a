"""The regressor: targets are numbers, and so are outputs."""

from __future__ import annotations

from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from skmlp._estimators.advice import advising
from skmlp._estimators.continuing import can_fit_partially
from skmlp._estimators.dense import BaseDense
from skmlp._estimators.parameters import parameters_of
from skmlp._estimators.targets import NumberTargets


class DenseRegressor(RegressorMixin, BaseDense):
    r"""Dense neural network regressor.

    Minimises a loss with a Keras optimizer on mini-batches, for one or several
    outputs. The parameters it shares with
    :class:`sklearn.neural_network.MLPRegressor` have its names and its defaults.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Units of each hidden layer. ``()`` makes a linear model.
    loss : str, default="squared_error"
        Loss to minimise, averaged over the outputs. ``"squared_error"`` is half the
        squared error; ``"absolute_error"`` is the absolute error; ``"poisson"`` is half
        the Poisson deviance of targets of at least 0, predicted through an exponential;
        ``"huber"`` is half the squared error up to an error of 1 and linear beyond;
        ``"quantile"`` is the pinball loss of ``quantile``.
    quantile : float in (0, 1), default=0.5
        Quantile to predict. Only used with ``loss="quantile"``.
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
        Fraction of the samples to hold out for validation. Only used with
        ``early_stopping=True`` and no ``X_val``.
    monitor : str or callable, default="loss"
        What to monitor on validation data: ``"loss"``, or a scikit-learn scorer, by
        name or as a callable ``scorer(estimator, X, y)``, which takes ``sample_weight``
        too where there are weights. Only used with ``early_stopping=True`` or
        ``X_val``.
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
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, from the first hidden layer to the output layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, in the same order.
    n_layers_ : int
        Layers, counting the features and the outputs.
    n_outputs_ : int
        Columns of the targets.
    n_parameters_ : int
        Weights and biases in all.
    out_activation_ : str
        Activation of the output layer: ``"identity"``, or ``"exp"`` with
        ``loss="poisson"``.
    loss_ : float
        Training loss of the last epoch, with the penalty, in the unit of ``loss``:
        y² / 2 for ``"squared_error"``.
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
        What Keras records of each epoch: ``"loss"``, and with validation data
        ``"val_loss"`` and ``"val_score"``.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch, in the unit of ``loss``.
    validation_scores_ : list of float or None
        Score on the validation data after each epoch: R², or what ``monitor`` names.
    model_ : keras.Model
        Keras model of the fitted network, made when asked for.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, where ``X`` had names that are all strings.

    See Also
    --------
    DenseClassifier : The same for targets that are labels.
    sklearn.neural_network.MLPRegressor : The network of scikit-learn itself.

    Notes
    -----
    For a mini-batch with losses :math:`l_i` and weights :math:`w_i` the objective is

    .. math::

        \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|_F^2}{\sum_i w_i}

    where :math:`W_k` are the kernels and :math:`l_i` is the loss, by default half the
    squared error, averaged over the outputs. Differences from ``MLPRegressor``:

    - initial biases are zero, as in Keras, not drawn;
    - with several outputs, the gradient is that of the averaged loss, where
      scikit-learn follows the gradient of the sum over outputs;
    - targets of shape (n_samples, 1) give predictions of that shape.

    Scale the targets (:class:`sklearn.compose.TransformedTargetRegressor`) when they
    are far from unit variance.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", 2014.
    .. [2] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network
       Training by Reducing Internal Covariate Shift", 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmlp import DenseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = DenseRegressor((16,), epochs=20, tol=None, random_state=0)
    >>> reg = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> reg.predict(X[:3]).shape
    (3,)
    """

    _parameter_constraints: dict = {
        row.name: [*row.constraints] for row in parameters_of("DenseRegressor")
    }

    @advising
    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        loss="squared_error",
        quantile=0.5,
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
        shuffle=True,
        warm_start=False,
        max_time=None,
        on_interrupt="raise",
        verbose=0,
        callbacks=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.loss = loss
        self.quantile = quantile
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
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.max_time = max_time
        self.on_interrupt = on_interrupt
        self.verbose = verbose
        self.callbacks = callbacks
        self.random_state = random_state

    def predict(self, X):
        """Return the predicted targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets, of as many dimensions as ``y`` had in ``fit``.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._target_is_flat else outputs

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: several outputs are accepted."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @available_if(can_fit_partially)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch on these samples, on top of what was learned before.

        Weights, optimizer state and random streams continue from the last call, through
        pickling too. The learning rate may change between calls. To a schedule by name
        the whole training is ``epochs`` calls with as many samples as in this one.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples.

        Returns
        -------
        self : estimator instance
            The estimator, one epoch further.
        """
        return self._partial_fit(X, y, sample_weight)

    @property
    def _targets(self):
        """What was learned of the targets."""
        return NumberTargets(self.n_outputs_, self._target_is_flat, self.loss)

    def _targets_of_mlp(self, mlp):
        return NumberTargets(mlp.n_outputs_, mlp.n_outputs_ == 1, self.loss)

    def _learn_targets(self, y, *, continues, is_partial, announced):
        return self._targets if continues else NumberTargets.of(y, loss=self.loss)
