"""Links of Markdown pages to files of the repository that the site does not hold."""

from __future__ import annotations

import re
from pathlib import Path

LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]*)\]\((?P<target>\.\./[^)\s#]*)(#[^)\s]*)?\)")
"""A link, not a picture, to something above its page."""


def downloads(text: str, page: Path, site: Path) -> str:
    """A page whose links to files outside the site are downloads; folders are only named.

    Args:
        text: the page in Markdown.
        page: its file.
        site: folder of the site's pages.
    """

    def anew(link: re.Match[str]) -> str:
        target = (page.parent / link["target"]).resolve()
        if target.is_relative_to(site.resolve()):
            return link[0]
        return link["text"] if target.is_dir() else f"[{link['text']}](path:{link['target']})"

    return LINK.sub(anew, text)
