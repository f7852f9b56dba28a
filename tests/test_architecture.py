"""The house rules that a machine can check: which way imports go, how long things are, what things are called."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "sojourn"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 40

# What each part may import beside itself. "" is the package itself, with the public names.
_NOUNS = {"errors", "model"}
_VERBS = {*_NOUNS, "sql", "store", "pipeline"}
_SHELL = {
    *_NOUNS,
    "",
    "adapters",
    "frames",
    "pipeline",
    "reports",
    "app",
    "web",
    "settings",
    "logs",
    "demo",
    "place",
    "clock",
}
ALLOWED = {
    "errors": set[str](),
    "clock": set[str](),
    "model": {"errors"},
    "place": {"errors"},
    "settings": {"errors", "place"},
    "logs": {"model"},
    "store": {*_NOUNS, "sql"},
    "demo": _NOUNS,
    "adapters": {*_NOUNS, "frames"},
    "frames": _NOUNS,
    "pipeline": {*_NOUNS, "sql", "store", "adapters", "frames", "place"},
    "reports": {*_VERBS, "frames"},
    "app": {*_VERBS, "reports", "place", "clock"},
    "web": {*_NOUNS, "place", "settings", "logs", "app", "pipeline", "reports"},
    "commands": _SHELL,
    "cli": {*_SHELL, "commands"},
    "": {*_NOUNS, "frames", "client"},
    "__main__": {"cli"},
    "client": _NOUNS,
    "sql": set[str](),
    "templates": set[str](),
    "static": set[str](),
}
BANNED_NAMES = re.compile(r"^_*(?:utils?|helpers?|common|base|misc|managers?)$")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def part_of(path: Path) -> str:
    """The part of the house in which a module lies: its folder, or itself."""
    first = path.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_parts(path: Path) -> set[str]:
    """The parts of the house that a module imports, also inside functions."""
    parts = {top_part(name) for name in imported_names(path) if name.split(".")[0] == "sojourn"}
    return parts - {part_of(path)}


def top_part(name: str) -> str:
    second = name.split(".")[1:2]
    is_part = second and ((PACKAGE / second[0]).is_dir() or (PACKAGE / f"{second[0]}.py").is_file())
    return second[0] if is_part else ""


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    assert part in ALLOWED, f"{part} is new: say in ALLOWED what it may import"
    assert imported_parts(path) - ALLOWED[part] == set()


def test_only_the_inside_knows_the_store() -> None:
    knowing = {part_of(path) for path in MODULES if {"store", "sql"} & imported_parts(path)}
    assert knowing <= {"app", "pipeline", "reports", "store"}


def test_no_two_parts_import_each_other() -> None:
    """Nor any more of them in a circle."""
    imports = {part: set[str]() for part in ALLOWED}
    for path in MODULES:
        imports.setdefault(part_of(path), set()).update(imported_parts(path))
    while imports:
        lowest = {part for part, used in imports.items() if not used & imports.keys()}
        assert lowest, f"these import each other: {sorted(imports)}"
        imports = {part: used for part, used in imports.items() if part not in lowest}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nouns_are_pure(path: Path) -> None:
    """`model` has no I/O and no clock."""
    if part_of(path) == "model":
        roots = {name.split(".")[0] for name in imported_names(path)}
        assert roots & {"time", "os", "io", "pathlib", "socket", "random", "secrets", "threading"} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_are_called_what_they_are(path: Path) -> None:
    assert [part for part in path.relative_to(PACKAGE).with_suffix("").parts if BANNED_NAMES.match(part)] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_caught_that_is_not_known(path: Path) -> None:
    """Catching everything is allowed only to put something right and raise it again."""
    handlers = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler)]
    assert [node.lineno for node in handlers if catches_all(node) and not raises_again(node)] == []


def catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return handler.type is None or bool(names & {"Exception", "BaseException"})


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


@pytest.mark.parametrize("path", [*MODULES, *sorted(PACKAGE.rglob("*.sql"))], ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    assert UNFINISHED.findall(path.read_text(encoding="utf-8")) == []


def test_queries_are_called_noun_question() -> None:
    names = [path.name for path in PACKAGE.glob("sql/*.sql")]
    assert [name for name in names if not re.fullmatch(r"[a-z]+\.[a-z_]+\.sql", name)] == []


def test_every_query_is_used() -> None:
    """By its name in a module, or in another query."""
    texts = [path.read_text(encoding="utf-8") for path in MODULES + sorted(PACKAGE.rglob("*.sql"))]
    names = [path.name.removesuffix(".sql") for path in PACKAGE.glob("sql/*.sql")]
    asked = re.compile(r'"([a-z]+\.[a-z_]+)"|\{\{\s*([a-z]+\.[a-z_]+)\s*\}\}')
    used = {name for text in texts for pair in asked.findall(text) for name in pair}
    assert sorted(set(names) - used) == []
