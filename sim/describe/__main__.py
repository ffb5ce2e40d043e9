"""``python -m sim.describe``: write the tables of a page anew, or draw the pictures of the gallery.

python -m sim.describe docs/odd.md docs/outcomes.md
python -m sim.describe --gallery docs/pictures
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def main(
    pages: Annotated[list[Path] | None, typer.Argument(help="Markdown files with regions")] = None,
    gallery: Annotated[Path | None, typer.Option(help="folder for the pictures of a comparison")] = None,
) -> None:
    """Describe the model from its own code."""
    if not pages and gallery is None:
        raise typer.BadParameter("nothing to do: name a page, or --gallery FOLDER")
    for page in pages or ():
        from sim.describe.odd import write

        typer.echo(f"{page}: {'written' if write(page) else 'as it was'}")
    if gallery is not None:
        from sim.describe.gallery import draw

        for file in draw(gallery):
            typer.echo(f"{file}: {file.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    app()
