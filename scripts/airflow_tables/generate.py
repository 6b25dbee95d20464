"""Makes the tables in shared/folder/checks/tables from installed Airflows and from published lists.

    python scripts/airflow_tables/generate.py --lists FOLDER PYTHON…

PYTHON is the interpreter of an environment with an Airflow in it, one per version; FOLDER has the unpacked wheels of
`pipreqs` and `stdlib-list` and the source distribution of `apache-airflow`.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "shared" / "folder" / "checks" / "tables"
PROBE = HERE / "probe.py"
PYTHONS = [f"3.{minor}" for minor in range(8, 15)]

Json = dict[str, Any]


def probe(python: str, *arguments: str) -> Json:
    """Run the probe in an environment; Airflow writes its settings into a folder that is dropped."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [python, str(PROBE), *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"AIRFLOW_HOME": home},
        )
    answer: Json = json.loads(done.stdout.splitlines()[-1])
    return answer


def airflow_table(answers: Mapping[str, Json]) -> Json:
    """Return, by Airflow's version: the arguments of `DAG`, the modules and their names, what comes along."""
    union: dict[str, set[str]] = defaultdict(set)
    for answer in answers.values():
        for module, names in answer["names"].items():
            union[module].update(names)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as wanted:
        json.dump({module: sorted(names) for module, names in union.items()}, wanted)
        wanted.flush()
        had = {answer["airflow"]: probe(python, wanted.name) for python, answer in answers.items()}
    versions = sorted(had, key=lambda version: [int(part) for part in version.split(".")])
    return {
        "versions": versions,
        "arguments": {answer["airflow"]: answer["arguments"] for answer in answers.values()},
        "bundled": {answer["airflow"]: bundled(answer["distributions"]) for answer in answers.values()},
        "modules": {module: by_version(module, names, had, versions) for module, names in sorted(union.items())},
    }


def bundled(installed: Mapping[str, Json]) -> list[str]:
    """Return what Airflow without extras needs, of what is installed."""
    found: set[str] = set()
    pending = ["apache-airflow"]
    while pending:
        name = pending.pop()
        if name in installed and name not in found:
            found.add(name)
            pending.extend(installed[name]["requires"])
    return sorted(found)


def by_version(module: str, names: Iterable[str], had: Mapping[str, Json], versions: list[str]) -> Json:
    """Return in which versions there is a module, and each of its names; a number with a bit for each version."""
    present = [module in had[version] for version in versions]
    return {
        "in": bits(present),
        "names": {name: bits(name in had[version].get(module, ()) for version in versions) for name in sorted(names)},
    }


def bits(flags: Iterable[bool]) -> int:
    """Return a number whose lowest bit is the first flag."""
    return sum(flag << number for number, flag in enumerate(flags))


def distribution_table(answers: Iterable[Json], lists: Path) -> Json:
    """Return what can be imported of which distributions, and what a distribution needs where that is known."""
    modules: dict[str, set[str]] = defaultdict(set)
    needs: dict[str, set[str]] = defaultdict(set)
    extras: dict[str, set[str]] = defaultdict(set)
    for line in (lists / "pipreqs" / "pipreqs" / "mapping").read_text(encoding="utf-8").splitlines():
        module, _, distribution = line.partition(":")
        modules[module].add(canonical(distribution))
    for answer in answers:
        for name, distribution in answer["distributions"].items():
            needs[name].update(distribution["requires"])
            for module in distribution["modules"]:
                modules[module].add(name)
        for extra, brought in answer["extras"].items():
            extras[extra].update(brought)
    for provider, facts in json.loads(
        next(lists.glob("apache_airflow-*/generated/provider_dependencies.json")).read_text()
    ).items():
        needs[f"apache-airflow-providers-{canonical(provider)}"].update(
            name_of(dependency) for dependency in facts["deps"]
        )
    return {"modules": sorted_lists(modules), "needs": sorted_lists(needs), "extras": sorted_lists(extras)}


def standard_table(lists: Path) -> Json:
    """Return the modules of Python's standard library by its version."""
    folder = lists / "stdlib" / "stdlib_list" / "lists"
    return {
        version: sorted({line.partition(".")[0] for line in (folder / f"{version}.txt").read_text().split()})
        for version in PYTHONS
    }


def sorted_lists(sets: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Return sets as lists, all in order."""
    return {key: sorted(value) for key, value in sorted(sets.items())}


def name_of(requirement: str) -> str:
    """Return the distribution that a requirement names."""
    end = next(
        (at for at, character in enumerate(requirement) if not (character.isalnum() or character in "-_.")), None
    )
    return canonical(requirement[:end])


def canonical(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def write(name: str, table: Json) -> None:
    """Write a table, a key a line, so that a difference can be read."""
    TABLES.mkdir(exist_ok=True)
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":"))
    (TABLES / name).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Ask the environments and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lists", type=Path, required=True)
    parser.add_argument("pythons", nargs="+", metavar="PYTHON")
    given = parser.parse_args()
    answers = {python: probe(python) for python in given.pythons}
    write("airflow.json", airflow_table(answers))
    write("distributions.json", distribution_table(answers.values(), given.lists))
    write("standard.json", standard_table(given.lists))


if __name__ == "__main__":
    main()
