"""Export: a program in C as a file that explains itself, with the numbers of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from textwrap import indent, wrap
from typing import Any

from .c_spelling import C

__all__ = ["exported"]


def exported(
    source: str,
    name: str,
    arguments: Sequence[tuple[str, tuple[int, ...]]],
    theta: Any,
    layout: list[str],
    outputs: int,
    reduction: str,
    dtype: str,
) -> str:
    """The text of a file to take away.

    Args:
        source: the program.
        name: of the file.
        arguments: the names of its arguments, and the shape of a sample of each.
        theta: the numbers of its parameters.
        layout: which of these are what.
        outputs: how many numbers a sample gives.
        reduction: "mean" or "sum".
        dtype: of the numbers.
    """
    c = C(dtype)
    graded = " value_and_grad(" in source
    many = "B, " if arguments else ""
    given = f"theta, {many}" + "".join(f"{each}, " for each, _ in arguments)
    told = ["A compiled function, in C99 that needs nothing but libm. Try it with", ""]
    told += [f"    cc -std=c99 -O2 -DEXAMPLE {name} -lm && ./a.out", ""]
    each = "of each of the B samples " * bool(arguments)
    told += [f"values({given}values): writes the value {each}({outputs} at a time)"]
    if graded:
        of = f"{reduction} over the B samples" if arguments else "value"
        told += [
            f"value_and_grad({given}g): gives the {of}, and writes the gradient by theta into g"
        ]
    told += ["", f"theta, g: {len(theta)} numbers; {', '.join(layout) or 'in the order of use'}"]
    for argument, shape in arguments:
        size = " x ".join(map(str, shape)) or "one"
        told.append(f"{argument}: B samples, one after the other: {size} numbers each")
    lines = [
        each for line in told for each in (wrap(line, 90) if line[:1] != " " else [line]) or [""]
    ]
    head = "/* " + indent("\n".join(lines), "   ").lstrip() + "\n*/"
    numbers = "\n".join(wrap(", ".join(map(c.number, theta.tolist())) or "0", 94))
    count = max(1, len(theta))
    trained = f"const {c.real} trained[{count}] = {{ /* theta */\n{indent(numbers, '    ')}}};"
    return "\n\n".join(
        [head, source.strip(), trained, _example(c, arguments, count, outputs, graded)]
    )


def _example(
    c: C, arguments: Sequence[tuple[str, tuple[int, ...]]], count: int, outputs: int, graded: bool
) -> str:
    """A program that calls the function for two samples."""
    lines = ["#ifdef EXAMPLE", "#include <stdio.h>", "", "int main(void)", "{"]
    for name, shape in arguments:
        lines.append(f"    static {c.real} {name}[{2 * prod(shape)}]; /* two samples of zeros */")
    batch = ("2, " if arguments else "") + "".join(f"{name}, " for name, _ in arguments)
    if graded:
        lines += [
            f"    {c.real} g[{count}];",
            f'    printf("%.17g\\n", value_and_grad(trained, {batch}g));',
            f"    for (int i = 0; i < {count}; i++)",
            '        printf("%.17g\\n", g[i]);',
        ]
    else:
        size = outputs * (2 if arguments else 1)
        lines += [
            f"    {c.real} found[{size}];",
            f"    values(trained, {batch}found);",
            f"    for (int i = 0; i < {size}; i++)",
            '        printf("%.17g\\n", found[i]);',
        ]
    return "\n".join([*lines, "    return 0;", "}", "#endif", ""])
