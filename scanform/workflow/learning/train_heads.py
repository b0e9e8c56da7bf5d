"""Trains the heads of a project on exported crops: evaluated on held-out forms, installed only where they
read better.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from scanform.errors import InputError, Several, words
from scanform.recognize.networks import heads
from scanform.recognize.networks.heads import Head, shipped_digest, write_head
from scanform.recognize.writing.cells import admissible, class_names, network_for, reader_name, seen_by
from scanform.recognize.writing.fit_heads import (
    DEFAULT_FIT,
    Characters,
    Comparison,
    compare,
    enough,
    fit_head,
    held_out,
)
from scanform.whole_files import atomic_file, write_text
from scanform.workflow.learning.crops_folder import RowCrops, cells_of, purge
from scanform.workflow.project.folders import MODELS
from scanform.workflow.project.project import Project
from scanform.workflow.reading.project_readers import head_path, heads_of

BATCH = 512
"""Batch size: cells passed through a network at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTrained:
    """The outcome for one network: number of characters and of forms, of which `held_out` were only measured; None
    where there were too few.

    `reader` is the name under which the new head reads, `in_place` tells whether it is installed.
    """

    network: str
    characters: int
    forms: int
    held_out_characters: int
    held_out_forms: int
    comparison: Comparison | None
    reader: str
    in_place: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """The outcome for each network with crops, and the number of expired entries deleted."""

    networks: tuple[NetworkTrained, ...]
    expired: int


def train(project: Project, folders: Sequence[Path], *, at: datetime, dry_run: bool = False) -> Trained:
    """Train the heads of a project on the crops in `folders`, at the time `at` (UTC).

    Expired crops are deleted first. Raises InputError for a folder without crops, and when there are too few for any
    network.
    """
    rows: list[tuple[Path, RowCrops]] = []
    expired = 0
    for folder in folders:
        manifest, gone = purge(folder, at.date().isoformat())
        rows += [(folder, row) for row in manifest.rows]
        expired += gone
    found = [_train(project, network, rows, at=at, dry_run=dry_run) for network in heads.NETWORKS]
    networks = tuple(one for one in found if one is not None)
    if not any(one.comparison for one in networks):
        raise _too_few(networks)
    return Trained(networks=networks, expired=expired)


def forget(project: Project) -> tuple[str, ...]:
    """Delete the heads of a project: the shipped networks then read unchanged. Returns the networks that had one."""
    found = tuple(one.network for one in heads_of(project.folder))
    for network in found:
        head_path(project.folder, network).unlink()
        head_path(project.folder, network).with_suffix(".json").unlink(missing_ok=True)
    return found


def _too_few(networks: Sequence[NetworkTrained]) -> InputError:
    there = Several(
        tuple(words(f"train.there_{one.network}", characters=one.characters, forms=one.forms) for one in networks), "; "
    )
    needs = DEFAULT_FIT
    return InputError(
        words(
            "train.too_few",
            there=there if there.items else words("train.nothing"),
            characters=needs.least_characters,
            forms=needs.least_forms,
        ),
        remedy=words("train.too_few_remedy", each=needs.least_characters_each, forms_each=needs.least_forms_each),
        slug="too-few-crops",
    )


def _train(
    project: Project, network: str, rows: Sequence[tuple[Path, RowCrops]], *, at: datetime, dry_run: bool
) -> NetworkTrained | None:
    """Fit one network's head, evaluate it, install it if it is better; None without crops for it."""
    characters = characters_of(network, [(folder, row) for folder, row in rows if network_for(row.alphabet) == network])
    if characters is None:
        return None
    apart = held_out(characters.forms)
    comparison, head, in_place = None, None, False
    if enough(characters):
        head = fit_head(network, characters.of(~apart))
        now = next((one.head for one in heads_of(project.folder) if one.network == network and one.in_use), None)
        comparison = compare(network, now, head, characters.of(apart))
        in_place = comparison.better and not dry_run
    done = NetworkTrained(
        network=network,
        characters=len(characters.truth),
        forms=characters.count_forms(),
        held_out_characters=int(apart.sum()),
        held_out_forms=characters.of(apart).count_forms(),
        comparison=comparison,
        reader=reader_name(head) if head else "",
        in_place=in_place,
    )
    if head is not None and in_place:
        _keep(project.folder, head, done, characters, at)
    return done


def characters_of(network: str, rows: Sequence[tuple[Path, RowCrops]]) -> Characters | None:
    """All cells of these rows as network input, None without any; cells with a character not allowed there are left
    out.
    """
    classes = class_names(network)
    cells, truth, allowed, forms = [], [], [], []
    for folder, row in rows:
        may = admissible(row.alphabet)
        for crop, cell in zip(row.cells, cells_of(folder, row), strict=True):
            if crop.truth in classes and classes.index(crop.truth) in may:
                cells.append(cell)
                truth.append(classes.index(crop.truth))
                allowed.append([number in may for number in range(len(classes))])
                forms.append(row.source.form)
    if not cells:
        return None
    seen = [seen_by(network, cells[start : start + BATCH]) for start in range(0, len(cells), BATCH)]
    return Characters(
        logits=np.concatenate([logits for logits, _ in seen], axis=1),
        features=np.concatenate([features for _, features in seen], axis=1),
        truth=np.array(truth, dtype=np.int64),
        allowed=np.array(allowed, dtype=np.bool_),
        forms=np.array(forms, dtype=np.str_),
    )


def _keep(folder: Path, head: Head, done: NetworkTrained, characters: Characters, at: datetime) -> None:
    """Install a head, with a record of its origin beside it."""
    path = head_path(folder, head.network)
    (folder / MODELS).mkdir(exist_ok=True)
    write_text(
        path.with_suffix(".json"),
        json.dumps(_provenance(head, done, characters, at), ensure_ascii=False, indent=1) + "\n",
    )
    with atomic_file(path) as file:
        write_head(head, file)


def _provenance(head: Head, done: NetworkTrained, characters: Characters, at: datetime) -> Mapping[str, object]:
    apart = held_out(characters.forms)
    return {
        "format": heads.FORMAT,
        "reader": done.reader,
        "trained_at": at.isoformat(timespec="seconds"),
        "network": head.network,
        "network_sha256": shipped_digest(head.network),
        "temperature": round(head.temperature, 4),
        "largest_change": round(float(np.abs(head.change).max()), 4),
        "trained_on": {"characters": int((~apart).sum()), "forms": np.unique(characters.forms[~apart]).tolist()},
        "held_out": {"characters": int(apart.sum()), "forms": np.unique(characters.forms[apart]).tolist()},
        **(figures_data(done.comparison) if done.comparison else {}),
    }


def figures_data(comparison: Comparison) -> dict[str, object]:
    """The figures of a comparison as plain data."""
    return {
        "before": _rounded(asdict(comparison.before)), "after": _rounded(asdict(comparison.after)),
        "gain": round(comparison.gain, 5), "gain_error": round(comparison.gain_error, 5),
    }  # fmt: skip


def _rounded(data: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in data.items()}
