"""The dependencies between tasks that a file writes as `a >> b`, and which of them Airflow is sure to refuse."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import islice, pairwise, product

from shared.folder.checks.literals import Bindings

_TASK_DECORATORS = ("airflow.decorators.task", "airflow.sdk.task")
# More of a kind say no more.
_MOST = 10
_TASKS = ("Operator", "Sensor")


@dataclass(frozen=True, slots=True)
class Shifts:
    """What is wrong with the dependencies, with its line.

    `cycle` holds the names of the variables, `lists` is where a list is set before a list, `uncalled` are functions
    below `@task` that stand where a task is expected.
    """

    cycle: tuple[int, tuple[str, ...]] | None = None
    lists: int | None = None
    uncalled: tuple[tuple[int, str], ...] = ()


# Those of a file that writes no dependency, or only good ones.
NONE = Shifts()


@dataclass(frozen=True, slots=True)
class _Step:
    """One `left >> right`, turned round where it was written as `right << left`."""

    line: int
    left: ast.expr
    right: ast.expr


def read_shifts(statements: list[ast.Expr], names: Bindings) -> Shifts:
    """Read the dependencies off statements that always run, in the order of the file."""
    steps = [step for statement in sorted(statements, key=lambda s: s.lineno) for step in _steps(statement.value)]
    return Shifts(
        cycle=_cycle(steps, names),
        lists=next((step.line for step in steps if _is_list(step.left) and _is_list(step.right)), None),
        uncalled=tuple(islice(((step.line, name) for step in steps for name in _uncalled(step, names)), _MOST)),
    )


def _steps(node: ast.expr) -> Iterator[_Step]:
    """Take a chain apart, which Python reads from the left: `a >> b >> c` is `a >> b` and then `b >> c`."""
    chain: list[ast.BinOp] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.RShift, ast.LShift)):
        chain.append(node)
        node = node.left
    left = node
    for operation in reversed(chain):
        pair = (left, operation.right)
        yield _Step(operation.lineno, *(pair if isinstance(operation.op, ast.RShift) else reversed(pair)))
        left = operation.right


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple))


def _operands(node: ast.expr) -> list[str]:
    elements = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [element.id for element in elements if isinstance(element, ast.Name)]


def _uncalled(step: _Step, names: Bindings) -> Iterator[str]:
    for name in (*_operands(step.left), *_operands(step.right)):
        function = names.functions.get(name)
        if function and len(function.decorator_list) == 1 and _is_task(function.decorator_list[0], names):
            yield name


def _is_task(decorator: ast.expr, names: Bindings) -> bool:
    full = names.full(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
    return any(full == task or full.startswith(f"{task}.") for task in _TASK_DECORATORS)


def _cycle(steps: list[_Step], names: Bindings) -> tuple[int, tuple[str, ...]] | None:
    """Find variables, each bound once to an operator, that wait for each other."""
    graph: TopologicalSorter[str] = TopologicalSorter()
    lines: dict[tuple[str, str], int] = {}
    for step in steps:
        if not (_is_list(step.left) and _is_list(step.right)):
            for before, after in product(_operators(step.left, names), _operators(step.right, names)):
                graph.add(after, before)
                lines.setdefault((before, after), step.line)
    try:
        graph.prepare()
    except CycleError as error:
        found = tuple(error.args[1])
        return max(lines[pair] for pair in pairwise(found)), found
    return None


def _operators(node: ast.expr, names: Bindings) -> list[str]:
    """Return the variables of an operand that are bound to an operator of Airflow's."""
    return [name for name in _operands(node) if _is_operator(names.assigned.get(name), names)]


def _is_operator(value: ast.expr | None, names: Bindings) -> bool:
    full = (names.full(value.func) if isinstance(value, ast.Call) else None) or ""
    return full.startswith("airflow.") and full.endswith(_TASKS)
