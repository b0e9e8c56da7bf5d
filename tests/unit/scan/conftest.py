"""A small page whose orientation can be told from its corners, and loading it back."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scanform.imaging.page_image import Gray
from scanform.model.page import PageRef
from scanform.scan.files.limits import Limits
from scanform.scan.intake import FileInfo, inspect_file
from scanform.scan.load import LoadedPage, load_page


@pytest.fixture(scope="session")
def paper() -> Gray:
    """A page (877, 620) with a black block top left, a small one top right and bars."""
    gray = np.full((877, 620), 250, dtype=np.uint8)
    gray[40:160, 40:160] = 10
    gray[40:90, 520:580] = 10
    for row in range(300, 800, 100):
        gray[row : row + 40, 60 : 60 + row // 2] = 10
    return gray


@pytest.fixture(scope="session")
def inspect() -> Callable[[Path], FileInfo]:
    return lambda path: inspect_file(str(path), Limits())


@pytest.fixture(scope="session")
def load(inspect: Callable[[Path], FileInfo]) -> Callable[..., LoadedPage]:
    def loaded(path: Path, index: int = 0, limits: Limits | None = None) -> LoadedPage:
        return load_page(PageRef(sha256=inspect(path).sha256, path=str(path), index=index), limits or Limits())

    return loaded
