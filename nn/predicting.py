"""predict: a model's outputs for many samples at once, by one program over the whole batch."""

from __future__ import annotations

from typing import Any

from autograd import no_grad

from .activations import activation_name
from .compiling import Outputs
from .data import inputs_of, numpy_or_none, picked, rows
from .eager import located
from .engines import ENGINES, find_engine, not_ours, unsuited
from .module import Module, mode
from .nested import plain, shape

__all__ = ["predict", "predict_proba"]

TOGETHER = 1024  # samples that are computed together
FEW = 8  # samples for which a program is not worth making


def predict(model: Module, X: Any, *, engine: str = "auto") -> Any:
    """Give the outputs of a model for many samples, in evaluation mode (no dropout).

    A program is made at each call, which takes some milliseconds, and seconds for a large network;
    then a sample takes microseconds. So hand in all samples at once.

    Args:
        model: any ``Module``.
        X: the samples, as for ``fit``: rows, or a tuple of several inputs.
        engine: as for ``fit``; "auto" is compiled for a model that is made of ``nn``'s own modules,
            unless there are only a few samples.

    Returns:
        An array with an element (or a list as long as the model's) for each sample; a list, where
        NumPy is not installed or outputs differ in length.

    Raises:
        ValueError, TypeError: as of ``fit``, of X.

    >>> from nn import Layer
    >>> predict(Layer(2, 1, init=lambda *_: 1.0), [[1, 2], [3, 4]]).tolist()
    [[3.0], [7.0]]
    """
    made = find_engine(engine)
    columns = inputs_of(X)
    count = len(columns[0])
    if made is None:
        eager = count < FEW or unsuited(columns) or not_ours(model)
        made = ENGINES["eager" if eager else "compiled"]
    target = getattr(made, "target", None)
    with mode(model, training=False):
        run = _eagerly(model) if target is None else _compiled(model, columns, target)
        parts = []
        for k in range(0, count, TOGETHER):
            places = range(k, min(k + TOGETHER, count))
            parts.append(run([picked(column, places, "X") for column in columns], k))
    if target is not None:
        return numpy_or_none().concatenate(parts)
    outputs = [output for part in parts for output in part]
    numpy = numpy_or_none()
    return outputs if numpy is None or "ragged" in shape(outputs) else numpy.array(outputs)


def _eagerly(model: Module) -> Any:
    def run(columns: list[Any], first: int) -> list[Any]:
        outputs = []
        for k, x in enumerate(zip(*map(rows, columns), strict=True)):
            with no_grad(), located(f"sample {first + k}"):
                outputs.append(plain(model(*x)))
        return outputs

    return run


def _compiled(model: Module, columns: tuple[Any, ...], target: str) -> Any:
    if problem := unsuited(columns):
        raise ValueError(f"predict: {problem}")
    program = Outputs(model, [column.shape[1:] for column in columns], target)
    return lambda columns, first: program(*columns)


def predict_proba(model: Module, X: Any, *, head: str | None = None, engine: str = "auto") -> Any:
    """Give the probability of each class, as an array with a row for each sample.

    Args:
        model, X, engine: as for ``predict``.
        head: what makes probabilities of the outputs: "softmax", "sigmoid" (each output a label
            of its own), or "identity". By default the last module tells: if its activation is
            softmax or sigmoid, they are probabilities already; else they are logits, several for
            softmax, a single one for sigmoid.

    Returns:
        (n, classes); of a single output, the probabilities of the classes 0 and 1.

    Raises:
        ValueError: the head is unknown, or an output is no number and no flat list.
        ImportError: NumPy is not installed.

    >>> from nn import Neuron
    >>> predict_proba(Neuron(1, None, init="zeros"), [1, 2, 3]).tolist()
    [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    """
    numpy = numpy_or_none()
    if numpy is None:
        raise ImportError("predict_proba needs NumPy: pip install 'gatewise[fast]'")
    outputs = numpy.asarray(predict(model, X, engine=engine))
    if outputs.ndim > 2:
        raise ValueError(f"predict_proba: an output has the shape {outputs.shape[1:]}")
    single = outputs.ndim == 1 or outputs.shape[1] == 1
    if head is None:
        last = activation_name(getattr([*model.modules()][-1], "activation", None))
        head = "identity" if last in ("softmax", "sigmoid") else "sigmoid" if single else "softmax"
    if head == "softmax":
        outputs = numpy.exp(outputs - outputs.max(1, keepdims=True))
        outputs /= outputs.sum(1, keepdims=True)
    elif head == "sigmoid":
        outputs = numpy.exp(-numpy.logaddexp(0.0, -outputs))
    elif head != "identity":
        raise ValueError(f"unknown head {head!r}: there are softmax, sigmoid, identity")
    return numpy.column_stack([1.0 - outputs, outputs]) if single else outputs
