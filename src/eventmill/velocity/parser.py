"""Text → nodes."""

from __future__ import annotations

import re

from eventmill.velocity.errors import VelocityError
from eventmill.velocity.expressions import Expressions
from eventmill.velocity.nodes import (
    Block,
    Broken,
    Expression,
    Foreach,
    If,
    Leave,
    Macro,
    MacroCall,
    Node,
    Reference,
    Set,
    Stopped,
    Text,
)

_NEXT = re.compile(r"[$#\\]")
_DIRECTIVE = re.compile(r"#(?:\{([a-zA-Z_][\w-]*)\}|([a-zA-Z_][\w-]*))")
_BLANKS = re.compile(r"[ \t]*")
_LINE_END = re.compile(r"[ \t]*\r?\n")
_INDENT = re.compile(r"(?:\A|(?<=\n))[ \t]*\Z")
_ENDS = frozenset({"end", "else", "elseif"})
_WORDS = _ENDS | {"if", "foreach", "set", "macro", "stop", "break"}


class Parser:
    """Reads one template."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._nodes: list[Node] = []
        self._expressions = Expressions(text, self._inner)

    def template(self) -> Block:
        """The whole. Raises VelocityError."""
        block, ended = self._block(top=True)
        if ended:
            raise self._error(f"#{ended} without a block that it ends")
        return block

    @staticmethod
    def _inner(text: str) -> Block:
        """What stands in double quotes."""
        return Parser(text).template()

    def _error(self, message: str) -> VelocityError:
        line = self._text.count("\n", 0, self._at) + 1
        return VelocityError(f"line {line}: {message}")

    def _block(self, *, top: bool = False) -> tuple[Block, str]:
        """(nodes up to the directive that ends them, its name); the name is empty at the end.

        The directive that ends a block is left unread behind its name.
        """
        outer, self._nodes = self._nodes, []
        ended = ""
        while self._at < len(self._text):
            found = _NEXT.search(self._text, self._at)
            if found is None:
                self._write(self._text[self._at :])
                self._at = len(self._text)
                break
            self._write(self._text[self._at : found.start()])
            self._at = found.start()
            ended = self._special()
            if ended:
                break
        if not ended and not top:
            raise self._error("a block is not ended by #end")
        nodes, self._nodes = self._nodes, outer
        return Block(tuple(nodes)), ended

    def _write(self, text: str) -> None:
        if not text:
            return
        if self._nodes and isinstance(self._nodes[-1], Text):
            text = self._nodes.pop().content + text  # type: ignore[attr-defined]
        self._nodes.append(Text(text))

    def _special(self) -> str:
        """Read what begins with `$`, `#` or a backslash; the name of a directive that ends."""
        sign = self._text[self._at]
        if sign == "\\":
            # A backslash before a reference or directive takes its meaning from it.
            following = self._text[self._at + 1 : self._at + 2]
            escaped = following in ("$", "#") and following != ""
            self._write(following if escaped else sign)
            self._at += 2 if escaped else 1
            return ""
        if sign == "$":
            reference, self._at = self._expressions.reference(self._at)
            if reference is None:
                self._write("$")
                self._at += 1
            else:
                self._nodes.append(reference)
            return ""
        return self._hash()

    def _hash(self) -> str:
        text, at = self._text, self._at
        if text.startswith("##", at):
            end = text.find("\n", at)
            self._at = len(text) if end < 0 else end + 1
            return ""
        for opening, closing in (("#*", "*#"), ("#[[", "]]#")):
            if text.startswith(opening, at):
                end = text.find(closing, at + len(opening))
                if end < 0:
                    raise self._error(f"{opening} is not ended by {closing}")
                if opening == "#[[":
                    self._write(text[at + 3 : end])
                self._at = end + len(closing)
                return ""
        found = _DIRECTIVE.match(text, at)
        if found is None:
            self._write("#")
            self._at += 1
            return ""
        return self._directive(found)

    def _directive(self, found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        if name not in _WORDS:
            # `#endfoo` is the end with text behind it; anything else unknown may be a macro.
            shorter = next((word for word in ("end", "else") if name.startswith(word)), "")
            if not shorter or found.group(1):
                self._call(name, found)
                return ""
            name = shorter
            self._at = found.start() + 1 + len(name)
        else:
            self._at = found.end()
        self._trim_indent(found.start())
        if name in _ENDS:
            return name
        getattr(self, f"_{name}")()
        return ""

    def _trim_indent(self, start: int) -> None:
        """A directive alone on its line takes the whole line away."""
        if not self._nodes or not isinstance(self._nodes[-1], Text):
            return
        content = self._nodes[-1].content
        line = self._text.rfind("\n", 0, start) + 1
        if self._text[line:start].strip(" \t") == "" and _INDENT.search(content):
            self._nodes[-1] = Text(content.rstrip(" \t"))

    def _end_line(self) -> None:
        found = _LINE_END.match(self._text, self._at)
        if found:
            self._at = found.end()

    def _open(self) -> None:
        self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]
        if not self._text.startswith("(", self._at):
            raise self._error("( is missing")
        self._at = self._expressions.space(self._at + 1)

    def _close(self) -> None:
        self._at = self._expressions.space(self._at)
        if not self._text.startswith(")", self._at):
            raise self._error(") is missing")
        self._at += 1

    def _expression(self) -> Expression:
        value, self._at = self._expressions.expression(self._at)
        return value

    def _reference(self) -> Reference:
        reference, self._at = self._expressions.reference(self._at)
        if reference is None:
            raise self._error("a reference such as $name is missing")
        return reference

    def _condition(self) -> Expression:
        self._open()
        value = self._expression()
        self._close()
        self._end_line()
        return value

    def _if(self) -> None:
        branches = []
        otherwise = Block(())
        condition = self._condition()
        while True:
            block, ended = self._block()
            branches.append((condition, block))
            if ended == "elseif":
                condition = self._condition()
                continue
            self._end_line()
            if ended == "else":
                otherwise, ended = self._block()
                self._end_line()
            if ended != "end":
                raise self._error(f"#{ended} after #else")
            break
        self._nodes.append(If(tuple(branches), otherwise))

    def _foreach(self) -> None:
        self._open()
        name = self._reference().name
        self._at = self._expressions.space(self._at)
        if not self._text.startswith("in", self._at):
            raise self._error("in is missing")
        self._at = self._expressions.space(self._at + 2)
        over = self._expression()
        self._close()
        self._end_line()
        self._nodes.append(Foreach(name, over, self._body()))

    def _body(self) -> Block:
        block, ended = self._block()
        if ended != "end":
            raise self._error(f"#{ended} without #if")
        self._end_line()
        return block

    def _set(self) -> None:
        self._open()
        target = self._reference()
        self._at = self._expressions.space(self._at)
        if not self._text.startswith("=", self._at):
            raise self._error("= is missing")
        self._at = self._expressions.space(self._at + 1)
        value = self._expression()
        self._close()
        self._end_line()
        self._nodes.append(Set(target, value))

    def _macro(self) -> None:
        self._open()
        found = re.compile(r"[a-zA-Z_][\w-]*").match(self._text, self._at)
        if found is None:
            raise self._error("the macro's name is missing")
        self._at = self._expressions.space(found.end(), commas=True)
        parameters = []
        while self._text.startswith("$", self._at):
            parameters.append(self._reference().name)
            self._at = self._expressions.space(self._at, commas=True)
        self._close()
        self._end_line()
        self._nodes.append(Macro(found.group(), tuple(parameters), self._body()))

    def _call(self, name: str, found: re.Match[str]) -> None:
        self._at = found.end()
        if not self._text.startswith("(", self._at):
            self._write(found.group())
            return
        arguments = []
        self._open()
        while not self._text.startswith(")", self._at):
            arguments.append(self._expression())
            self._at = self._expressions.space(self._at, commas=True)
        self._close()
        source = self._text[found.start() : self._at]
        self._nodes.append(MacroCall(name, tuple(arguments), source))

    def _stop(self) -> None:
        self._nodes.append(Leave(Stopped))

    def _break(self) -> None:
        self._nodes.append(Leave(Broken))
