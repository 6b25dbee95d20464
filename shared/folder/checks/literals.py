"""The names of a file: what they stand for, as far as that can be read off without running it."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

# What is longer than this is cut, and known no further.
LONGEST_TEXT = 300
_MOST_ELEMENTS = 50


# Names that are read are told apart before.
_BINDING = (
    *(ast.Name, ast.arg, ast.Import, ast.ImportFrom, ast.Global, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)


class Computed(Enum):
    """Stands for a value that is known only when the file runs."""

    COMPUTED = "computed"


COMPUTED = Computed.COMPUTED

Value = str | bytes | complex | tuple["Value", ...] | Computed | None


@dataclass(frozen=True, slots=True)
class Bindings:
    """Imports by the name they bind, how often each name is bound, what it is bound to for good, which names are read.

    `assigned` has the names that only one statement of the top level binds, `functions` likewise those of functions.
    With `starred`, a star import may have bound any of them anew.
    """

    imported: dict[str, str]
    bindings: Counter[str]
    assigned: dict[str, ast.expr]
    functions: dict[str, ast.FunctionDef]
    used: frozenset[str]
    starred: bool = False

    def full(self, node: ast.expr) -> str | None:
        """Return the dotted name that an expression stands for by the file's imports, None for any other."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.imported:
            return None
        return ".".join([self.imported[node.id], *reversed(attributes)])

    def is_rebound(self, node: ast.expr) -> bool:
        """Whether the file may bind the first name of an expression by something else than one import."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and (self.starred or self.bindings[node.id] > 1)

    def value(self, node: ast.expr) -> Value:
        """Return the value of a literal, or of a name that the top level binds to one for good; long ones are cut."""
        if isinstance(node, ast.Name):
            node = self.assigned.get(node.id, node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return tuple(self._plain(element) for element in node.elts[:_MOST_ELEMENTS])
        return self._plain(node)

    def _plain(self, node: ast.expr) -> Value:
        if not isinstance(node, ast.Constant) or node.value is ...:
            return COMPUTED
        if isinstance(node.value, (str, bytes)):
            return node.value[:LONGEST_TEXT]
        return node.value


def read_bindings(tree: ast.Module) -> Bindings:
    """Collect the names of a file."""
    imported: dict[str, str] = {}
    bindings: Counter[str] = Counter()
    read: Counter[str] = Counter()
    starred = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read[node.id] += 1
        elif isinstance(node, _BINDING):
            starred = starred or _may_bind_anything(node)
            bindings.update(_bound(node))
            imported.update(_imported(node) if isinstance(node, (ast.Import, ast.ImportFrom)) else ())
    top = [] if starred else list(always_run(tree))
    assigned = dict(pair for statement in top for pair in _assigned(statement) if bindings[pair[0]] == 1)
    functions = {node.name: node for node in top if isinstance(node, ast.FunctionDef) if bindings[node.name] == 1}
    return Bindings(imported, bindings, assigned, functions, _used(tree, read), starred)


def _may_bind_anything(node: ast.AST) -> bool:
    """Whether a node is a star import; Airflow's own bind no other things to Airflow's names."""
    if not isinstance(node, ast.ImportFrom) or all(name.name != "*" for name in node.names):
        return False
    return node.level > 0 or (node.module or "").partition(".")[0] != "airflow"


def always_run(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever the file is loaded: the top level and the bodies of its `with`."""
    pending: list[ast.stmt] = list(reversed(tree.body))
    while pending:
        statement = pending.pop()
        yield statement
        if isinstance(statement, ast.With):
            pending.extend(reversed(statement.body))


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, each with the full name of what it stands for."""
    for name in node.names:
        if isinstance(node, ast.ImportFrom):
            yield name.asname or name.name, f"{'.' * node.level}{node.module or ''}.{name.name}"
        elif name.asname:
            yield name.asname, name.name
        else:
            package = name.name.partition(".")[0]
            yield package, package


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node binds, in whichever scope; `import a.b` and `import a` bind `a` to the same."""
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.ImportFrom(names=names):
            yield from (name.asname or name.name for name in names)
        case ast.Import(names=names):
            yield from (name.asname for name in names if name.asname)
        case ast.Global(names=names):
            yield from names


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value


def _used(tree: ast.Module, read: Counter[str]) -> frozenset[str]:
    """Return the names that are read, without those that are only given another name that is read nowhere."""
    renamed = Counter(
        value.id
        for statement in tree.body
        for name, value in _assigned(statement)
        if isinstance(value, ast.Name) and not read[name]
    )
    return frozenset(name for name, times in read.items() if times > renamed[name])
