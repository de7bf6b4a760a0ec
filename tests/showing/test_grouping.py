"""Clusters, collapsed boxes and constants: what a picture shows."""

import pytest

from autograd import Value, cross_entropy, softmax
from autograd.showing.grouping import Box, Grouping, class_index


def neuron(inputs, weights):
    total = weights[0] * inputs[0] + weights[1] * inputs[1]
    return total.relu()


@pytest.fixture
def network():
    x = [Value(1.0, "x0"), Value(2.0, "x1")]
    w = [[Value(k + 0.5) for _ in x] for k in range(3)]
    h = [neuron(x, w[0]), neuron(x, w[1])]
    return x, w, h, neuron(h, w[2])


def test_gates_join_the_cluster_they_serve(network):
    x, w, h, y = network
    clusters = {
        "hidden/one": [h[0], *w[0]],
        "hidden/two": [h[1], *w[1]],
        "out": [y, *w[2]],
    }
    graph = Grouping([y], clusters)
    assert graph.path[h[0].operands[0]] == ("hidden", "one")
    assert graph.path[h[1].operands[0].operands[1]] == ("hidden", "two")
    assert graph.path[y.operands[0]] == ("out",)
    assert x[0] not in graph.path  # an input is listed by its owner, or stands outside
    assert len(graph) == 2 + 3 * 6
    names = ["hidden/one", "hidden/two"]
    one = Grouping([y], clusters, names[0])
    assert one.shown[w[0][0]] == Box(("hidden", "one"))
    assert len(one) == 2 + 1 + 2 * 6
    assert len(Grouping([y], clusters, names)) == 2 + 2 + 6
    whole = Grouping([y], clusters, collapse=True)
    assert len(whole) == 2 + 2
    nodes, results = whole.inside(Box(("hidden",)))
    assert len(nodes) == 12
    assert set(results) == set(h)


def test_a_gate_that_serves_two_clusters_belongs_to_the_one_around_them():
    a = Value(1.0)
    shared = a * a
    left, right = shared + a, shared - a
    graph = Grouping([left * right], {"in/left": [left], "in/right": [right]})
    assert graph.path[shared] == ("in",)


def test_constants_stand_beside_each_use():
    a = Value(3.0)
    y = (2 * a) * (2 + a)
    assert len(Grouping([y])) == 4 + 2
    assert len(Grouping([y], with_constants=False)) == 4


def test_a_class_index_is_no_constant_of_the_picture():
    x = [Value(1.0), Value(2.0)]
    loss = cross_entropy(x, 1)
    assert class_index(loss) == 1
    assert [class_index(p) for p in softmax(x)] == [0, 1]
    assert len(Grouping([loss])) == 3
    assert class_index(cross_entropy(x, Value(1.0))) is None
    assert class_index(2 * x[0]) is None


def test_equal_numbers_are_not_the_same_node():
    a, b = Value(1.0), Value(1.0)
    inner = a * b
    graph = Grouping([inner * b], {"c": [inner]}, collapse=True)
    assert graph.inside(Box(("c",))) == ([inner], [inner])
    assert graph.shown[a] is a


def test_errors_name_the_cluster(network):
    _, _, h, y = network
    with pytest.raises(ValueError, match=r"empty part: 'a//b'"):
        Grouping([y], {"a//b": [h[0]]})
    with pytest.raises(TypeError, match=r"'a' holds 3"):
        Grouping([y], {"a": [3]})
    with pytest.raises(ValueError, match=r"in two clusters, 'a' and 'b'"):
        Grouping([y], [("a", [h[0]]), ("b", [h[0]])])
    with pytest.raises(ValueError, match=r"no cluster 'c' to collapse; there are: a, a/b"):
        Grouping([y], {"a/b": [h[0]]}, collapse="c")
    with pytest.raises(ValueError, match="there are: none"):
        Grouping([y], collapse=["c"])
