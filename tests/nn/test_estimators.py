"""The estimators are scikit-learn's: by its own checks, in pipelines and searches."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import nn


@pytest.mark.parametrize("estimator", [nn.Classifier(), nn.Regressor()])
def test_scikit_learns_own_checks(estimator: Any) -> None:
    checks = check_estimator(estimator, on_skip=None, on_fail="raise")
    assert [check["status"] for check in checks].count("passed") > 40


def test_a_pipeline_and_a_search() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    names = np.array(["malignant", "benign"])[y]
    pipeline = make_pipeline(StandardScaler(), nn.Classifier(epochs=10, random_state=0))
    assert cross_val_score(pipeline, X, names, cv=3).mean() > 0.95
    search = GridSearchCV(pipeline, {"classifier__hidden": [(), (8,)]}, cv=2).fit(X, names)
    assert set(search.predict(X[:20])) <= {"malignant", "benign"}


def test_a_regression_needs_no_scaling_of_the_targets() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = nn.Regressor([8], epochs=30, lr=0.003, random_state=0)
    pipeline = make_pipeline(StandardScaler(), model)
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.4


def test_patience_and_history() -> None:
    X = np.random.RandomState(0).randn(60, 2)
    model = nn.Classifier(validation=0.3, patience=2, random_state=1).fit(X, X[:, 0] > 0)
    assert model.history_.stopped in ("early stopping", "all epochs")
    assert model.predict_proba(X).shape == (60, 2)


def test_scikit_learn_is_imported_only_for_them() -> None:
    code = "import nn, sys; assert 'sklearn' not in sys.modules; nn.Regressor"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "nn.estimators", raising=False)
    monkeypatch.delattr(nn, "estimators", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(ImportError, match=r"scikit-learn, 1\.6 or newer: pip install 'gatewise"):
        _ = nn.Classifier
    with pytest.raises(AttributeError, match="no attribute 'Clasifier'"):
        _ = nn.Clasifier
