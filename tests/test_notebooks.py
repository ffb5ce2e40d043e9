"""The notebooks: each runs from top to bottom, reads well, and leaves nothing behind.

    python -m tests.test_notebooks

writes them anew after a change of the model: 01 and 02 are run and keep their outputs, the others keep none.
"""

import io
import re
import shutil
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image

nbformat = pytest.importorskip("nbformat", reason="notebooks not run: nbformat is missing (extra [dev])")
nbclient = pytest.importorskip("nbclient", reason="notebooks not run: nbclient is missing (extra [dev])")
pytest.importorskip("ipykernel", reason="notebooks not run: ipykernel is missing (extra [dev])")

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
KEEP_OUTPUTS = ("01_first_look", "02_popup_on_four_hosts")
NEEDED = ("scenarios", "results/advice", "results/sweeps", "results/validation")
"""What the notebooks read beside themselves."""
MOST_LINES = 15
MOST_PICTURES = 160_000
"""Bytes of all pictures that are kept."""
SECONDS = 300
"""Most for one cell; the first run on a machine compiles the loops over consumers."""
COLOURS = 192
OFF = 8
"""Most by which a kept picture's colour may be off, of 255."""
Notebook = nbformat.NotebookNode

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(notebook: Notebook, kind: str) -> list[Notebook]:
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def outputs(notebook: Notebook) -> Iterator[Notebook]:
    for cell in cells(notebook, "code"):
        yield from cell.outputs


def printed(notebook: Notebook) -> str:
    """All that is written to the page, without pictures."""
    return "".join(one.text for one in outputs(notebook) if one.output_type == "stream")


def pictures(notebook: Notebook) -> list[bytes]:
    return [
        b64decode(one.data["image/png"]) for one in outputs(notebook) if "image/png" in one.get("data", {})
    ]


def read(path: Path) -> Notebook:
    return nbformat.read(path, as_version=4)


def copy_to(folder: Path) -> Path:
    """A copy of what notebooks are and read; the folder that they run in."""
    for name in NEEDED:
        there = folder / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if name == "scenarios":
            shutil.copytree(ROOT / name, there)
        else:
            there.symlink_to(ROOT / name)
    (folder / "notebooks").mkdir()
    return folder / "notebooks"


def execute(path: Path, folder: Path) -> Notebook:
    """Run a notebook in a folder."""
    place = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(
        read(path), kernel_name="python3", timeout=SECONDS, record_timing=False, resources=place
    )
    return client.execute()


# --- what runs -------------------------------------------------------------------------------------


@each
def test_runs_from_top_to_bottom_and_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    """Expected: no error, nothing on stderr, a picture, findings; no file in the folders it can see."""
    folder = copy_to(tmp_path)
    before = sorted(one for one in tmp_path.rglob("*"))
    done = execute(path, folder)
    assert [one.text for one in outputs(done) if one.get("name") == "stderr"] == []
    assert pictures(done)
    assert findings(done)
    assert sorted(one for one in tmp_path.rglob("*")) == before
    if path.stem in KEEP_OUTPUTS:
        assert printed(read(path)) == printed(done), "run `python -m tests.test_notebooks`"


def test_an_error_in_a_cell_is_told(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1 / 0)")])
    nbformat.write(notebook, tmp_path / "broken.ipynb")
    with pytest.raises(nbclient.exceptions.CellExecutionError, match=r"print\(1 / 0\)[^$]+division by zero"):
        execute(tmp_path / "broken.ipynb", tmp_path)


def findings(notebook: Notebook) -> str:
    """What the cell below "What we saw" prints."""
    titles = [cell.source.startswith("## What we saw") for cell in notebook.cells]
    below = notebook.cells[titles.index(True) + 1]
    return "".join(one.text for one in below.outputs if one.output_type == "stream")


# --- what stands in the files ------------------------------------------------------------------------


def test_there_are_six() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@each
def test_is_valid_and_says_nothing_of_the_machine(path: Path) -> None:
    """Expected: format 4.5 with readable names of cells, kernel python3, no times, no absolute paths."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert set(notebook.metadata.language_info) == {"name"}
    assert [cell.id for cell in notebook.cells if not re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id)] == []
    assert [cell.id for cell in notebook.cells if cell.metadata] == []
    assert not re.search(r"/(home|root|tmp|Users|work)/", path.read_text(encoding="utf-8"))


@each
def test_outputs_are_kept_by_two_only(path: Path) -> None:
    notebook = read(path)
    kept = [cell.id for cell in cells(notebook, "code") if cell.outputs or cell.execution_count is not None]
    if path.stem in KEEP_OUTPUTS:
        assert [cell.execution_count for cell in cells(notebook, "code")] == list(
            range(1, len(cells(notebook, "code")) + 1)
        )
    else:
        assert kept == []


def test_kept_pictures_are_small() -> None:
    sizes = [len(one) for path in NOTEBOOKS for one in pictures(read(path))]
    assert sizes
    assert sum(sizes) < MOST_PICTURES


@each
def test_reads_from_a_question_to_what_was_seen_and_how_far_it_goes(path: Path) -> None:
    """Expected: a question in bold below the title, and at the end findings from a cell and their limits."""
    notebook = read(path)
    title, question = notebook.cells[0].source.split("\n\n")[:2]
    assert title.startswith("# ")
    assert re.fullmatch(r"\*\*[A-Z][^*]+\?\*\*", question)
    saw, code, care = notebook.cells[-3:]
    assert saw.source == "## What we saw"
    assert "print(" in code.source
    assert care.source.startswith("## Read with care\n")
    assert not re.search(r"\d", saw.source)


@each
def test_cells_are_few_short_and_plain(path: Path) -> None:
    """Expected: 8 to 16 code cells, none long, no tricks with the search path, nothing from the network."""
    code = cells(read(path), "code")
    assert 8 <= len(code) <= 16
    assert [cell.id for cell in code if len(cell.source.splitlines()) > MOST_LINES] == []
    source = "\n".join(cell.source for cell in code)
    assert not re.search(r"sys\.path|PYTHONPATH|requests|urllib|https?://|socket|pip install", source)
    assert not re.search(r"warnings|stderr|try:", source)  # what goes wrong is to be seen
    assert "CONSUMERS" in source


# --- writing them anew -------------------------------------------------------------------------------


def reduced(picture: bytes) -> bytes:
    """A picture in few colours, without notes about the software that made it."""
    with Image.open(io.BytesIO(picture)) as image:
        # Not by the median cut, which gives the colours of small marks to larger neighbours.
        small = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    target = io.BytesIO()
    small.save(target, "png", optimize=True)
    return target.getvalue()


def test_rare_colours_are_kept() -> None:
    """Expected: one pink dot on many shades of grey and blue is still pink."""
    shades = np.arange(256 * 256).reshape(256, 256, 1) // np.array([256, 300, 280])
    shades[100:103, 100:103] = (204, 121, 167)
    target = io.BytesIO()
    image = Image.fromarray(np.uint8(shades))
    image.save(target, "png")
    found = np.asarray(Image.open(io.BytesIO(reduced(target.getvalue()))).convert("RGB"), int)
    assert np.abs(found - shades).max() <= OFF


def strip(notebook: Notebook) -> None:
    for cell in cells(notebook, "code"):
        cell.outputs, cell.execution_count = [], None


def tidy(notebook: Notebook) -> None:
    """Leave nothing of the machine, and pictures in few colours."""
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata = {}
    for one in outputs(notebook):
        if "image/png" in one.get("data", {}):
            one.data["image/png"] = b64encode(reduced(b64decode(one.data["image/png"]))).decode()


def main() -> None:
    """Run the notebooks that keep their outputs, strip the others, and write all."""
    for path in NOTEBOOKS:
        notebook = read(path)
        if path.stem in KEEP_OUTPUTS:
            with TemporaryDirectory() as place:
                notebook = execute(path, copy_to(Path(place)))
        else:
            strip(notebook)
        tidy(notebook)
        nbformat.write(notebook, path)
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
