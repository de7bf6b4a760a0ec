"""The demos' pictures with matplotlib: one look for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

COLORS = ("#2f6db5", "#d9822b", "#3f9b57")
"""Blue, orange, green: the classes, and the curves of a plot."""

GREY = "#8a8f98"

TIED = 1e-3
"""A lead of a score that is no larger is rounding, and no class's region."""


def canvas(
    title: str, columns: int = 1, rows: int = 1, width: float = 5.6, height: float = 4.2
) -> tuple[Figure, list[Any]]:
    """Make a figure of rows × columns plots; give it and its axes, row by row."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for axis in axes:
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def label(axis: Any, title: str, x: str, y: str, legend: str = "best", columns: int = 1) -> None:
    """Title and label a plot.

    Args:
        axis: the plot.
        title, x, y: what to write above it and at its axes.
        legend: where to put the legend, as matplotlib has it ("lower right"); "" for none.
        columns: how many columns the legend has.
    """
    axis.set_title(title, fontsize=11)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    if x == "epoch":  # whole numbers, and round ones: not 0, 8, 16
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    if legend:
        axis.legend(loc=legend, ncols=columns, frameon=False)


def shared_legend(figure: Figure, axis: Any) -> None:
    """One legend below all plots, with what one of them shows: it hides no curve."""
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=4)


def save_figure(figure: Figure, picture: str, out: Path) -> None:
    """Save the figure as PNG, and print where."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{picture}.png"
    figure.savefig(path, dpi=130)
    print(f"  picture: {path}")
