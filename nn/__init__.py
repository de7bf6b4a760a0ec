"""Neurons, layers and networks made of Values.

>>> import nn
>>> model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
>>> history = nn.fit(
...     model, "logistic", [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0],
...     optimizer=nn.Adam(model.parameters(), lr=0.1), epochs=100,
... )  # fmt: skip
>>> [model(x).data > 0 for x in ([0, 0], [0, 1], [1, 0], [1, 1])]
[False, True, True, False]
"""

from autograd import cross_entropy

from .activations import ACTIVATIONS
from .attention import Attention
from .convolution import Conv1d, Conv2d
from .eager import Eager
from .embedding import Embedding
from .engines import ENGINES, Engine
from .history import Epoch, History
from .init import INITIALIZERS
from .layers import MLP, Activate, Dropout, Layer, Maxout, Residual, Sequential
from .live import playground
from .losses import (
    LOSSES,
    absolute_error,
    binary_cross_entropy,
    exponential,
    hinge,
    l2_penalty,
    logarithmic,
    logistic,
    over_batch,
    probability_cross_entropy,
    squared_error,
    svm,
    zero_one,
)
from .module import Module
from .nested import values_in
from .neuron import Neuron
from .normalisation import LayerNorm, RMSNorm
from .optim import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Optimizer,
    RMSProp,
    clip_grad_norm,
    clip_grad_value,
    cosine,
    exponential_decay,
    linear,
    step_decay,
)
from .pictures import clusters
from .pooling import AvgPool2d, Flatten, MaxPool2d
from .predicting import predict, predict_proba
from .recurrent import GRU, LSTM, RNN
from .regions import boundary
from .state import load, save
from .training import fit

__all__ = [
    "ACTIVATIONS",
    "ENGINES",
    "GRU",
    "INITIALIZERS",
    "LOSSES",
    "LSTM",
    "MLP",
    "RNN",
    "SGD",
    "Activate",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Attention",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Eager",
    "Embedding",
    "Engine",
    "Epoch",
    "Flatten",
    "History",
    "Layer",
    "LayerNorm",
    "MaxPool2d",
    "Maxout",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSNorm",
    "RMSProp",
    "Residual",
    "Sequential",
    "absolute_error",
    "binary_cross_entropy",
    "boundary",
    "clip_grad_norm",
    "clip_grad_value",
    "clusters",
    "cosine",
    "cross_entropy",
    "exponential",
    "exponential_decay",
    "fit",
    "hinge",
    "l2_penalty",
    "linear",
    "load",
    "logarithmic",
    "logistic",
    "over_batch",
    "playground",
    "predict",
    "predict_proba",
    "probability_cross_entropy",
    "save",
    "squared_error",
    "step_decay",
    "svm",
    "values_in",
    "zero_one",
]


def __getattr__(name: str) -> object:
    """The estimators, which need scikit-learn, when they are asked for."""
    if name in ("Classifier", "Regressor"):
        from . import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
