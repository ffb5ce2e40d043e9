"""The documentation site: the Markdown pages of this folder, and the API from docstrings.

Built without network by ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.
"""

from pathlib import Path

from pydantic import BaseModel
from sphinx.application import Sphinx

from sim import __version__
from sim.describe.docstrings import restructured
from sim.describe.links import downloads

project = "Retail market-entry simulation"
copyright = "the retail-entry-sim authors, MIT licence"
author = "the retail-entry-sim authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
highlight_language = "text"
default_role = "code"  # docstrings mark code by single backticks

# Names of types and errors in signatures: many are other packages' or of rooms that are not described.
nitpicky = True
nitpick_ignore_regex = [(r"py:(class|exc|obj|func|data)", r".*")]

myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
autodoc_typehints_format = "short"
autodoc_type_aliases = {
    name: name
    for name in ("Arrays", "Bits", "Codes", "Counts", "Days", "Flags", "Floats", "Ints", "Json", "Plain")
}
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_sphinx = False


def read_source(app: Sphinx, name: str, source: list[str]) -> None:
    """Sphinx's event `source-read`: a page as it was written."""
    source[0] = downloads(source[0], Path(app.env.doc2path(name)), Path(app.srcdir))


def read_docstring(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Sphinx's event `autodoc-process-docstring`."""
    lines[:] = restructured(lines)


def read_signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, signature: str, returns: str
) -> tuple[str, str] | None:
    """Sphinx's event `autodoc-process-signature`: what stands in a file is no signature."""
    return ("", "") if isinstance(thing, type) and issubclass(thing, BaseModel) else None


def setup(app: Sphinx) -> None:
    """Connect the events, that of docstrings before the one that reads Google's sections."""
    app.connect("source-read", read_source)
    app.connect("autodoc-process-docstring", read_docstring, priority=400)
    app.connect("autodoc-process-signature", read_signature)
