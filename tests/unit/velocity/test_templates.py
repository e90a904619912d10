"""The Velocity Template Language: its rules, and properties of any template."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventmill.velocity import VelocityError, parse


def render(template: str, **variables: Any) -> str:
    return parse(template).render(variables)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hi $name, ${name}s!", "Hi Ann, Anns!"),
        ("$none $!none ${none} $!{none.x}|", "$none  ${none} |"),
        ("costs $5, #1 and #fff, a\\$name", "costs $5, #1 and #fff, a$name"),
        ("## all of it\nleft", "left"),
        ("a#* not\nthis *#b", "ab"),
        ("#[[$name #if]]#", "$name #if"),
        ("#set($x = 1 + 2 * 3)$x", "7"),
        ("#set($x = 7 / 2)$x #set($y = -7 % 3)$y #set($z = 7 / 2.0)$z", "3 -1 3.5"),
        ("#set($x = 'a' + 1)$x", "a1"),
        ("#set($x = 1 / 0)$!x|", "|"),
        ('#set($s = "it\'s $name")$s', "it's Ann"),
        ("#set($s = 'no $name')$s", "no $name"),
        ('#set($s = "say ""hi""")$s', 'say "hi"'),
        ("#if($list.size() == 2 && !$none)yes#{else}no#end", "yes"),
        ("#if($none)a#elseif($name == 'Ann')b#else c#end", "b"),
        ("#if(1 < 2 and 2 le 2 or false)x#end", "x"),
        ("#foreach($i in $list)$i$foreach.count#if($foreach.hasNext),#end#end", "a1,b2"),
        ("#foreach($i in [1..5])#if($i == 4)#break#end$i#end", "123"),
        ("#foreach($i in [3..1])$i#end $!i", "321 "),
        ("#foreach($v in $map)$v #end", "1 {c=2} "),
        ("a#stop b", "a"),
        ("$map.a $map['a'] $map.get('b').c $map.b.c $list[1] $list.get(0)", "1 1 2 2 b a"),
        ("#set($map.new = [1, {'k': 'v'}])$map.new[1].k $map", "v {a=1, b={c=2}, new=[1, {k=v}]}"),
        ("#set($d = $list.add('z'))$list", "[a, b, z]"),
        ("$name.substring(1).toUpperCase() $name.length() $name.indexOf('n')", "NN 3 1"),
        ("$name.replaceAll('(A)(n)', '$2$1') $name.split('n').size()", "nAn 1"),
        ("$map.keySet() $map.containsKey('a') $map.entrySet().get(0).value", "[a, b] true 1"),
        ("#macro(twice $x)$x$x#end#twice('ab') #unknown(1)", "abab #unknown(1)"),
        ("{\n  #if(true)\n  yes\n  #end\n}", "{\n  yes\n}"),
        ("x #if(true) y #end z", "x  y  z"),
        ("$name.nothing() $name.class $map.b.x.y", "$name.nothing() $name.class $map.b.x.y"),
        ("$float $big $map.b", "1.0 1.0E7 {c=2}"),
    ],
)
def test_what_templates_give(template: str, expected: str) -> None:
    result = render(
        template, name="Ann", list=["a", "b"], map={"a": 1, "b": {"c": 2}}, float=1.0, big=1e7
    )
    assert result == expected


@pytest.mark.parametrize(
    "template",
    [
        "#if($x",
        "#if($x)",
        "#set($x)",
        "#foreach($x of $y)#end",
        "#end",
        "#set($x = )",
        "#* open",
        "#set($x = 'open)",
        "#if(1)#else#elseif(2)#end",
        "#macro()#end",
    ],
)
def test_mistakes_are_named(template: str) -> None:
    with pytest.raises(VelocityError):
        parse(template)


def test_a_macro_that_calls_itself_is_ended() -> None:
    with pytest.raises(VelocityError):
        render("#macro(a)#a()#end#a()")


def test_templates_reach_no_attribute_of_python() -> None:
    assert render("$!x.__class__ $!x.upper() $!y.__init__ $!y.append(1)", x="a", y=[]) == "   "


PIECES = st.sampled_from(
    [
        "$",
        "#",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "\\",
        '"',
        "'",
        ".",
        "!",
        "=",
        "if",
        "end",
        "set",
        "x",
        "else",
        "elseif",
        "foreach",
        "in",
        "macro",
        " ",
        "\n",
        "1",
        "..",
        ",",
        ":",
        "&&",
        "+",
        "$x",
        "#end",
        "#if($x)",
        "#set($y = ",
        "$x.y",
        "é",
    ]
)


@pytest.mark.parametrize(
    "template",
    [
        "#set($x = {$list: 1})",
        "#set($map[$list] = 1)",
        "$map[$list]",
        "$map.get($list)",
        "$map[$map]",
        "$endless.intValue()",
    ],
)
def test_what_python_would_refuse_is_refused_in_velocitys_words(template: str) -> None:
    with pytest.raises(VelocityError):
        render(template, list=[1], map={"a": 1}, endless=float("inf"))


@given(st.lists(PIECES, max_size=30))
def test_any_text_renders_or_is_refused(pieces: list[str]) -> None:
    try:
        result = render("".join(pieces), x={"y": [1]})
    except VelocityError:
        return
    assert isinstance(result, str)


@given(st.text().filter(lambda text: not set(text) & set("$#\\")))
def test_text_without_signs_stays(text: str) -> None:
    assert render(text) == text


@given(st.text(), st.text(alphabet="ab \n", max_size=5))
def test_values_are_written_as_they_are(value: str, around: str) -> None:
    assert render(f"{around}${{x}}{around}", x=value) == around + value + around


NUMBERS = st.integers(-50, 50).map(lambda n: (str(n) if n >= 0 else f"({n})", n))


def _joined(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def join(pair: tuple[Any, Any, str]) -> tuple[str, int]:
        (left, a), (right, b), operator = pair
        result = {"+": a + b, "-": a - b, "*": a * b}[operator]
        return f"({left} {operator} {right})", result

    return st.tuples(children, children, st.sampled_from("+-*")).map(join)


@given(st.recursive(NUMBERS, _joined, max_leaves=8))
def test_arithmetic(expression: tuple[str, int]) -> None:
    assert render(f"#set($x = {expression[0]})$x") == str(expression[1])


@given(st.lists(st.integers(), max_size=6))
def test_loops_see_every_entry_once(values: list[int]) -> None:
    template = "[#foreach($v in $all)$v#if($foreach.hasNext), #end#end]"
    assert render(template, all=values) == str(values)
