"""What must hold for the files around the code: citation, constraints, facts."""

import configparser
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (
    ".ci",
    "benchmarks",
    "constraints",
    "docs",
    "notebooks",
    "results/benchmarks",
    "results/validation",
    "scenarios",
    "sim",
    "tests",
)
FACTS = sorted((ROOT / "scenarios" / "facts").glob("*.csv"))
CONSTRAINTS = sorted((ROOT / "constraints").glob("*.txt"))

# Joined here so that this file does not hold the names it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
    )
)


def setup_metadata() -> dict[str, str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return dict(config["metadata"])


def repository_files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def test_citation_has_the_required_keys_and_the_version_of_setup_cfg() -> None:
    citation = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "type", "version"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert str(citation["version"]) == setup_metadata()["version"]


def test_no_file_names_a_registry_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in repository_files()
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes().lower()
    ]
    assert found == []


def test_every_supported_python_has_constraints() -> None:
    assert [path.stem for path in CONSTRAINTS] == ["py311", "py312", "py313"]


@pytest.mark.parametrize("path", CONSTRAINTS, ids=lambda path: path.stem)
def test_constraints_are_plain_pins(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if "://" in line or line.count("==") != 1] == []


def test_facts_are_present() -> None:
    assert FACTS


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_facts_carry_source_and_confidence(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert [row for row in rows if not row["source"].strip()] == []
    assert {row["confidence"] for row in rows} <= {"A", "B", "C"}
