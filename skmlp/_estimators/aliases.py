"""What parameters, arguments, attributes and values are called in other libraries.

Only messages read these tables: no other name is ever taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping

# Names of constructor parameters elsewhere, and here. An estimator need not have it.
PARAMETERS = {
    "C": "alpha",
    "activations": "activation",
    "activation_function": "activation",
    "batchsize": "batch_size",
    "batchnorm": "batch_norm",
    "batch_normalization": "batch_norm",
    "criterion": "loss",
    "dropout_rate": "dropout",
    "early_stopping_rounds": "n_iter_no_change",
    "eta": "learning_rate",
    "eta0": "learning_rate",
    "hidden": "hidden_layer_sizes",
    "hidden_layers": "hidden_layer_sizes",
    "hidden_sizes": "hidden_layer_sizes",
    "hidden_units": "hidden_layer_sizes",
    "kernel_regularizer": "alpha",
    "l2": "alpha",
    "layers": "hidden_layer_sizes",
    "learning_rate_init": "learning_rate",
    "lr": "learning_rate",
    "max_epochs": "epochs",
    "max_iter": "epochs",
    "metric": "monitor",
    "metrics": "monitor",
    "n_epochs": "epochs",
    "n_iter": "epochs",
    "n_units": "hidden_layer_sizes",
    "nb_epoch": "epochs",
    "num_epochs": "epochs",
    "optim": "optimizer",
    "patience": "n_iter_no_change",
    "q": "quantile",
    "scoring": "monitor",
    "seed": "random_state",
    "solver": "optimizer",
    "step_size": "learning_rate",
    "time_limit": "max_time",
    "units": "hidden_layer_sizes",
    "validation_split": "validation_fraction",
    "validation_size": "validation_fraction",
    "weight_decay": "alpha",
    "width": "hidden_layer_sizes",
}

_VALIDATION = "Pass X_val and y_val to fit."
_DEVICE = "TensorFlow chooses the device, a GPU if there is one."
_OF_OPTIMIZER = "Pass an optimizer that has it, such as keras.optimizers.Adam(...)."

# What to do about parameters that there are not under any name.
ADVICE_ON_PARAMETERS = {
    "beta_1": _OF_OPTIMIZER,
    "beta_2": _OF_OPTIMIZER,
    "build_fn": "Pass hidden_layer_sizes: the network is built of dense layers.",
    "class_weight": "Only classifiers have classes. Pass sample_weight to fit.",
    "clipnorm": _OF_OPTIMIZER,
    "depth": "Pass hidden_layer_sizes, the units of each hidden layer.",
    "device": _DEVICE,
    "epsilon": _OF_OPTIMIZER,
    "eval_set": _VALIDATION,
    "input_dim": "The number of features follows from X in fit.",
    "input_shape": "The number of features follows from X in fit.",
    "loss": "The loss of a classifier is the log loss; monitor names what to watch.",
    "max_fun": "Set epochs, the most iterations of L-BFGS.",
    "model": "Pass hidden_layer_sizes: the network is built of dense layers.",
    "n_classes": "The classes follow from y in fit.",
    "n_jobs": "TensorFlow uses all cores; OMP_NUM_THREADS limits them.",
    "n_layers": "Pass hidden_layer_sizes, the units of each hidden layer.",
    "nesterovs_momentum": _OF_OPTIMIZER,
    "nesterov": _OF_OPTIMIZER,
    "num_layers": "Pass hidden_layer_sizes, the units of each hidden layer.",
    "output_activation": "The output layer follows from y, or from the loss.",
    "power_t": "Pass a schedule of Keras as learning_rate.",
    "use_gpu": _DEVICE,
    "val_data": _VALIDATION,
    "validation_data": _VALIDATION,
    "X_val": _VALIDATION,
    "y_val": _VALIDATION,
}

# What to do about arguments of fit that there are not, and that are no parameters.
ADVICE_ON_FIT = {
    "eval_set": "Pass X_val and y_val.",
    "initial_epoch": "Set warm_start=True to go on from the last fit.",
    "steps_per_epoch": "An epoch is a pass over all samples.",
    "val_data": "Pass X_val and y_val.",
    "validation_data": "Pass X_val and y_val.",
    "validation_sample_weight": "Pass sample_weight_val.",
    "weights": "Pass sample_weight.",
    "x": "Pass X.",
    "x_val": "Pass X_val.",
}

_TRAIN = "Parameters of the constructor say how to train."

# What to do about attributes that there are not.
ADVICE_ON_ATTRIBUTES = {
    "best_score_": "best_loss_ and best_epoch_ say which epoch was best.",
    "best_validation_score_": "Use max(validation_scores_).",
    "classes": "Use classes_.",
    "coef_": "Use coefs_, a kernel for each layer.",
    "compile": _TRAIN,
    "evaluate": "Use score, or a function of sklearn.metrics.",
    "feature_importances_": "Use sklearn.inspection.permutation_importance.",
    "fit_generator": "Use partial_fit, or fit on a memmap.",
    "get_weights": "Use coefs_ and intercepts_.",
    "history": "Use history_.",
    "intercept_": "Use intercepts_, one for each layer.",
    "layers": "Use model_.layers.",
    "load_model": "Use joblib.load.",
    "load_weights": "Use joblib.load.",
    "loss_curve": "Use loss_curve_.",
    "model": "Use model_.",
    "n_iter": "Use n_iter_.",
    "predict_classes": "Use predict.",
    "save": "Use joblib.dump, or model_.save for a file of Keras.",
    "save_model": "Use joblib.dump, or model_.save for a file of Keras.",
    "save_weights": "Use joblib.dump, or model_.save_weights for a file of Keras.",
    "set_weights": "Set coefs_ and intercepts_.",
    "state_dict": "Use coefs_ and intercepts_.",
    "train": "Use fit.",
    "weights": "Use coefs_ and intercepts_.",
}

# Values of parameters elsewhere, and here.
VALUES: Mapping[str, Mapping[str, str]] = {
    "learning_rate": {
        "adaptive": "cosine",
        "constant": "auto",
        "cosine_decay": "cosine",
        "invscaling": "cosine",
        "one_cycle": "onecycle",
    },
    "loss": {
        "l1": "absolute_error",
        "l2": "squared_error",
        "mae": "absolute_error",
        "mean_absolute_error": "absolute_error",
        "mean_squared_error": "squared_error",
        "mse": "squared_error",
        "pinball": "quantile",
        "poisson_deviance": "poisson",
        "rmse": "squared_error",
        "smooth_l1": "huber",
    },
    "monitor": {
        "acc": "accuracy",
        "auc": "roc_auc",
        "binary_accuracy": "accuracy",
        "categorical_accuracy": "accuracy",
        "categorical_crossentropy": "neg_log_loss",
        "crossentropy": "neg_log_loss",
        "f1_score": "f1",
        "log_loss": "neg_log_loss",
        "logloss": "neg_log_loss",
        "mae": "neg_mean_absolute_error",
        "mape": "neg_mean_absolute_percentage_error",
        "mean_absolute_error": "neg_mean_absolute_error",
        "mean_squared_error": "neg_mean_squared_error",
        "mse": "neg_mean_squared_error",
        "r2_score": "r2",
        "rmse": "neg_root_mean_squared_error",
        "root_mean_squared_error": "neg_root_mean_squared_error",
        "sparse_categorical_accuracy": "accuracy",
    },
    "optimizer": {
        "adam_w": "adamw",
        "bfgs": "lbfgs",
        "gd": "sgd",
        "gradient_descent": "sgd",
        "l-bfgs": "lbfgs",
        "l-bfgs-b": "lbfgs",
        "momentum": "sgd",
    },
}
