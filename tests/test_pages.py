from pathlib import Path

import pytest

from tests.pages import ROOT, pages

PAGES = dict(pages())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_generated_text_is_fresh(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path], "run: python -m tests.pages"
