"""Break each derivative of the table in every small way, and see whether the tests notice.

    python -m benchmarks.mutants [--gate NAME]

Each partial of each row is multiplied by (1 - 1e-12); has its sign flipped; is exchanged with
another operand's; and where its formula has a sum, difference, quotient or a helper gate of two
operands, loses a term or has its operands swapped. Or it stays the number it
is, but leads on to wrong second derivatives: they are multiplied by (1 - 1e-9), -1 or 0, or an
operand counts as a constant. One at a time, in memory: the row is changed,
the tests of that gate run in this process, and the row is put back. A mutant is caught when a
test fails. Exits with 1 if one is missed.

Not counted, as they change nothing: multiplying or negating a partial that is 0 everywhere
(sign, step, floor, ceil, quotient), changes after which a second derivative is what it was
before at every point of a sample, exchanging equal partials (add's), dropping a 0 from a sum,
swapping a difference whose sign does not count (y of x/√(x²+y²)).
"""

from __future__ import annotations

import argparse
import operator
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

from autograd import Value, gradients
from autograd.checking import exact
from autograd.engine.gate import Primitive
from autograd.engine.primitives import choice, registry, where
from autograd.engine.text import Expression, python
from tests import oracle
from tests.engine import test_primitives

from .sample import operands as operands_of

__all__ = ["Mutant", "caught", "mutants"]

Rule = Callable[..., Any]
FLAT = ("quotient", "sign", "step", "floor", "ceil")
ORDERED = ("sub", "div", "mod", "quotient", "power_slope", "power_log", "unit", "inversion")
EVEN = (("unit", 1), ("inversion", 1))  # x/√(x²+y²) does not change with the sign of y
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Mutant(NamedTuple):
    """A broken row: the gate, what was done to it, and its partials now."""

    gate: Primitive
    what: str
    partials: Any


# --------------------------------------------------------------------- formulas as trees


def evaluate(tree: Expression, names: dict[str, Any]) -> Any:
    """Read a formula on what the names stand for; only the branches that are taken."""
    head, operands = tree.head, tree.operands
    if head is None or isinstance(head, float):
        return head
    if isinstance(head, str):
        if not operands:
            return names[head]
        a, b = (evaluate(operand, names) for operand in operands)
        return COMPARISONS[head](a, b)
    if head is choice:
        condition, a, b = operands
        return where(
            evaluate(condition, names), lambda: evaluate(a, names), lambda: evaluate(b, names)
        )
    return head(*[evaluate(operand, names) for operand in operands])


def variants(tree: Expression) -> Iterator[tuple[str, Expression]]:
    """The formula with one term dropped, or the two operands of one gate swapped."""
    head, operands = tree.head, tree.operands
    name = head.name if isinstance(head, Primitive) else ""
    if name in ("add", "sub"):
        a, b = operands
        if b.head != 0.0:
            yield f"drop {python(b)}", a
        if a.head != 0.0:
            yield f"drop {python(a)}", b if name == "add" else -b
    if name in ORDERED:
        yield f"swap in {python(tree)}", Expression(head, (operands[1], operands[0]))
    for place, operand in enumerate(operands):
        for what, changed in variants(operand):
            if (name, place) in EVEN and what == f"swap in {python(operand)}":
                continue
            yield what, Expression(head, (*operands[:place], changed, *operands[place + 1 :]))


def formula(rule: Any, names: Sequence[str]) -> Expression | None:
    """A partial as a tree, or None where it is a number or nothing."""
    if not callable(rule):
        return None
    tree = rule(*map(Expression, names), Expression("out"))
    return tree if isinstance(tree, Expression) else None


# --------------------------------------------------------------------- mutants


def mutants(op: Primitive) -> Iterator[Mutant]:
    """Every way to break the row."""
    yield from _of_operands(op) if op.arity is not None else _of_sequences(op)
    yield from _of_second_order(op)


def _of_second_order(op: Primitive) -> Iterator[Mutant]:
    """Partials that are the right numbers, but lead on to wrong second derivatives."""
    points = operands_of(op.name, 40)
    before = [_second_derivatives(op, point) for point in points]
    for entry, partial in enumerate(op.partials):
        if not callable(partial):
            continue
        title = f"by {op.operands[entry] if op.operands else f'operand {entry + 1}'}"
        changes = [
            ("second order × (1 - 1e-9)", _led_on(partial, 1 - 1e-9)),
            ("second order × -1", _led_on(partial, -1.0)),
            ("second order × 0", _led_on(partial, 0.0)),
        ]
        if op.arity is not None:
            taking_part = [k for k, other in enumerate(op.partials) if other is not None]
            changes += [
                (f"operand {k + 1} taken for a constant", _without(partial, k)) for k in taking_part
            ]
        for what, rule in changes:
            mutant = Mutant(
                op, f"{title}: {what}", (*op.partials[:entry], rule, *op.partials[entry + 1 :])
            )
            with planted(mutant):
                after = [_second_derivatives(op, point) for point in points]
            if after != before:
                yield mutant


def _led_on(partial: Any, factor: float) -> Any:
    """The same number, its derivatives times a factor."""

    def rule(*xs: Any) -> Any:
        local = partial(*xs)
        if not isinstance(local, Value):
            return local
        return local.data + (local - local.data) * factor

    return rule


def _without(partial: Any, place: int) -> Any:
    """The same number, one operand taken for a constant."""

    def rule(*xs: Any) -> Any:
        x = xs[place]
        held = x.data if isinstance(x, Value) else x
        return partial(*xs[:place], held, *xs[place + 1 :])

    return rule


def _second_derivatives(op: Primitive, point: Sequence[float]) -> str:
    """As text, so that NaN is NaN, to the digits that rounding leaves alone."""
    leaves = list(map(Value, point))
    try:
        slopes = gradients(op(*leaves), leaves, create_graph=True)
        return " ".join(f"{x:.11g}" for slope in slopes for x in gradients(slope, leaves))
    except (ArithmeticError, ValueError) as error:
        return type(error).__name__


def _of_operands(op: Primitive) -> Iterator[Mutant]:
    """Of a gate with a partial for each operand."""
    partials = op.partials
    names = [f"x{k}" for k in range(len(partials))]

    def replaced(place: int, rule: Any) -> tuple[Any, ...]:
        return (*partials[:place], rule, *partials[place + 1 :])

    def reading(tree: Expression) -> Rule:
        def rule(*operands: Any) -> Any:
            return evaluate(tree, dict(zip([*names, "out"], operands, strict=True)))

        return rule

    flowing = [place for place, partial in enumerate(partials) if partial is not None]
    for place in flowing:
        partial, title = partials[place], f"by operand {place + 1}"
        if op.name not in FLAT:
            yield Mutant(op, f"{title}: × (1 - 1e-12)", replaced(place, times(partial, 1 - 1e-12)))
            yield Mutant(op, f"{title}: × -1", replaced(place, times(partial, -1.0)))
        tree = formula(partial, names)
        for what, changed in variants(tree) if tree is not None else ():
            yield Mutant(op, f"{title}: {what}", replaced(place, reading(changed)))
    for place, other in pairwise(flowing):
        if partials[place] != partials[other]:
            swapped = list(partials)
            swapped[place], swapped[other] = swapped[other], swapped[place]
            yield Mutant(op, f"exchange partials {place + 1} and {other + 1}", tuple(swapped))


def times(partial: Any, factor: float) -> Any:
    """The partial times a factor; nothing stays nothing."""
    if not callable(partial):
        return partial * factor

    def multiplied(*xs: Any) -> Any:
        local = partial(*xs)
        return None if local is None else local * factor

    return multiplied


def _of_sequences(op: Primitive) -> Iterator[Mutant]:
    """Of a gate over any number of operands: a partial serves all elements of a sequence."""
    point = oracle.points(op)[0]
    arguments = op.arguments([Expression(f"x{k}") for k in range(len(point))])

    def replaced(entry: int, rule: Any) -> tuple[Any, ...]:
        return (*op.partials[:entry], rule, *op.partials[entry + 1 :])

    def changed_at(entry: int, place: int, change: Callable[[Any], Any]) -> Any:
        """The partial, changed for the element at one place only."""
        partial = op.partials[entry]

        def rule(*xs: Any) -> Any:
            local = partial(*xs) if callable(partial) else partial
            at = xs[-2] if starred[entry] else place
            return change(local) if at == place and local is not None else local

        return rule

    def rewritten(entry: int, place: int, number: int) -> Any:
        """The variant of this number, written anew for as many operands as there are."""
        partial = op.partials[entry]

        def rule(*xs: Any) -> Any:
            *sequences, j, out = xs if starred[entry] else (*xs[:-1], place, xs[-1])
            if j != place:
                return partial(*xs)
            flat = [x for each in sequences for x in (each if isinstance(each, tuple) else (each,))]
            names = {f"x{k}": x for k, x in enumerate(flat)} | {"out": out}
            again = op.arguments([Expression(name) for name in list(names)[:-1]])
            tree = partial(*again, *((j,) if starred[entry] else ()), Expression("out"))
            several = list(variants(tree)) if isinstance(tree, Expression) else []
            return evaluate(several[number][1], names) if number < len(several) else partial(*xs)

        return rule

    starred = [name.startswith("*") for name in op.operands]
    for entry, partial in enumerate(op.partials):
        if partial is None:
            continue
        argument = arguments[entry]
        for place in range(len(argument) if starred[entry] else 1):
            title = f"by {op.operands[entry]}, operand {place + 1}"
            fewer = changed_at(entry, place, lambda local: local * (1 - 1e-12))
            yield Mutant(op, f"{title}: × (1 - 1e-12)", replaced(entry, fewer))
            negated = changed_at(entry, place, lambda local: -local)
            yield Mutant(op, f"{title}: × -1", replaced(entry, negated))
            if callable(partial):
                j = (place,) if starred[entry] else ()
                tree = partial(*arguments, *j, Expression("out"))
                for number, (what, _) in enumerate(
                    variants(tree) if isinstance(tree, Expression) else ()
                ):
                    rule = rewritten(entry, place, number)
                    yield Mutant(op, f"{title}: {what}", replaced(entry, rule))
        if starred[entry] and callable(partial):

            def exchanged(*xs: Any, partial: Any = partial) -> Any:
                *before, j, out = xs
                return partial(*before, {0: 1, 1: 0}.get(j, j), out)

            yield Mutant(
                op, f"exchange the first two {op.operands[entry]}", replaced(entry, exchanged)
            )


# --------------------------------------------------------------------- the gate's tests


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """The table with the mutant in its row."""
    op, partials, step = mutant.gate, mutant.gate.partials, mutant.gate.step
    op.partials, op.step = mutant.partials, None
    try:
        yield
    finally:
        op.partials, op.step = partials, step


def tests_of(op: Primitive) -> list[tuple[str, Callable[[], None]]]:
    """The tests of the suite that look at this gate's derivatives, quickest first."""

    def kinks() -> None:
        for name, operands, expected in test_primitives.KINKS:
            if name == op.name:
                test_primitives.test_kinks(name, operands, expected)

    return [
        ("partials", lambda: test_primitives.test_partials(op)),
        ("kinks", kinks),
        (
            "second derivatives",
            lambda: test_primitives.test_second_derivatives_read_the_rules_on_values(op),
        ),
        ("NaN", lambda: test_primitives.test_nan_gives_nan(op)),
    ]


def caught(op: Primitive) -> str:
    """The test of the gate's suite that fails, or nothing."""
    for name, test in tests_of(op):
        try:
            test()
        except Exception:  # an assertion, or whatever a broken rule runs into
            return name
    return ""


def main(arguments: Any = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--gate", help="only this one")
    options = parser.parse_args(arguments)
    start, total, missed = time.perf_counter(), 0, []
    for op in registry.values():
        if op.name not in exact.functions() or options.gate not in (None, op.name):
            continue
        assert not caught(op), f"{op.name} fails its tests as it is"
        for mutant in list(mutants(op)):
            with planted(mutant):
                by = caught(op)
            total += 1
            print(
                f"{'caught' if by else 'MISSED'}  {op.name}: {mutant.what}" + f"  [{by}]" * bool(by)
            )
            if not by:
                missed.append(mutant)
    seconds = time.perf_counter() - start
    print(f"{total - len(missed)} of {total} mutants caught in {seconds:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
