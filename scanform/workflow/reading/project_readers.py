"""The readers of writing in a project: the best readers installed, ours with the heads that the project trained."""

import logging
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from scanform.recognize.networks import heads
from scanform.recognize.networks.heads import Head
from scanform.recognize.writing.cells import NETWORKS, CellNetworks
from scanform.recognize.writing.readers import Readers, best_readers
from scanform.workflow.project.folders import MODELS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFound:
    """The head stored in a project for a network; `head` is None when the file cannot be read, `in_use` tells whether
    it reads.
    """

    network: str
    head: Head | None
    in_use: bool


def head_path(folder: Path, network: str) -> Path:
    """The path of a project's head for a network."""
    return folder / MODELS / f"cells-{network}.npz"


def head_paths(folder: Path) -> tuple[Path, ...]:
    """The paths of a project's heads, existing or not."""
    return tuple(head_path(folder, network) for network in heads.NETWORKS)


def readers_of(folder: Path) -> Readers:
    """The readers for the project in `folder`; a reader of a higher rank than ours takes precedence over its heads."""
    best = best_readers()
    if best.cells is not NETWORKS:
        return best
    found = {one.network: one.head for one in heads_of(folder) if one.in_use and one.head is not None}
    return replace(best, cells=CellNetworks(found)) if found else best


def heads_of(folder: Path) -> tuple[HeadFound, ...]:
    """The heads stored in a project, including unusable ones."""
    found = []
    for network in heads.NETWORKS:
        path = head_path(folder, network)
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        head = _read(path, state.st_mtime_ns, state.st_size)
        found.append(
            HeadFound(network=network, head=head, in_use=head is not None and head.network == network and head.fits)
        )
    return tuple(found)


@lru_cache(maxsize=16)
def _read(path: Path, _changed_ns: int, _size: int) -> Head | None:
    """The head in a file, reloaded when the file changes; None for an invalid file."""
    try:
        return heads.read_head(path)
    except (OSError, ValueError) as error:
        log.warning("%s: %s", path.name, error)
        return None
