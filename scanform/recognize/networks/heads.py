"""What a project learnt from its own forms: a change of the last layer of a shipped network, and a temperature.

The shipped network is not modified. Its scores become `scores + features x change`; a change of zero gives exactly the
shipped network, to the last digit. A head belongs to the one network that it was fitted on, named by the SHA-256 of its
file.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import BinaryIO

import numpy as np

from scanform.imaging.page_image import Singles

FORMAT = "scanform-head/1"
NETWORKS = ("digits", "characters")
"""The networks that read cells."""

NAMED = 8
"""Number of hexadecimal digits of its digest that name a head."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """`change` (members, F + 1, C) is added to the last layer of `network`, its last row to the constants; `of` is
    the digest of the network's file.
    """

    network: str
    of: str
    change: Singles
    temperature: float

    @cached_property
    def digest(self) -> str:
        """Names the head: any other change or temperature gives another name."""
        content = f"{self.network} {self.of} {self.change.shape} {self.temperature!r}".encode()
        return hashlib.sha256(content + np.ascontiguousarray(self.change, dtype="<f4").tobytes()).hexdigest()[:NAMED]

    @property
    def fits(self) -> bool:
        """Whether it was fitted on the network shipped now."""
        return self.of == shipped_digest(self.network)

    def scores(self, logits: Singles, features: Singles) -> Singles:
        """The scores (members, N, C) of the network with this head."""
        return np.asarray(logits + features @ self.change[:, :-1] + self.change[:, -1:], dtype=np.float32)


@cache
def shipped_digest(network: str) -> str:
    """SHA-256 of the file of a shipped network for cells."""
    return hashlib.sha256(
        resources.files("scanform.recognize").joinpath("models", f"cells-{network}.onnx").read_bytes()
    ).hexdigest()


def write_head(head: Head, file: BinaryIO) -> None:
    """Writes a head as an archive of arrays (npz)."""
    np.savez(
        file,
        format=np.array(FORMAT),
        network=np.array(head.network),
        of=np.array(head.of),
        change=head.change.astype(np.float32),
        temperature=head.temperature,
    )


def read_head(path: Path) -> Head:
    """The head in a file; raises OSError, or ValueError if the file holds no head."""
    try:
        with np.load(path, allow_pickle=False) as held:
            if str(held["format"]) != FORMAT or str(held["network"]) not in NETWORKS:
                raise ValueError(f"{path.name}: not of the format {FORMAT}")
            head = Head(
                network=str(held["network"]),
                of=str(held["of"]),
                change=np.asarray(held["change"], dtype=np.float32),
                temperature=float(held["temperature"]),
            )
    except (KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name}: {error}") from error
    if head.change.ndim != 3 or not np.isfinite(head.change).all() or not 0 < head.temperature < np.inf:
        raise ValueError(f"{path.name}: no change of a last layer")
    return head
