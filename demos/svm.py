"""A multi-class SVM: hinge Σ max(0, s_j - s_y + 1) on linear scores s = W·x + b   (row L11)."""

from __future__ import annotations

from pathlib import Path

from sklearn.datasets import load_iris

import nn

from .board import OUT, check, title
from .plots import COLORS, canvas, label, save_figure


def main(out: Path = OUT) -> None:
    """Compute the loss of one sample by hand, then learn iris from the petals."""
    title("multi-class SVM on linear scores")
    scores = [3.2, 5.1, -1.7]
    check("loss of scores (3.2, 5.1, -1.7) in class 0", nn.svm(scores, 0), (5.1 - 3.2 + 1) + 0)

    data = load_iris()
    X, Y = data.data[:, 2:], data.target
    model = nn.Layer(2, 3, init="normal", rng=0)
    history = nn.fit(
        model,
        "svm",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=0.1),
        epochs=80,
        batch_size=15,
        l2=1e-3,
        metrics=["accuracy"],
    )
    right = sum(nn.zero_one(model(x), y) == 0 for x, y in zip(X, Y, strict=True))
    print(f"  iris by petal length and width: {right}/150 right, loss {history.loss[-1]:.4f}")

    figure, (curve, plane) = canvas("Multi-class SVM on linear scores", columns=2)
    curve.plot(range(1, 81), history.loss, color=COLORS[0])
    label(curve, "learning", "epoch", r"mean of $\sum_{j \neq y}\max(0, s_j - s_y + 1)$", legend="")
    nn.boundary(model, X, Y, plane, names=list(data.target_names))
    label(
        plane,
        f"{right} of 150 right",
        "petal length in cm",
        "petal width in cm",
        "lower right",
    )
    save_figure(figure, "svm", out)


if __name__ == "__main__":
    main()
