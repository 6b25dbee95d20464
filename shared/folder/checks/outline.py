"""What a DAG file says about itself without being run: the DAGs and tasks that it makes, and what it imports.

An outline is small, whatever the size of the file: the checks keep outlines of all changed files at a time, and the
content of one.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal

from shared.folder.checks.literals import COMPUTED, Bindings, Value, read_bindings
from shared.folder.checks.shifts import NONE, Shifts, read_shifts

_CONSTRUCTORS = frozenset({"airflow.DAG", "airflow.models.DAG", "airflow.models.dag.DAG", "airflow.sdk.DAG"})
_DECORATORS = frozenset({"airflow.decorators.dag", "airflow.models.dag.dag", "airflow.sdk.dag"})
_TASKS = ("Operator", "Sensor")

# What is below one of these may run never, once or often.
_MAYBE = (
    *(ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.Try, ast.TryStar),
    *(ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
)
# Of each kind; more are in no file that people write.
_MOST = 1000
_TELLING = (
    ast.Import,
    ast.ImportFrom,
    ast.Call,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.With,
    ast.Expr,
    ast.Attribute,
)
_KEPT = frozenset({"dag_id", "task_id", "schedule", "schedule_interval", "tags"})

Form = Literal["with", "expression", "decorator", "value"]


@dataclass(frozen=True, slots=True)
class Import:
    """An import statement: `import module`, or `from module import names` with so many leading dots."""

    module: str
    names: tuple[str, ...]
    dots: int
    line: int
    always: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call as written: the literal values of the arguments that matter here, and the names of all keywords.

    `complete` is False where `*` or `**` may bring more; `always` means that loading the file gets there.
    """

    line: int
    always: bool
    values: dict[str, Value] = field(default_factory=dict)
    keywords: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class DagDefinition:
    """A call of `DAG`, or a function below `@dag`, which makes its DAG when it is called.

    `form` is how the call is used, `function` the function that is decorated, `inside` the function without arguments
    and decorators that the call stands in.
    """

    call: Call
    form: Form
    function: str | None = None
    inside: str | None = None

    @property
    def dag_id(self) -> str | None:
        """The id where it is a literal, or a function's name that no unpacked argument can replace; else None."""
        named = self.function if self.call.complete else None
        dag_id = self.call.values.get("dag_id", named)
        return dag_id if isinstance(dag_id, str) else None


@dataclass(frozen=True, slots=True)
class TaskDefinition:
    """A call of an operator of Airflow's; `block` is the line of the `with DAG` that it stands directly in."""

    call: Call
    operator: str
    block: int | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The DAGs and tasks by line; the imports; which of the functions with DAGs are read by name anywhere.

    `makes_dags` is whether the top level looks like one that makes DAGs, `changes_path` whether the file touches
    `sys.path`.
    """

    dags: tuple[DagDefinition, ...] = ()
    tasks: tuple[TaskDefinition, ...] = ()
    imports: tuple[Import, ...] = ()
    used: frozenset[str] = frozenset()
    shifts: Shifts = NONE
    makes_dags: bool = False
    changes_path: bool = False


# That of a file without a syntax tree.
EMPTY = Outline()


@dataclass(frozen=True, slots=True)
class _Place:
    always: bool = True
    inside: str | None = None
    blocks: tuple[ast.With, ...] = ()


def outline(tree: ast.Module) -> Outline:
    """Sum up a file. A name counts as Airflow's when an import of this file, wherever it stands, binds it."""
    names = read_bindings(tree)
    nodes = [(node, place) for node, place in _walk(tree, names) if isinstance(node, _TELLING)]
    withs = {id(item.context_expr) for node, _ in nodes if isinstance(node, ast.With) for item in node.items}
    bare = {id(node.value) for node, _ in nodes if isinstance(node, ast.Expr)}
    forms: dict[int, Form] = {**dict.fromkeys(bare, "expression"), **dict.fromkeys(withs, "with")}
    calls = [(node, place) for node, place in nodes if isinstance(node, ast.Call)]
    functions = [(node, place) for node, place in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    dags = sorted(
        chain(
            (dag for node, place in calls for dag in _constructed(node, place, names, forms)),
            (dag for node, place in functions for dag in _decorated(node, place, names)),
        ),
        key=lambda dag: dag.call.line,
    )[:_MOST]
    tasks = (task for node, place in calls for task in _tasks(node, place, names))
    imports = (found for node, place in nodes for found in _imports(node, always=place.always))
    return Outline(
        dags=tuple(dags),
        tasks=tuple(sorted(tasks, key=lambda task: task.call.line)[:_MOST]),
        imports=tuple(islice(imports, _MOST)),
        used=names.used & {name for dag in dags for name in (dag.function, dag.inside)},
        shifts=read_shifts([node for node, place in nodes if place.always and isinstance(node, ast.Expr)], names),
        makes_dags=any(map(_makes_dags, tree.body)),
        changes_path=any(isinstance(node, ast.Attribute) and _is_path(node, names) for node, _ in nodes),
    )


def _walk(tree: ast.Module, names: Bindings) -> Iterator[tuple[ast.AST, _Place]]:
    """Yield each node and where it stands; without recursion, for trees may be deep."""
    pending: list[tuple[ast.AST, _Place]] = [(tree, _Place())]
    while pending:
        node, place = pending.pop()
        yield node, place
        below = _below(node, place, names)
        pending.extend((child, below) for child in ast.iter_child_nodes(node))


def _below(node: ast.AST, place: _Place, names: Bindings) -> _Place:
    if isinstance(node, ast.With):
        always = place.always and all(_is_airflows(item.context_expr, names) for item in node.items)
        return _Place(always, place.inside, (*place.blocks, node))
    if not isinstance(node, _MAYBE):
        return place
    plain = place.always and isinstance(node, ast.FunctionDef) and not node.decorator_list and not _arguments(node)
    return _Place(always=False, inside=getattr(node, "name", None) if plain else place.inside)


def _is_airflows(context: ast.expr, names: Bindings) -> bool:
    """Whether a `with` opens something of Airflow's, like a DAG; another one may swallow what its body raises."""
    if isinstance(context, ast.Name):
        context = names.assigned.get(context.id, context)
    return isinstance(context, ast.Call) and (names.full(context.func) or "").startswith("airflow.")


def _arguments(node: ast.FunctionDef) -> bool:
    found = node.args
    return bool(found.args or found.posonlyargs or found.kwonlyargs or found.vararg or found.kwarg)


def _imports(node: ast.AST, *, always: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for name in node.names:
            yield Import(name.name, (), 0, node.lineno, always)
    if isinstance(node, ast.ImportFrom):
        yield Import(node.module or "", tuple(name.name for name in node.names), node.level, node.lineno, always)


def _call(node: ast.Call, names: Bindings, line: int, *, always: bool) -> Call:
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in _KEPT}
    whole = all(keyword.arg for keyword in node.keywords) and not any(isinstance(a, ast.Starred) for a in node.args)
    return Call(
        line=line,
        always=always,
        values={name: names.value(value) for name, value in given.items() if name},
        keywords=frozenset(keyword.arg for keyword in node.keywords if keyword.arg),
        complete=whole,
    )


def _with_id(call: Call, node: ast.Call, names: Bindings) -> Call:
    """Add the first argument, which is the `dag_id`."""
    if not node.args:
        return call
    first = COMPUTED if isinstance(node.args[0], ast.Starred) else names.value(node.args[0])
    return Call(call.line, call.always, {"dag_id": first, **call.values}, call.keywords | {"dag_id"}, call.complete)


def _constructed(node: ast.Call, place: _Place, names: Bindings, forms: dict[int, Form]) -> Iterator[DagDefinition]:
    if names.full(node.func) in _CONSTRUCTORS:
        always = place.always and not names.is_rebound(node.func)
        call = _with_id(_call(node, names, node.lineno, always=always), node, names)
        yield DagDefinition(call, forms.get(id(node), "value"), inside=place.inside)


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef, place: _Place, names: Bindings) -> Iterator[DagDefinition]:
    for decorator in node.decorator_list:
        written = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
        if names.full(written.func) in _DECORATORS:
            call = _with_id(_call(written, names, decorator.lineno, always=place.always), written, names)
            if call.values.get("dag_id") == "":
                del call.values["dag_id"]
            yield DagDefinition(call, "decorator", function=node.name)


def _tasks(node: ast.Call, place: _Place, names: Bindings) -> Iterator[TaskDefinition]:
    operator = names.full(node.func) or ""
    if operator.startswith("airflow.") and operator.endswith(_TASKS):
        always = place.always and not names.is_rebound(node.func)
        alone = len(place.blocks) == 1 and _opens_dag(place.blocks[0], names)
        yield TaskDefinition(
            _call(node, names, node.lineno, always=always), operator, place.blocks[0].lineno if alone else None
        )


def _opens_dag(block: ast.With, names: Bindings) -> bool:
    opened = [item.context_expr for item in block.items]
    return len(opened) == 1 and isinstance(opened[0], ast.Call) and names.full(opened[0].func) in _CONSTRUCTORS


def _is_path(node: ast.Attribute, names: Bindings) -> bool:
    return node.attr in {"path", "meta_path"} and names.full(node) in {"sys.path", "sys.meta_path"}


def _makes_dags(statement: ast.stmt) -> bool:
    """Whether a statement of the top level seems to make DAGs: it binds `dag`, or calls what is named after them."""
    if isinstance(statement, (ast.For, ast.While, ast.Try)):
        return any(map(_makes_dags, statement.body))
    if isinstance(statement, ast.With):
        return any(map(_speaks_of_dags, (item.context_expr for item in statement.items)))
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        named = any(isinstance(target, ast.Name) and target.id.lower() == "dag" for target in targets)
        return named or (isinstance(statement.value, ast.Call) and _speaks_of_dags(statement.value))
    return isinstance(statement, ast.Expr) and _speaks_of_dags(statement.value)


def _speaks_of_dags(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    words, function = [], node.func
    while isinstance(function, ast.Attribute):
        words.append(function.attr)
        function = function.value
    words.append(function.id if isinstance(function, ast.Name) else "")
    return any("dag" in word.lower() for word in words)
