"""The grammar of what is typed and what stands on slides: from tokens to a tree of parts.

A method for each level of binding, the loosest first, as a textbook's parser has them: choice,
comparison, sum, product, factor, power, and what they are made of. Two things are a slide's own:

- a product needs no sign (``2x``, ``3(a + b)``, ``wᵀx``), and a function no brackets (``ln x``);
- what is then read in two ways (``1/2x``, ``sin 2x``, ``x^2y``) is refused, with both of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from typing import NamedTuple, NoReturn

from .tokens import ExpressionError, Token, tokens

__all__ = ["Part", "Statement", "no_function", "parse"]

_RESERVED = {"if", "else", "and", "or", "not", "in", "is"}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_PRODUCTS = ("*", "·", "/", "%", "⊙", "@")
_ROOTS = {"√": "sqrt", "∛": "cbrt"}
_ROUNDED = {"⌊": ("⌋", "floor"), "⌈": ("⌉", "ceil")}
_CLOSING = {"(": ")", "[": "]"}
_INSTEAD = {  # of signs that have no meaning here
    "'": "a name takes no prime, and text has no value",
    '"': "text has no value",
    ".": "after a name there is no dot",
    "∂": "the derivatives are computed for you",
    "∇": "the derivatives are computed for you",
    "…": "it stands for what was not computed",
    "∑": "write sum([x, y])",
    "∫": "there are no integrals",
    "!": "there are no factorials",
    "°": "write radians(30)",
    "←": "write q = x + 1, with a name of its own",
    "//": "write floor(x/y)",
}


class Part(NamedTuple):
    """A piece of an expression: what it is, its own parts, and where it stands.

    ``kind`` is number, name, list, call (of a function, ``text``), sign (an operator of one or two
    parts), bars, norm (``text`` is 1 or 2), compare (signs in ``text``), choice or element.
    """

    kind: str
    text: str
    start: int  # in the text, from 0
    end: int
    at: int  # the sign to point at
    parts: tuple[Part, ...] = ()


class Statement(NamedTuple):
    """``name = part``; the name is "" for the last one, if it has none."""

    name: str
    part: Part
    parameters: bool  # written as f(x, y) = ...


def no_function(name: str, functions: Collection[str]) -> str:
    """That there is no such function, and which may be meant."""
    near = difflib.get_close_matches(name, functions, 1) or [
        each for each in functions if each.lower() == name.lower()
    ]
    hint = f"; did you mean {near[0]}?" if near else "; gatewise --help lists them"
    return f"there is no function {name}{hint}"


def parse(text: str, functions: Collection[str]) -> list[Statement]:
    """Read ``q = x + y; f = q*z``.

    Args:
        text: the statements, separated by ``;`` or new lines.
        functions: the names that are called.

    Raises:
        ExpressionError: it is not written as such, or may mean two things.
    """
    try:
        return _Parser(text, tokens(text), functions).statements()
    except RecursionError:
        raise ExpressionError("nested too deeply", 1) from None


class _Parser:
    def __init__(self, text: str, found: list[Token], functions: Collection[str]) -> None:
        self.text = text
        self.tokens = found
        self.functions = functions
        self.place = 0
        self.open: list[Token] = []  # brackets and bars, the innermost last
        self.unbracketed: Part | None = None  # the last factor, if it is sin x or x^2: see below

    # ------------------------------------------------------------------ the tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    @property
    def previous(self) -> Token:
        return self.tokens[self.place - 1]

    def take(self, *texts: str) -> Token | None:
        """The next token, and on to the one after it, if it is one of these signs or words."""
        token = self.next
        if token.text in texts and token.kind in ("sign", "name"):
            self.place += 1
            return token
        return None

    def fail(self, message: str, at: int) -> NoReturn:
        raise ExpressionError(message, at + 1)

    def source(self, part: Part) -> str:
        return self.text[part.start : part.end]

    def in_brackets(self, part: Part) -> bool:
        return self.text[part.start] in "({（"

    def two_readings(self, start: int, first: str, second: str, at: int) -> NoReturn:
        written = self.text[start : self.previous.end]
        self.fail(f"{written} may mean {first} or {second}: write which", at)

    # ------------------------------------------------------------------ statements

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        assigned: set[str] = set()
        while self.next.kind != "end":
            if self.next.kind == "line":
                self.place += 1
                continue
            if found and not found[-1].name:
                part = found[-1].part
                self.fail("only the last expression may be without a name", part.start)
            found.append(self.statement(assigned))
            assigned.add(found[-1].name)
        if not found:
            self.fail("there is no expression", 0)
        return found

    def statement(self, assigned: Collection[str]) -> Statement:
        first, length = self.next, self.left_side()
        self.place += length
        if length and first.text in assigned:
            self.fail(f"{first.text} has been assigned already: take another name", first.start)
        part = self.choice()
        if self.next.text == "=":
            self.fail("a value is assigned to one name, as in q = x + y", self.next.start)
        self.finish()
        return Statement(first.text if length else "", part, length > 2)

    def left_side(self) -> int:
        """How many tokens ``q =`` has, or ``f(x, y) =``; 0 if there is no such."""
        place = self.place + 1
        if self.next.kind != "name" or self.next.text in _RESERVED:
            return 0
        if self.tokens[place].text == "(":
            place += 1
            while self.tokens[place].kind == "name" or self.tokens[place].text == ",":
                place += 1
            if self.tokens[place].text != ")":
                return 0
            place += 1
        return place + 1 - self.place if self.tokens[place].text == "=" else 0

    def finish(self) -> None:
        """A statement ends here, or else what stands here is wrong."""
        token = self.next
        if token.kind in ("line", "end"):
            return
        if token.text in (")", "]"):
            self.fail(f"'{token.text}' was never opened", token.start)
        if token.text == ",":
            self.fail("a comma separates arguments; a number has a point: 0.5", token.start)
        self.unexpected(token)

    def unexpected(self, token: Token) -> NoReturn:
        if token.kind == "number":
            first = self.text[self.previous.start : self.previous.end]
            second = self.text[token.start : token.end]
            if self.previous.text in (")", "]"):
                self.fail(f"{second} after a factor: write {second}·(...)", token.start)
            self.place += 1
            other = f"{first} + {second}" if not second[-1].isdecimal() else f"{first}{second}"
            start = self.tokens[self.place - 2].start
            self.two_readings(start, f"{first}·{second}", other, token.start)
        hint = f"; {_INSTEAD[token.text]}" if token.text in _INSTEAD else ""
        self.fail(f"{token.text} can't be used here{hint}", token.start)

    # ------------------------------------------------------------------ from loose to tight

    def choice(self) -> Part:
        """``a if condition else b``."""
        taken = self.comparison()
        if not self.take("if"):
            return taken
        at = self.previous.start
        condition = self.comparison()
        if not self.take("else"):
            self.fail("if needs an else, as in a if x > 0 else b", at)
        other = self.choice()
        return Part("choice", "", taken.start, other.end, at, (condition, taken, other))

    def comparison(self) -> Part:
        parts, signs, at = [self.sum()], [], self.next.start
        while sign := self.take(*_COMPARISONS):
            signs.append(sign.text)
            parts.append(self.sum())
        if not signs:
            return parts[0]
        return Part("compare", " ".join(signs), parts[0].start, parts[-1].end, at, tuple(parts))

    def sum(self) -> Part:
        left = self.product()
        while sign := self.take("+", "-"):
            left = self.joined(sign, left, self.product())
        return left

    def product(self) -> Part:
        """Factors with a sign between them, or without; x/2y and sin x·y are read in two ways."""
        left, sign = self.factor(), None
        last = left
        while True:
            bare = self.unbracketed
            if self.next.text in _PRODUCTS and self.next.kind == "sign":
                sign = self.take(*_PRODUCTS)
                assert sign is not None
                right = self.factor()
                if bare is not None and bare.kind == "call" and bare.text not in _ROOTS.values():
                    self.ambiguous_function(bare, f"{sign.text}{self.source(right)}", sign.start)
            elif self.starts_factor():
                start = self.next.start
                right = self.power()
                if bare is not None:
                    self.ambiguous_function(bare, self.source(right), start)
                if sign is not None and sign.text in ("/", "%"):
                    a, b, c = self.text[left.start : last.start], self.source(last), right
                    one = f"({a}{b}){self.source(c)}"
                    self.two_readings(left.start, one, f"{a}({b} {self.source(c)})", start)
                left = self.joined(Token("sign", "·", start, start), left, right)
                last = right
                continue
            else:
                return left
            left, last = self.joined(sign, left, right), right

    def ambiguous_function(self, bare: Part, more: str, at: int) -> NoReturn:
        """``sin x·y``, ``sin 2x`` or ``x^2y``: how far does the function, or the power, reach?"""
        inner, dot = self.source(bare.parts[-1]), "" if more[0] in "*·/%⊙@" else "·"
        if bare.kind == "call":
            head = self.text[bare.start : bare.parts[0].start].strip()
        else:
            head = self.text[bare.start : bare.parts[1].start]
        self.two_readings(
            bare.start, f"{head}({inner}){dot}{more}", f"{head}({inner}{dot}{more})", at
        )

    def starts_factor(self) -> bool:
        """Whether the next token may begin a factor after another, without a sign between."""
        token = self.next
        if token.kind == "name":
            return token.text not in _RESERVED
        if token.text in ("|", "‖"):
            return not self.closes(token.text)
        return token.kind == "sign" and token.text in ("(", "[", *_ROOTS, *_ROUNDED)

    def factor(self) -> Part:
        """A power with signs before it."""
        if sign := self.take("-", "+"):
            operand = self.factor()
            return Part("sign", sign.text, sign.start, operand.end, sign.start, (operand,))
        return self.power()

    def power(self) -> Part:
        base = self.postfix()
        bare = self.unbracketed
        sign = self.take("^")
        if sign is None:
            return base
        if self.next.text in ("ᵀ", "T"):
            self.place += 1
            return self.joined(Token("sign", "ᵀ", sign.start, self.previous.end), base)
        exponent = self.factor()
        if bare is not None:  # ln x^2: the function reaches over the power
            argument = self.joined(sign, bare.parts[0], exponent)
            return self.bare_call(bare.text, bare.start, bare.at, argument)
        power = self.joined(sign, base, exponent)
        self.unbracketed = None if self.in_brackets(exponent) else power
        return power

    def postfix(self) -> Part:
        """What stands with its index, its superscript or its ᵀ: x[0], x², xᵀ."""
        part = self.primary()
        while True:
            token = self.next
            if token.kind == "superscript":
                self.place += 1
                sign = Token("sign", "^", token.start, token.end)
                part = self.joined(sign, part, self.raised(token))
            elif token.text == "ᵀ":
                self.place += 1
                part = self.joined(token, part)
            elif token.text == "[" and part.kind != "number" and token.start == part.end:
                self.place += 1
                index = self.bracketed(token, self.choice)
                part = Part(
                    "element", "", part.start, self.previous.end, token.start, (part, index)
                )
            else:
                return part

    def raised(self, token: Token) -> Part:
        """The expression in a superscript."""
        inside = _Parser(self.text, tokens(" " * token.start + token.text), self.functions)
        part = inside.choice()
        if inside.next.kind != "end":
            self.fail("this superscript is no exponent", token.start)
        return part

    def joined(self, sign: Token, *parts: Part) -> Part:
        end = max(parts[-1].end, sign.end)
        return Part("sign", sign.text, parts[0].start, end, sign.start, parts)

    # ------------------------------------------------------------------ what they are made of

    def primary(self) -> Part:
        token = self.next
        self.place += 1
        self.unbracketed = None
        if token.kind == "number":
            return Part("number", token.text, token.start, token.end, token.start)
        if token.kind == "name" and token.text not in _RESERVED:
            return self.name(token)
        if token.text == "(":
            inner = self.bracketed(token, self.arguments)
            return inner._replace(start=token.start, end=self.previous.end)
        if token.text == "[":
            empty = self.next.text == "]"
            parts = () if empty else self.bracketed(token, lambda: self.arguments(True)).parts
            self.place += empty
            return Part("list", "", token.start, self.previous.end, token.start, parts)
        if token.text in _ROOTS:
            operand = self.primary() if self.next.text == "(" else self.postfix()
            return self.bare_call(_ROOTS[token.text], token.start, token.start, operand)
        if token.text in _ROUNDED:
            closing, name = _ROUNDED[token.text]
            inner = self.bracketed(token, self.choice, closing)
            return Part("call", name, token.start, self.previous.end, token.start, (inner,))
        if token.text in ("|", "‖"):
            return self.bars(token)
        self.place -= 1
        if token.kind in ("end", "line"):
            if self.open:
                self.never_closed()
            self.fail("something is missing at the end", token.start)
        if token.text in ("+", "-", "^", "=", ")", "]", ",", *_PRODUCTS, *_COMPARISONS):
            self.fail(f"something is missing before {token.text}", token.start)
        self.unexpected(token)

    def name(self, token: Token) -> Part:
        """A name, or the call of a function, with brackets or without."""
        if token.text not in self.functions:
            bracket = self.next
            if bracket.text == "(" and self.has_comma():
                in_use = f"{token.text} is followed by several arguments, but "
                self.fail(in_use + no_function(token.text, self.functions), token.start)
            return Part("name", token.text, token.start, token.end, token.start)
        power = self.next if self.next.kind == "superscript" else None
        self.place += power is not None
        bracket = self.next
        if self.take("("):
            inner = self.bracketed(bracket, lambda: self.arguments(True))
            call = Part(
                "call", token.text, token.start, self.previous.end, token.start, inner.parts
            )
        elif bracket.kind == "number" or (self.starts_factor() and bracket.text != "["):
            call = self.bare_call(token.text, token.start, token.start, self.postfix())
        else:  # a variable of that name, or an error as soon as it is looked up
            self.place -= power is not None
            return Part("name", token.text, token.start, token.end, token.start)
        if power is None:
            return call
        if power.text.startswith("-"):
            of = f"({self.text[power.end : call.end].strip(' (){}')})"
            self.two_readings(
                token.start, f"1/{token.text}{of}", f"arc{token.text}{of}", power.start
            )
        return self.joined(power._replace(text="^"), call, self.raised(power))

    def has_comma(self) -> bool:
        """Whether the bracket that opens here holds several things."""
        depth = 0
        for token in self.tokens[self.place :]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth == 1 and token.text == ",":
                return True
            if not depth:
                return False
        return False

    def bare_call(self, name: str, start: int, at: int, argument: Part) -> Part:
        """A call without brackets, after which no more factors may follow."""
        call = Part("call", name, start, argument.end, at, (argument,))
        self.unbracketed = None if self.in_brackets(argument) else call
        return call

    def arguments(self, always: bool = False) -> Part:
        """One expression, or several with commas, as a list; ``always`` as a list."""
        if always and self.next.text == ")":
            return Part("list", "", self.next.start, self.next.start, self.next.start)
        parts, many = [self.argument()], always
        while self.take(","):
            many = True
            if self.next.text in (")", "]"):
                break
            parts.append(self.argument())
        if not many:
            return parts[0]
        return Part("list", "", parts[0].start, parts[-1].end, parts[0].start, tuple(parts))

    def argument(self) -> Part:
        part = self.choice()
        if self.next.text == "=":
            self.fail("arguments go by place, without =", self.next.start)
        return part

    def bracketed(self, opening: Token, inside: Callable[[], Part], closing: str = "") -> Part:
        """What stands in brackets whose first has been read."""
        self.open.append(opening)
        part = inside()
        closing = closing or _CLOSING[opening.text]
        if not self.take(closing):
            if self.next.kind in ("end", "line"):
                self.never_closed()
            if self.next.text in (")", "]"):
                self.fail(f"'{closing}' is missing before {self.next.text}", self.next.start)
            self.finish()
        self.open.pop()
        self.unbracketed = None
        return part

    def never_closed(self) -> NoReturn:
        self.fail(f"'{self.open[-1].text}' was never closed", self.open[-1].start)

    # ------------------------------------------------------------------ |x| and ‖x‖

    def bars(self, token: Token) -> Part:
        """``|x|``, ``‖x‖``, and ``||x||`` for the latter."""
        twice = token.text == "|" and self.next.text == "|" and self.next.start == token.end
        self.place += twice
        norm = twice or token.text == "‖"
        self.open.append(token._replace(text="‖" if norm else "|"))
        part = self.choice()
        end = self.next
        if not self.closes(end.text):
            if twice:
                self.fail("|| begins a norm, never closed: else write |(|x| - 1)|", token.start)
            if end.kind in ("end", "line"):
                self.never_closed()
            self.unexpected(end)
        self.open.pop()
        self.place += 2 if norm and end.text == "|" else 1
        self.unbracketed = None
        which = "1" if end.text == "‖₁" else "2"
        kind = "norm" if norm else "bars"
        return Part(kind, which, token.start, self.previous.end, token.start, (part,))

    def closes(self, sign: str) -> bool:
        """Whether this bar, where a factor has ended, closes the innermost that is open."""
        innermost = self.open[-1].text if self.open else ""
        if sign == "|" and innermost == "‖":
            after = self.tokens[self.place + 1]
            return after.text == "|" and after.start == self.next.end
        return sign[:1] == innermost
