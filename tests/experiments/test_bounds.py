"""Numbers by which a claim is judged are settings, made with `bound`, and do not stand in the code.

What a claim compares is looked at in its ``holds``, and in the functions of its module that
``holds`` names. A number there is a bound unless it is 0, with which only signs are compared, or
stands in a subscript or an argument, such as the 18 of ``abs(angle - 18)``, which is the paper's.
"""

import ast
from importlib import import_module

import pytest

from tests.helpers.processes import REPOSITORY

FOLDER = REPOSITORY / "experiments"
FILES = [file.relative_to(FOLDER).as_posix() for file in sorted(FOLDER.glob("*/*.py"))]
CALCULATED = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def judging(tree):
    """Return each `holds` and the functions of the module that it names, directly or by others."""
    functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
    found = [
        each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.keyword) and each.arg == "holds"
    ]
    for judge in found:  # which grows
        names = {each.id for each in ast.walk(judge) if isinstance(each, ast.Name)}
        found += [functions[name] for name in sorted(names & functions.keys())]
        functions = {name: each for name, each in functions.items() if name not in names}
    return found


def bounds_in(tree, constants):
    """Return the numbers with which claims compare, as lines of text.

    Parameters
    ----------
    tree : ast.AST
    constants : mapping
        What the module has, by name.
    """
    return [
        f"line {each.lineno}: {number} in {ast.unparse(each)}"
        for judge in judging(tree)
        for each in ast.walk(judge)
        if isinstance(each, ast.Compare)
        for side in (each.left, *each.comparators)
        for number in numbers(side, constants)
    ]


def numbers(side, constants):
    """Return the numbers on a side of a comparison, outside of subscripts and arguments."""
    match side:
        case ast.Constant(value=value):
            return [value] if is_number(value) and value != 0 else []
        case ast.Name(id=name):
            named = name.isupper() and not name.startswith("PAPER")
            return [name] if named and is_number(constants.get(name)) else []
        case ast.BinOp(left=left, op=op, right=right):
            parts = (left, right) if isinstance(op, CALCULATED) else (left,)
        case ast.IfExp(body=body, orelse=orelse):
            parts = (body, orelse)
        case ast.UnaryOp(operand=part) | ast.Call(func=part):
            parts = (part,)
        case ast.Attribute(value=part) | ast.Subscript(value=part):
            parts = (part,)
        case _:
            parts = ()
    return [number for part in parts for number in numbers(part, constants)]


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("name", FILES)
def test_no_bound_of_a_claim_stands_in_the_code(name):
    module = import_module(f"spikefa.experiments.{name.removesuffix('.py').replace('/', '.')}")
    tree = ast.parse((FOLDER / name).read_text(encoding="utf-8"))
    assert bounds_in(tree, vars(module)) == []


def test_every_claim_is_looked_at():
    trees = [ast.parse((FOLDER / name).read_text(encoding="utf-8")) for name in FILES]
    calls = [each for tree in trees for each in ast.walk(tree) if isinstance(each, ast.Call)]
    claims = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "Claim"]
    assert len(claims) > 100
    assert all("holds" in {given.arg for given in each.keywords} for each in claims)


FOUND = {
    "m.a < 0.3": "0.3",
    "m.a <= -0.8": "0.8",
    "m.a.mean() > 0.5 * m.b": "0.5",
    "m.a > m.b / 2": "2",
    "m.a < m.b.mean() - 20": "20",
    "(1.1 * m.a).mean() < m.b": "1.1",
    "m.a < NEAR": "NEAR",
    "all((abs(m.a[n] - 1) < 0.2).all() for n in 'ab')": "0.2",
    "m.a < (5 if m.settings.quick else m.b)": "5",
    "_far(m)": "7",
    "m.low < 75 < m.high": "75",
}
"""What a claim compares, and the bound that stands in it."""


@pytest.mark.parametrize("compared", FOUND)
def test_a_bound_in_the_code_is_found(compared):
    (line,) = found_in(compared)
    assert line.split(": ")[1].startswith(f"{FOUND[compared]} in ")


@pytest.mark.parametrize(
    "compared",
    [
        "abs(m.a - 18) < m.settings.near",
        "m.a > m.settings.times * m.b",
        "(m.a[:, -1] > 0).all()",
        "m.a.std(ddof=1) < m.b.mean(0)",
        "fmean(m.a) <= PAPER",
        "m.a**2 < m.b",
        "m.needed == {'BP'}",
        "_near(m)",
    ],
)
def test_other_numbers_are_no_bounds(compared):
    assert found_in(compared) == []


def found_in(compared):
    """What is found if a claim compares so."""
    functions = [
        "def _far(m):\n    return _farther(m)",
        "def _farther(m):\n    return m.a > 7",
        "def _near(m):\n    return m.a < m.settings.near",
        "def not_named(m):\n    return m.a > 8",
    ]
    claim = f"Claim('x', holds=lambda m: {compared}, evidence=lambda m: m.a < 9)"
    tree = ast.parse("\n".join([*functions, claim]))
    return bounds_in(tree, {"NEAR": 0.5, "PAPER": 1.8})
