"""Composed: logistics and softmaxes that a function writes with exp, and the gates that they are.

Their parts overflow (exp beyond 709) or end at 0, which has no logarithm, where the gate would
not. A program computes what was written; when its loss turns NaN or infinite, it says which gate
to write.
"""

from __future__ import annotations

from operator import attrgetter

from ..engine import primitives as gates
from ..engine.value import Value
from .trace import Trace

__all__ = ["advice"]

# What a node is, from the leaves on: the exp of something, such an exp and a number, a sum of
# several, and the shares of such sums, or a mixture of shares.
EXP, ONE, MANY, LOGISTIC, SOFTMAX = "exp", "1 + exp", "Σ exp", "logistic", "softmax"

SIGMOID = "sigmoid(x) for 1 / (1 + exp(-x))"
SHARES = "softmax(xs) for exp(x) / Σ exp(x)"
TANH = "tanh(x) for (exp(x) - exp(-x)) / (exp(x) + exp(-x))"
LOGARITHMS = {
    ONE: "softplus(x) for log(1 + exp(x))",
    MANY: "logsumexp(xs) for log(Σ exp(x))",
    LOGISTIC: "-softplus(-x) for log(sigmoid(x)) and -softplus(x) for log(1 - sigmoid(x))",
    SOFTMAX: "cross_entropy(xs, k) or log_softmax(xs) for the logarithm of a softmax",
}
_SUMS = {gates.add, gates.sum, gates.sub}
_MIXTURES = {*_SUMS, gates.mul, gates.neg, gates.dot}
_GATES = {gates.exp: EXP, gates.sigmoid: LOGISTIC, gates.softmax: SOFTMAX}


def advice(trace: Trace) -> str:
    """Which gates to write, as the end of an error message; empty where nothing is composed."""
    if _GATES.keys().isdisjoint(map(attrgetter("op"), trace.nodes)):
        return ""
    kinds: dict[Value, str] = {}
    found: dict[str, None] = {}
    for node in trace.nodes:
        op, parts = node.op, [kinds[each] for each in node.operands if each in kinds]
        if op in _GATES:
            kinds[node] = _GATES[op]
        elif op is gates.div and (kind := kinds.get(node.operands[1])) in (ONE, MANY):
            if parts == [MANY, MANY]:
                found[TANH] = None
            else:
                kinds[node] = LOGISTIC if kind == ONE else SOFTMAX
                found[SIGMOID if kind == ONE else SHARES] = None
        elif op is gates.log and parts and parts[0] in LOGARITHMS:
            found[LOGARITHMS[parts[0]]] = None
        elif op in _SUMS and parts and {EXP, ONE, MANY}.issuperset(parts):
            kinds[node] = MANY if len(parts) > 1 or MANY in parts else ONE
        elif op in _MIXTURES and parts and {LOGISTIC, SOFTMAX}.issuperset(parts):
            kinds[node] = parts[0]
    if LOGARITHMS[SOFTMAX] in found:
        found.pop(SHARES, None)  # a part of it
    if LOGARITHMS[LOGISTIC] in found:
        found.pop(SIGMOID, None)
    return f"\nthe gate that does not: {', '.join(found)}" if found else ""
