"""What a DAG file says about itself without being run: the DAGs it defines, what it imports, which names it uses."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

_CONSTRUCTORS = frozenset({"airflow.DAG", "airflow.models.DAG", "airflow.models.dag.DAG", "airflow.sdk.DAG"})
_DECORATORS = frozenset({"airflow.decorators.dag", "airflow.models.dag.dag", "airflow.sdk.dag"})

# What is below one of these may run never, once or often.
_MAYBE = (
    *(ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.Try, ast.TryStar),
    *(ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef),
)
_TELLING = (ast.Import, ast.ImportFrom, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.Name)


@dataclass(frozen=True, slots=True)
class DagDefinition:
    """A call of `DAG`, or a function below `@dag`.

    `dag_id` is None where it is computed; `always` means that loading the file gets there; `function` is the name of
    the decorated function, which makes its DAG when somebody calls it.
    """

    dag_id: str | None
    line: int
    always: bool
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """The DAGs by line; each part of the imported dotted names; the names that are read anywhere."""

    dags: tuple[DagDefinition, ...] = ()
    imports: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()


def outline(tree: ast.Module) -> Outline:
    """Sum up a file. Names count as Airflow's when an import of this file, wherever it stands, binds them."""
    nodes = [(node, always) for node, always in _walk(tree) if isinstance(node, _TELLING)]
    imports = [node for node, _ in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = dict(chain.from_iterable(_bound(node) for node in imports))
    dags = [dag for node, always in nodes for dag in _definitions(node, names, always=always)]
    return Outline(
        dags=tuple(sorted(dags, key=lambda dag: dag.line)),
        imports=frozenset(chain.from_iterable(_imported(node) for node in imports)),
        used=frozenset(node.id for node, _ in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)),
    )


def _walk(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """Yield each node and whether it always runs; without recursion, for trees may be deep."""
    pending: list[tuple[ast.AST, bool]] = [(tree, True)]
    while pending:
        node, always = pending.pop()
        yield node, always
        below = always and not isinstance(node, _MAYBE)
        pending.extend((child, below) for child in ast.iter_child_nodes(node))


def _bound(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, each with the full name of what it stands for."""
    for name in node.names:
        if isinstance(node, ast.ImportFrom):
            yield name.asname or name.name, f"{'.' * node.level}{node.module or ''}.{name.name}"
        elif name.asname:
            yield name.asname, name.name
        else:
            package = name.name.partition(".")[0]
            yield package, package


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        yield from node.module.split(".")
    for name in node.names:
        yield from name.name.split(".")


def _definitions(node: ast.AST, names: dict[str, str], *, always: bool) -> Iterator[DagDefinition]:
    if isinstance(node, ast.Call) and _full_name(node.func, names) in _CONSTRUCTORS:
        yield DagDefinition(_literal_id(node), node.lineno, always)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            if _full_name(call.func, names) in _DECORATORS:
                yield DagDefinition(_literal_id(call, node.name), decorator.lineno, always, node.name)


def _full_name(node: ast.expr, names: dict[str, str]) -> str | None:
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.insert(0, node.attr)
        node = node.value
    return ".".join([names[node.id], *attributes]) if isinstance(node, ast.Name) and node.id in names else None


def _literal_id(call: ast.Call, without: str | None = None) -> str | None:
    """Return the `dag_id` where it is a literal, `without` where none (or an empty one) is given."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "dag_id"]
    unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
    match call.args[:1] or named or unpacked:
        case []:
            return without
        case [ast.Constant(value=str(text))]:
            return text or without or text
    return None
