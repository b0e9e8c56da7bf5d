"""Fits the networks that read characters in cells: digits, or digits and capitals; writes them as ONNX with a card.

    tools/fetch_hands.sh hands                                             MNIST and handwriting fonts
    python tools/letters_of_crops.py --dhsd ../shared/data/handwriting/dhsd_train.zip --out hands/letters.npz       letters of real writers
    pip install torch onnx onnxscript                                      only needed for this
    python tools/fit_cells.py --hands hands --network digits
    python tools/fit_cells.py --hands hands --network characters [--unipen ../shared/data/handwriting/unipen]

Characters are drawn by rule (`glyph_rules.py`: European forms), set in handwriting fonts, or taken from MNIST and from
words of real writers (DHSD), then warped, written with pens and scanned. One font in five, MNIST's test part and
letters of writers 23 and 24 are held out: temperature and figures come from them and from strokes by rule of other
seeds. UNIPEN is looked at only after the fit, never trained on.
"""

import argparse
import gzip
import json
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32

import cv2
import numpy as np
from glyphs import by_font, by_rule, by_strokes, cropped, doubled, enlarged, facts_of, left_over, made, struck

from scanform.recognize.writing.cells import DIGITS, EMPTY, LETTERS, OTHER, SIZE, STRUCK, normalised

MODELS = Path(__file__).parents[1] / "scanform" / "recognize" / "models"
SIGNS = "+-,"
CLASSES = {
    "digits": (*DIGITS, *SIGNS, STRUCK, EMPTY, OTHER),
    "characters": (*DIGITS, *LETTERS, "-", ".", STRUCK, EMPTY),
}
MNIST_SHARE, AMERICAN_SHARE, FONT_SHARE, LETTER_FONT_SHARE = 0.5, 0.25, 0.2, 0.5
"""Where digits come from (the rest is drawn by rule): MNIST's, less of those that Europeans write in another way; and
the share of letters that are set in fonts, of those that no real writer wrote.
"""

AMERICAN = "147"
REAL_SHARE, ENOUGH = 0.5, 150
"""Letters of real writers: at most this share, less where there are fewer than ENOUGH of a letter."""

OTHERS = "ACDEFGHJKLMNPRTUVWXYÄÖÜacdefhkmnprtuvwxyäöü"
"""Letters that no digit looks like; the rest (O, I, S, Z, B, b, g, q, l) nobody can tell from digits in a cell for
digits.
"""

RARE = {STRUCK: 0.35, EMPTY: 0.25, OTHER: 0.3}
"""How often classes occur beside characters (1) and signs (0.15): probabilities follow from it."""

HELD_OUT, FIRST_HELD_OUT = 5, 23
"""One font in so many is never trained on, nor are letters of this writer and later ones."""

BLOCKS = 16

MEMBERS = 2
"""So many networks learn from the same characters from different starts; where they disagree, neither is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What characters are made from: fonts, the pictures of MNIST by digit, letters of real writers."""

    fonts: tuple[Path, ...]
    pictures: tuple[np.ndarray, ...]
    letters: dict[str, np.ndarray]


def sources(hands: Path, *, held_out: bool) -> Sources:
    """The training part, or what is held out."""
    every = sorted((hands / "fonts").glob("*.woff"))
    fonts = tuple(path for path in every if (crc32(path.name.encode()) % HELD_OUT == 0) is held_out)
    name = "t10k" if held_out else "train"
    pictures = np.fromfile(hands / "mnist" / f"{name}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
    labels = np.fromfile(hands / "mnist" / f"{name}-labels-idx1-ubyte", np.uint8)[8:]
    found = np.load(hands / "letters.npz")
    chosen = (found["writers"] >= FIRST_HELD_OUT) == held_out
    letters = {
        str(name): found["pictures"][chosen & (found["names"] == name)] for name in np.unique(found["names"][chosen])
    }
    return Sources(fonts=fonts, pictures=tuple(pictures[labels == digit] for digit in range(10)), letters=letters)


def sample(name: str, known: str, where: Sources, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
    """One character of the class `name` with its facts; those that are crossed out come from `known`."""
    if name == EMPTY:
        return left_over(rng)
    if name == STRUCK:
        one, other = (by_rule(known[int(number)], rng) for number in rng.choice(len(known), 2, replace=False))
        cut = made(doubled(one, other, rng) if rng.random() < 0.25 else struck(one, rng), rng)
        return None if cut is None else (cut, facts_of(name, cut, rng))
    if name == OTHER:
        letter = OTHERS[int(rng.integers(len(OTHERS)))]
        real = by_writer(letter, where, rng)
        if real is not None:
            cut = made(real, rng)
            return None if cut is None else (cut, facts_of(name, cut, rng))
        dark = (
            by_rule(letter, rng)
            if letter in LETTERS and rng.random() < 0.5
            else by_font(letter, where.fonts[int(rng.integers(len(where.fonts)))], rng)
        )
        cut = made(dark, rng)
        return None if cut is None else (cut, facts_of(name, cut, rng))
    kind = rng.random()
    mnist = AMERICAN_SHARE if name in AMERICAN else MNIST_SHARE
    real = by_writer(name, where, rng)
    if real is not None:
        cut = made(real, rng, strength=0.8)
    elif name in DIGITS and kind < mnist:
        pictures = where.pictures[int(name)]
        cut = made(enlarged(pictures[int(rng.integers(len(pictures)))]), rng, strength=0.6)
    elif (name in DIGITS and kind < mnist + FONT_SHARE) or (name in LETTERS and kind < LETTER_FONT_SHARE):
        cut = made(by_font(name, where.fonts[int(rng.integers(len(where.fonts)))], rng), rng)
    else:
        shown = "." if name == "," and rng.random() < 0.25 else name
        cut = made(by_rule(shown, rng), rng, strength=1.2)
    return None if cut is None else (cut, facts_of(name, cut, rng))


def by_writer(name: str, where: Sources, rng: np.random.Generator) -> np.ndarray | None:
    """The letter as a real writer wrote it, as often as there are enough of them."""
    pictures = where.letters.get(name)
    if pictures is None or rng.random() >= REAL_SHARE * min(1.0, len(pictures) / ENOUGH):
        return None
    return enlarged(pictures[int(rng.integers(len(pictures)))])


def block(job: tuple[int, int, str, Path, bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures (N, SIZE, SIZE) as bytes, their facts (N, 4) and classes (N,)."""
    seed, count, network, hands, held_out = job
    cv2.setNumThreads(1)
    rng, classes, where = np.random.default_rng(seed), CLASSES[network], sources(hands, held_out=held_out)
    known = "".join(name for name in classes if name in DIGITS or name in LETTERS)
    probs = np.array([RARE.get(name, 1.0 if name in known else 0.15) for name in classes])
    x, facts, y = np.zeros((count, SIZE, SIZE), np.uint8), np.zeros((count, 4), np.float32), np.zeros(count, np.int64)
    for place in range(count):
        found = None
        while found is None:
            number = int(rng.choice(len(classes), p=probs / probs.sum()))
            found = sample(classes[number], known, where, rng)
        x[place], facts[place], y[place] = np.rint(normalised(found[0]) * 255), found[1], number
    return x, facts, y


def network_of(classes: int) -> Any:
    """`MEMBERS` small convolutional networks in torch, each with 8 million multiplications for a character; their
    scores (members, N, C).
    """
    import torch
    from torch import nn

    def layer(before: int, after: int, size: int = 3, step: int = 1) -> list[Any]:
        return [nn.Conv2d(before, after, size, step, size // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]

    class Member(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen = nn.Sequential(
                *layer(1, 28, 5, 2),
                *layer(28, 40),
                *layer(40, 72, 3, 2),
                *layer(72, 72),
                nn.MaxPool2d(2),
                nn.Flatten(),
                nn.Dropout(0.2),
            )
            self.place = nn.Sequential(nn.Linear(4, 16), nn.ReLU())
            self.out = nn.Sequential(nn.Linear(72 * 16 + 16, 96), nn.ReLU(), nn.Dropout(0.2), nn.Linear(96, classes))

        def forward(self, pictures: Any, facts: Any) -> Any:
            return self.out(torch.cat([self.seen(pictures), self.place(facts)], 1))

    class Members(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.members = nn.ModuleList([Member() for _ in range(MEMBERS)])

        def forward(self, pictures: Any, facts: Any) -> Any:
            return torch.stack([member(pictures, facts) for member in self.members])

    return Members()


def fit(
    network: str, hands: Path, *, epochs: int, rows: int, seed: int, jobs: int
) -> tuple[Any, float, dict[str, Any]]:
    """The fitted network, its temperature, and figures on what was held out."""
    import torch
    from torch.nn import functional

    torch.manual_seed(seed)
    torch.set_num_threads(jobs)
    model, classes = network_of(len(CLASSES[network])), CLASSES[network]
    optimiser = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 3e-3, total_steps=epochs * (rows // BLOCKS * BLOCKS // 256) + 1, pct_start=0.15
    )
    with get_context("spawn").Pool(jobs) as pool:

        def started(number: int, *, held_out: bool = False, count: int = rows) -> Any:
            return pool.map_async(
                block,
                [
                    (seed * 1_000_000 + number * 1000 + part, count // BLOCKS, network, hands, held_out)
                    for part in range(BLOCKS)
                ],
                1,
            )

        following = started(1)
        for epoch in range(epochs):
            x, facts, y = (np.concatenate(parts) for parts in zip(*following.get(), strict=True))
            following = (
                started(epoch + 2) if epoch + 1 < epochs else started(999, held_out=True, count=min(rows, 16_000))
            )
            order, total = np.random.default_rng([seed, epoch]).permutation(len(x)), 0.0
            model.train()
            for start in range(0, len(x) - 255, 256):
                chosen = order[start : start + 256]
                scores, wanted = (
                    model(torch.tensor(x[chosen])[:, None].float() / 255, torch.tensor(facts[chosen])),
                    torch.tensor(y[chosen]),
                )
                loss = torch.stack([functional.cross_entropy(one, wanted) for one in scores]).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                total += float(loss.item())
            print(f"epoch {epoch + 1}: loss {total / (len(x) // 256):.4f}", flush=True)
        x, facts, y = (np.concatenate(parts) for parts in zip(*following.get(), strict=True))
    logits = logits_of(model, x.astype(np.float32) / 255, facts)
    temperatures = np.geomspace(0.4, 4, 60)
    losses = [float(-np.log(np.maximum(together(logits, t)[np.arange(len(y)), y], 1e-9)).mean()) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    return (
        model,
        temperature,
        {"held_out": figures(together(logits, temperature), y, classes), "temperature": temperature},
    )


def logits_of(model: Any, pictures: np.ndarray, facts: np.ndarray) -> np.ndarray:
    """Class scores (members, N, C)."""
    import torch

    model.eval()
    with torch.no_grad():
        parts = [
            model(torch.tensor(pictures[i : i + 1000])[:, None], torch.tensor(facts[i : i + 1000])).numpy()
            for i in range(0, len(pictures), 1000)
        ]
    return np.concatenate(parts, axis=1)


def together(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, C): the mean of what the members say."""
    probs = np.exp((logits - logits.max(axis=2, keepdims=True)) / temperature)
    return np.asarray((probs / probs.sum(axis=2, keepdims=True)).mean(axis=0))


def figures(probs: np.ndarray, truth: np.ndarray, classes: tuple[str, ...]) -> dict[str, Any]:
    """How many are right, how many are accepted at 0.995 and wrong, calibration error, and the share of wrong ones
    by class.
    """
    top, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    taken = top >= 0.995
    bins = np.clip(np.searchsorted(np.quantile(top, np.linspace(0, 1, 16)), top, side="right") - 1, 0, 14)
    ece = sum(
        abs(float(top[bins == b].mean() - right[bins == b].mean())) * float((bins == b).mean())
        for b in range(15)
        if (bins == b).any()
    )
    by_class = {
        name: round(float(1 - right[truth == number].mean()), 4)
        for number, name in enumerate(classes)
        if (truth == number).any()
    }
    return {
        "characters": len(truth), "right": round(float(right.mean()), 5), "accepted": round(float(taken.mean()), 4),
        "wrong_of_accepted": int((~right & taken).sum()), "ece": round(float(ece), 4), "wrong_by_class": by_class,
    }  # fmt: skip


def unipen(folder: Path, network: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Pictures, facts, classes and sites of real writers' strokes; for evaluation only."""
    x, facts, y, sites = [], [], [], []
    for file in ("digits_train",) if network == "digits" else ("digits_train", "uppercase_train"):
        with gzip.open(folder / f"{file}.json.gz") as opened:
            for number, one in enumerate(json.load(opened)):
                lines = [np.array(line, dtype=np.float64) for line in one["s"] if line]
                rng = np.random.default_rng(number)
                dark = cropped(
                    cv2.GaussianBlur(
                        cv2.resize(by_strokes(lines, rng), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
                        (0, 0),
                        0.6,
                    )
                )
                if dark is not None and one["t"] in CLASSES[network]:
                    x.append(normalised(dark))
                    facts.append(facts_of(one["t"], dark, rng))
                    y.append(CLASSES[network].index(one["t"]))
                    sites.append(("" if one["t"] in DIGITS else "capitals ") + one["site"])
    return np.stack(x), np.stack(facts), np.array(y), sites


def write_onnx(model: Any, path: Path, classes: tuple[str, ...], temperature: float) -> None:
    """The network with its scores and features, classes and temperature as metadata; weights are kept with half
    precision.
    """
    import torch

    model.eval()
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, SIZE, SIZE), torch.zeros(1, 4)),
        str(path),
        input_names=["pictures", "facts"],
        output_names=["logits"],
        dynamic_axes={"pictures": {0: "n"}, "facts": {0: "n"}, "logits": {1: "n"}},
        dynamo=False,
        opset_version=17,
    )
    give_features(path)
    halve(path, {"classes": json.dumps(list(classes), ensure_ascii=False), "temperature": repr(temperature)})


def give_features(path: Path) -> None:
    """Adds the output `features` (members, N, F): what goes into the last linear layer of each member. A project
    retrains that layer on it.
    """
    import onnx

    loaded = onnx.load(str(path))
    graph = loaded.graph
    if any(output.name == "features" for output in graph.output):
        return
    made_by = {name: node for node in graph.node for name in node.output}
    stacked = made_by["logits"]
    members, names = [made_by[name] for name in stacked.input], []
    if stacked.op_type != "Concat" or any(
        member.op_type != "Unsqueeze" or made_by[member.input[0]].op_type != "Gemm" for member in members
    ):
        raise ValueError(f"{path}: the scores are not those of linear layers, stacked")
    for number, member in enumerate(members):
        names.append(f"features_{number}")
        graph.node.append(
            onnx.helper.make_node("Unsqueeze", [made_by[member.input[0]].input[0], member.input[1]], [names[-1]])
        )
    graph.node.append(onnx.helper.make_node("Concat", names, ["features"], axis=0))
    graph.output.append(onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, [len(names), "n", None]))
    onnx.checker.check_model(loaded)
    onnx.save(loaded, str(path))


def halve(path: Path, facts: dict[str, str]) -> None:
    """Keeps the weights of an ONNX file with half precision (the network still computes with single) and adds
    metadata.
    """
    import onnx
    from onnx import numpy_helper

    loaded = onnx.load(str(path))
    casts = []
    for tensor in loaded.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and len(numpy_helper.to_array(tensor).ravel()) > 64:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    for place, node in enumerate(casts):
        loaded.graph.node.insert(place, node)
    for key, value in facts.items():
        entry = loaded.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(loaded, str(path))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hands", type=Path, required=True)
    parser.add_argument("--network", choices=sorted(CLASSES), required=True)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rows", type=int, default=96_000, help="characters made for each epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--unipen", type=Path)
    args = parser.parse_args()
    model, temperature, result = fit(
        args.network, args.hands, epochs=args.epochs, rows=args.rows, seed=args.seed, jobs=args.jobs
    )
    classes = CLASSES[args.network]
    write_onnx(model, MODELS / f"cells-{args.network}.onnx", classes, temperature)
    result["parameters"] = sum(weights.numel() for weights in model.parameters())
    result |= {"epochs": args.epochs, "rows": args.rows, "seed": args.seed}
    if args.unipen:
        x, facts, y, sites = unipen(args.unipen, args.network)
        probs = together(logits_of(model, x, facts), temperature)
        result["unipen"] = figures(probs, y, classes)
        result["unipen"]["sites"] = {
            site: [int(chosen.sum()), round(float((probs.argmax(1) == y)[chosen].mean()), 4)]
            for site in sorted(set(sites))
            for chosen in [np.array(sites) == site]
        }
    (MODELS / f"cells-{args.network}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
