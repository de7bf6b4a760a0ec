"""Value: arithmetic, comparison, conversion, editing, copies, memory."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import subprocess
import sys
import textwrap
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import autograd
from autograd import StaleGraphError, Value, no_grad
from autograd.engine.graph import ancestors


def test_operators_compute_and_differentiate() -> None:
    v, w = Value(3.0), Value(2.0)
    cases = [
        (v + w, 5.0, 1.0, 1.0),
        (v - w, 1.0, 1.0, -1.0),
        (v * w, 6.0, 2.0, 3.0),
        (v / w, 1.5, 0.5, -0.75),
        (v**w, 9.0, 6.0, 9 * math.log(3)),
        (v % w, 1.0, 1.0, -1.0),
        (v + 0 * w, 3.0, 1.0, 0.0),
    ]
    for out, value, by_v, by_w in cases:
        v.grad = w.grad = None
        out.backward()
        assert (out.data, v.grad) == (value, by_v)
        assert w.grad == pytest.approx(by_w, rel=1e-15)


@pytest.mark.parametrize("other", [2, 2.0, np.float64(2), np.float32(2), np.int64(2), True + True])
def test_plain_numbers_on_either_side(other: object) -> None:
    v = Value(3.0)
    results = [
        (v + other, other + v, 5.0, 5.0),
        (v - other, other - v, 1.0, -1.0),
        (v * other, other * v, 6.0, 6.0),
        (v / other, other / v, 1.5, 2 / 3),
        (v**other, other**v, 9.0, 8.0),
        (v % other, other % v, 1.0, 2.0),
    ]
    for left, right, by_left, by_right in results:
        assert type(left) is type(right) is Value
        assert (left.data, right.data) == (by_left, by_right)
        constant = next(o for o in left.operands if o is not v)
        assert constant.kind == "constant" and constant.op is None and not constant.label


def test_other_real_numbers() -> None:
    v = Value(3.0)
    assert (v * Fraction(1, 2)).data == 1.5
    assert Value(Decimal("0.25")).data == 0.25
    assert Value(np.float32(0.5)).data == 0.5
    assert Value(np.array(2.0)).data == 2.0
    assert type(Value(7).data) is float


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("3", "str '3'"),
        (None, "NoneType None"),
        (2 + 3j, r"complex \(2\+3j\)"),
        ([1.0], r"list \[1.0\]"),
        (np.array([1.0, 2.0]), "ndarray"),
        (Value(1.0), "got a Value: use v.detach"),
        (object, "type"),
    ],
)
def test_bad_data_is_named(data: object, named: str) -> None:
    with pytest.raises(TypeError, match=named):
        Value(data)
    leaf = Value(1.0)
    with pytest.raises(TypeError, match=named):
        leaf.data = data
    assert leaf.data == 1.0


def test_bad_operands_are_refused() -> None:
    v = Value(1.0)
    for thing in ("2", None, 1j, [1.0], np.array([1.0, 2.0])):
        for operate in (
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a / b,
            lambda a, b: a**b,
            lambda a, b: a % b,
        ):
            with pytest.raises(TypeError):
                operate(v, thing)
            with pytest.raises(TypeError):
                operate(thing, v)
    with pytest.raises(TypeError, match="a label is a string, got int 3"):
        Value(1.0, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="exceeds a float"):
        Value(10**400)
    with pytest.raises(ValueError, match="exceeds a float"):
        v + 10**400


def test_comparisons_are_by_data_and_hash_by_identity() -> None:
    a, b = Value(1.0), Value(2.0)
    assert a < b and a <= b and b > a and b >= a and a != b
    assert a < 1.5 < b and b == 2.0 and a == Value(1.0)
    assert max(a, b) is b and min(b, a) is a
    assert sorted([b, a]) == [a, b]
    assert len({a, Value(1.0)}) == 2
    assert a != "1.0" and a != None  # noqa: E711
    assert bool(b) and not Value(0.0)


def test_format_and_repr() -> None:
    v = Value(1 / 3, "v")
    assert f"{v:.3f}" == "0.333" and f"{v:8.1e}" == " 3.3e-01"
    assert repr(v) == "Value(data=0.3333333333333333, grad=None, label='v')"
    (v * 1).backward()
    assert f"{v}" == str(v) == "Value(data=0.3333333333333333, grad=1.0, label='v')"


@pytest.mark.parametrize("convert", [float, int, math.exp, math.floor, round])
def test_conversions_that_would_drop_the_graph_are_refused(convert: object) -> None:
    with pytest.raises(TypeError, match=r"write autograd\.\w+\(.*\) for the gate, v\.data for"):
        convert(Value(1.0))  # type: ignore[operator]


def test_a_value_is_no_integer() -> None:
    """Not an index, nor how often to repeat a string; Python's own message names the type."""
    for use in (lambda v: [1.0, 2.0][v], range, lambda v: "ab" * v):
        with pytest.raises(TypeError, match=r"Leaf|an operand is 'ab'"):
            use(Value(1.0))  # type: ignore[no-untyped-call]


def test_operands_are_ordered_and_keep_multiplicity() -> None:
    a, b = Value(3.0), Value(2.0)
    assert (a * a).operands == (a, a) and len((a * a).operands) == 2
    assert (a - b).operands[0] is a and (a - b).operands[1] is b
    assert (2 - a).operands[1] is a
    assert (a - b).op.name == "sub" and (a / b).op.name == "div"
    assert len(ancestors(a - b)) == len(ancestors(a / b)) == 3


def test_built_in_sum_leaves_no_node_for_its_zero() -> None:
    values = [Value(1.0), Value(2.0), Value(3.0)]
    total = sum(values)
    assert total.data == 6.0
    assert len(ancestors(total)) == 5
    assert sum([values[0]]) is values[0]


def test_inner_nodes_and_constants_cannot_be_edited() -> None:
    x = Value(2.0, "x")
    y = x * 3
    with pytest.raises(AttributeError, match="the mul node is computed by mul"):
        y.data = 1.0
    with pytest.raises(AttributeError, match="the constant 3 can't be edited"):
        y.operands[1].data = 4.0
    with pytest.raises(AttributeError):
        y.operands[1].grad = 1.0


def test_editing_a_leaf_makes_the_graph_stale_until_forward() -> None:
    x, w = Value(2.0, "x"), Value(5.0)
    y = x * w
    z = y + 1
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="'x' was changed after the mul node"):
        z.backward()
    assert x.grad is None and w.grad is None
    assert z.forward() is z
    z.backward()
    assert (z.data, x.grad, w.grad) == (16.0, 5.0, 3.0)


def test_forward_computes_only_what_changed_and_other_outputs_stay_stale() -> None:
    a, b = Value(1.0), Value(2.0)
    left, right = a * 2, b * 3
    out, other = left + right, left - right
    out.backward()
    a.data = 10.0
    out.forward()
    assert (left.data, right.data, out.data) == (20.0, 6.0, 26.0)
    assert left.grad is None and right.grad == 1.0 and out.grad is None
    with pytest.raises(StaleGraphError):
        other.backward()
    assert other.forward().data == 14.0
    other.backward()
    out.backward()


def test_forward_after_a_domain_error_says_so_and_stays_stale() -> None:
    x = Value(2.0, "x")
    y = x.log() * 2
    x.data = -1.0
    with pytest.raises(ValueError, match=r"log\(x = -1.0\)"):
        y.forward()
    with pytest.raises(StaleGraphError):
        y.backward()
    x.data = 1.0
    y.forward().backward()
    assert (y.data, x.grad) == (0.0, 2.0)


def test_augmented_updates_as_in_a_training_loop() -> None:
    p = Value(1.0)
    for _ in range(3):
        loss = (p - 5) ** 2
        p.grad = 0
        loss.backward()
        p.data -= 0.1 * p.grad
    assert p.data == pytest.approx(5 - 4 * 0.8**3)


def test_no_grad_and_detach_record_nothing() -> None:
    x = Value(2.0, "x")
    with no_grad():
        y = (x * x + 1).exp()
        assert y.operands == () and y.op is None
    with pytest.raises(ZeroDivisionError), no_grad():
        x / 0
    assert (x * x).operands == (x, x)
    free = (x * x).detach()
    assert free.data == 4.0 and free.op is None and x.detach().label == "x"
    with no_grad(), no_grad():
        pass
    assert (x + 1).op is not None


def test_no_grad_holds_for_its_own_thread_only() -> None:
    import threading

    x = Value(2.0)
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * x).op))
        thread.start()
        thread.join()
        assert (x * x).op is None
    assert seen[0] is not None


def test_zero_grad_forgets_the_whole_graph() -> None:
    x = Value(2.0)
    y = (x * 3).exp()
    y.backward()
    y.zero_grad()
    assert [node.grad for node in ancestors(y)] == [None] * 4


def _graph() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    return a, b, (a * b + a).tanh() * a**2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_keep_structure_values_and_gradients(copied: object) -> None:
    a, _, y = _graph()
    y.backward()
    twin = copied(y)  # type: ignore[operator]
    assert twin is not y and twin.data == y.data
    leaves = {node.label: node for node in ancestors(twin) if node.label}
    assert leaves["a"] is not a and leaves["a"].grad == a.grad
    before = a.grad
    twin.backward()
    assert leaves["a"].grad == 2 * before and a.grad == before
    assert len(ancestors(twin)) == len(ancestors(y))
    leaves["a"].data = 5.0
    with pytest.raises(StaleGraphError):
        twin.backward()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_stale_graph_stays_stale_when_copied(copied: object) -> None:
    a, _, y = _graph()
    a.data = 7.0
    twin = copied(y)  # type: ignore[operator]
    with pytest.raises(StaleGraphError):
        twin.backward()
    assert twin.forward().data == y.forward().data


def test_shared_leaves_stay_shared_in_one_pickle() -> None:
    a, b, y = _graph()
    a2, b2, y2 = pickle.loads(pickle.dumps((a, b, y)))
    y2.backward()
    y.backward()
    assert (a2.grad, b2.grad) == (a.grad, b.grad)
    c2, z2 = copy.deepcopy((a, y))
    assert c2 in [node for node in ancestors(z2) if node is c2]


def test_a_pickle_without_its_primitive_says_what_is_missing() -> None:
    cube = autograd.primitive("cube_for_pickle", lambda x: x**3, [lambda x, out: 3 * x * x])
    stored = pickle.dumps(cube(Value(2.0)))
    assert pickle.loads(stored).data == 8.0
    del autograd.engine.gate.registry["cube_for_pickle"]
    with pytest.raises(LookupError, match=r"define it with primitive\('cube_for_pickle'"):
        pickle.loads(stored)


def test_a_dropped_graph_is_freed_by_reference_counting_alone() -> None:
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        x = Value(1.0)
        y = x
        for _ in range(1000):
            y = (y * 1.5).tanh() + x
        y.backward()
        autograd.grad(lambda t: t.exp() * t)(1.0)
        del x, y
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


def test_a_chain_of_a_million_nodes_at_recursion_limit_200() -> None:
    """Build, backward, deepcopy, pickle and free, with the cyclic collector off."""
    program = textwrap.dedent(
        """
        import copy, gc, pickle, sys, tracemalloc
        from autograd import Value
        sys.setrecursionlimit(200)
        gc.disable()
        n = 1_000_000
        tracemalloc.start()
        x = Value(1.0)
        y = x
        for _ in range(n):
            y = y + x
        y.backward()
        assert (y.data, x.grad) == (n + 1.0, n + 1.0)
        bytes_a_node = tracemalloc.get_traced_memory()[0] / n
        assert bytes_a_node <= 250, bytes_a_node
        tracemalloc.stop()
        twin = copy.deepcopy(y)
        assert twin.data == y.data
        del twin
        stored = pickle.dumps(y)
        twin = pickle.loads(stored)
        twin.forward().backward()
        assert twin.data == y.data
        alive = len(gc.get_objects())
        del twin, y, x
        assert alive - len(gc.get_objects()) > 2 * n
        print("done")
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "done", result.stderr


@pytest.mark.parametrize("swapped", [False, True])
def test_an_array_beside_a_value_says_what_to_do(swapped: bool) -> None:
    pair = [Value(1.0), np.array([1.0, 2.0])]
    a, b = pair[::-1] if swapped else pair
    with pytest.raises(TypeError, match=r"array of shape \(2,\): a Value is one number"):
        a + b


def test_numpy_object_arrays_hold_values() -> None:
    values = np.array([Value(1.0), Value(2.0)], dtype=object)
    total = (values * 3).sum()
    total.backward()
    assert total.data == 9.0 and values[0].grad == 3.0


def test_what_no_grad_or_detach_cut_off_was_computed() -> None:
    x = Value(2.0)
    with no_grad():
        y = x * x
    kinds = [v.kind for v in (x, x.detach(), x * x, y, (x * x).detach(), y.detach())]
    assert kinds == ["leaf"] * 2 + ["gate"] + ["unrecorded"] * 3
    assert (x * 3).operands[1].kind == "constant"
    y.label, y.data = "y", 5.0
    (y * y).backward()
    assert (y.grad, y.label) == (10.0, "y"), "else a leaf like any other"
    assert copy.deepcopy(y).kind == pickle.loads(pickle.dumps(y)).kind == "unrecorded"
