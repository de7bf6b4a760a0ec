"""Estimators: networks as scikit-learn's classifiers and regressors, for pipelines and searches.

This module alone imports scikit-learn; ``nn.Classifier`` and ``nn.Regressor`` import it when they
are first asked for.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

try:
    import numpy
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "nn.Classifier and nn.Regressor need scikit-learn, 1.6 or newer: "
        "pip install 'gatewise[demos]'"
    ) from error

from .layers import MLP
from .optim import Adam
from .predicting import predict, predict_proba
from .training import fit

__all__ = ["Classifier", "Regressor"]


class _Network(BaseEstimator):  # type: ignore[misc]
    """An ``MLP`` that Adam trains in mini-batches.

    Args:
        hidden: how many neurons each hidden layer has.
        activation: theirs.
        lr: the learning rate.
        epochs, batch_size, l2: as for ``fit``.
        validation, patience: as for ``fit``; without, all epochs are trained.
        random_state: a seed, for the weights and the order of the samples.

    After ``fit`` the network is ``model_``, and what happened ``history_``.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        *,
        activation: str = "relu",
        lr: float = 0.01,
        epochs: int = 100,
        batch_size: int = 32,
        l2: float = 0.0,
        validation: float | None = None,
        patience: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden, self.activation, self.lr = hidden, activation, lr
        self.epochs, self.batch_size, self.l2 = epochs, batch_size, l2
        self.validation, self.patience, self.random_state = validation, patience, random_state

    def _train(self, X: Any, y: Any, loss: str, outputs: int, **options: Any) -> Any:
        rng = random.Random(int(check_random_state(self.random_state).randint(2**31)))
        self.model_ = MLP(X.shape[1], [*self.hidden, outputs], self.activation, rng=rng)
        self.history_ = fit(
            self.model_,
            loss,
            X,
            y,
            optimizer=Adam(self.model_.parameters(), lr=self.lr),
            epochs=self.epochs,
            batch_size=self.batch_size,
            l2=self.l2,
            validation=self.validation,
            patience=self.patience,
            rng=rng,
            progress=False,
            **options,
        )
        return self

    def _checked(self, X: Any) -> Any:
        check_is_fitted(self)
        return validate_data(self, X, reset=False)


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A network for classes, trained on the cross-entropy.

    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["even", "odd", "odd", "even"]
    >>> Classifier([8], activation="tanh", lr=0.1, random_state=0).fit(X, y).predict(X).tolist()
    ['even', 'odd', 'odd', 'even']
    """

    def fit(self, X: Any, y: Any) -> Classifier:
        """Train on samples X, n rows of numbers, and their classes y, of any kind."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, numbers = numpy.unique(y, return_inverse=True)
        return self._train(X, numbers, "cross_entropy", max(2, len(self.classes_)))  # type: ignore[no-any-return]

    def predict_proba(self, X: Any) -> Any:
        """Give the probability of each class, in the order of ``classes_``."""
        X = self._checked(X)
        return predict_proba(self.model_, X)[:, : len(self.classes_)]

    def predict(self, X: Any) -> Any:
        """Give the likeliest class of each sample."""
        likeliest = self.predict_proba(X).argmax(1)
        return self.classes_[likeliest]


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A network for numbers, trained on the squared error of targets scaled to mean 0, deviation 1.

    >>> X = [[-1.0], [0.0], [1.0], [2.0]]
    >>> line = Regressor([], epochs=300, random_state=0).fit(X, [10.0, 30.0, 50.0, 70.0])
    >>> line.predict([[3.0]]).round(3).tolist()
    [90.0]
    """

    def fit(self, X: Any, y: Any) -> Regressor:
        """Train on samples X, n rows of numbers, and a number y for each."""
        X, y = validate_data(self, X, y, y_numeric=True)
        y = column_or_1d(y, warn=True).astype(float)
        self.mean_, self.scale_ = y.mean(), y.std() or 1.0
        return self._train(X, (y - self.mean_) / self.scale_, "squared_error", 1)  # type: ignore[no-any-return]

    def predict(self, X: Any) -> Any:
        """Give the number predicted for each sample."""
        X = self._checked(X)
        return predict(self.model_, X) * self.scale_ + self.mean_
