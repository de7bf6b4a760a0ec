"""In which buffer each array lies: lifetimes, work in place, and copies that are not made."""

from __future__ import annotations

import pytest

from autograd.compiler.buffers import Call, Storage, View, allocate, order, placed, turned

X = View(Storage(True, (3,), made="given", name="X"), True, (3,))


def an_array(*shape: int) -> View:
    return View(Storage(True, shape), True, shape)


def computed(out: View, *reads: View, way: str = "") -> Call:
    return Call("f({0}, out={out})", reads, out, way)


def copied(*pairs: tuple[View, View], out: View) -> Call:
    return Call("copy", tuple(source for source, _ in pairs), out, copies=list(pairs))


def columns(of: View, start: int, stop: int) -> View:
    return of._replace(path=f"{{}}[..., {start}:{stop}]", shape=(stop - start,), dense=False)


def result(view: View) -> Call:
    return Call("return {0}", (view,))


def test_a_buffer_serves_again_once_nobody_reads_it() -> None:
    a, b, c = an_array(3), an_array(3), an_array(3)
    allocate([computed(a, X), computed(b, a), computed(c, b), result(c)], "_")
    assert a.of.name == c.of.name != b.of.name


def test_another_kind_of_array_lies_elsewhere() -> None:
    a, b, c = an_array(3), an_array(4), an_array(3)
    c.of.rows = True  # lies row by row, where few columns do not
    allocate([computed(a, X), computed(b, X), computed(c, X), result(c)], "_")
    assert len({a.of.name, b.of.name, c.of.name}) == 3
    assert [order(each.of) for each in (a, c)] == ["F", "C"]


@pytest.mark.parametrize(
    ("way", "path", "later", "same"),
    [
        ("elementwise", "{}", False, True),
        ("elementwise", "{}", True, False),  # somebody reads the operand again
        ("elementwise", "{}.T", False, False),  # elements would be overwritten before they are read
        ("", "{}", False, False),
    ],
)
def test_in_place(way: str, path: str, later: bool, same: bool) -> None:
    a, b = an_array(3), an_array(3)
    calls = [computed(a, X), computed(b, a._replace(path=path), way=way)]
    allocate([*calls, *([result(a)] if later else []), result(b)], "_")
    assert (a.of.name == b.of.name) is same


def test_a_joined_array_is_computed_in_its_columns() -> None:
    a, b, whole = an_array(3), an_array(2), an_array(5)
    pairs = (a, columns(whole, 0, 3)), (b, columns(whole, 3, 5))
    calls = [computed(a, X), computed(b, a), copied(*pairs, out=whole), result(whole), result(a)]
    assert [call.form for call in allocate(calls, "_")].count("copy") == 0
    assert placed(a).of is placed(b).of is whole.of
    assert placed(b).path == "{}[..., 3:5]"


@pytest.mark.parametrize(("width", "moved"), [(60, True), (62, False)])
def test_what_must_lie_without_gaps(width: int, moved: bool) -> None:
    """Columns of an array that lies column by column do, those of a wider one do not."""
    a, whole = an_array(3), an_array(width + 3)
    a.of.dense = True
    pairs = (a, columns(whole, 0, 3)), (X, columns(whole, 3, 6))
    allocate([computed(a, X), copied(*pairs, out=whole), result(whole)], "_")
    assert (placed(a).of is whole.of) is moved


def test_a_copy_of_what_is_read_again_is_made() -> None:
    a, b = an_array(3), an_array(3)
    calls = [computed(a, X), copied((a, b), out=b), computed(b, b), result(a), result(b)]
    assert allocate(calls, "_") == calls


def test_what_may_be_a_view_keeps_its_buffer() -> None:
    a, b = an_array(3), an_array(3)
    local = View(Storage(True, (3,), made="local", bases=(a.of,)), True, (3,))
    allocate([computed(a, X), computed(local, a), computed(b, X), result(local), result(b)], "_")
    assert a.of.name != b.of.name


def test_turned_twice() -> None:
    assert turned(turned(X)).path == X.path
