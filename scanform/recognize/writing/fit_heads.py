"""Retraining the last layer of a network for cells on characters that people confirmed, with numpy alone.

The scores of the network stay; a linear change of them is fitted with a Gaussian prior around zero, so that few
characters change little. The strength of the prior is chosen by cross-validation over forms, one fifth left out at a
time, with no change at all among the choices; the temperature comes from the same scores.

Characters do not occur equally often on forms (all postcodes of a city begin alike). The change is fitted on scores
with the logarithm of the character's frequency added (Menon et al. 2021, arXiv 2007.07314), so that it learns the shape
of characters and not their frequency. Classes that nobody confirms (struck out, no writing, letters among digits) and
characters that did not occur take no part: their scores stay as they were.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

from scanform.config import ReadingConfig
from scanform.imaging.page_image import Floats, Singles
from scanform.recognize.networks.heads import Head, shipped_digest
from scanform.recognize.writing.cells import probs_of, shipped_temperature

NEVER = -1e9
"""The score of a class that takes no part."""

MISTAKEN = 0.01
"""Assumed fraction of wrong labels, spread evenly over the classes: a person errs once in 2,700 fields
(`PERSON_CONFIDENCE`), but a value may also have been corrected to something other than what was written. Without it,
one wrong label among a hundred doubled the temperature (of 288 characters 37 instead of 279 were then accepted).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How a head is fitted, and when its figures are reliable."""

    strengths: tuple[float, ...] = (0.3, 1.0, 3.0)
    """Candidate standard deviations of the prior, besides 0: by how much the score of a usual character may change."""
    held_out: float = 0.25
    """Fraction of the forms that figures come from, 0..1."""
    folds: int = 5
    """Parts of the rest for cross-validation."""
    least_characters: int = 100
    """Minimum number of characters in total."""
    least_forms: int = 10
    """Minimum number of forms in total."""
    least_characters_each: int = 25
    """Minimum number of characters in each of the two parts."""
    least_forms_each: int = 2
    """Minimum number of forms in each of the two parts."""
    accept: float = ReadingConfig().accept
    """Minimum probability, 0..1, of a value that needs no review: that of the project's settings."""
    spread: float = 0.3
    """Standard deviation of the prior of the logarithm of the temperature, around that of the shipped network."""


DEFAULT_FIT = FitSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a change is fitted: the strength of the prior, and whether every label is trusted at first. Only then can it
    learn a habit that the shipped network confidently reads as something else; otherwise one wrong label among few has
    no effect.
    """

    strength: float
    believing: bool


NO_CHANGE = Way(strength=0.0, believing=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Characters:
    """N characters: `logits` (members, N, C) and `features` (members, N, F) of a network, `truth` (N,) the numbers of
    their classes, `allowed` (N, C) the classes admitted in their cells, `forms` (N,) the names of their forms.
    """

    logits: Singles
    features: Singles
    truth: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    forms: NDArray[np.str_]

    def of(self, chosen: NDArray[np.bool_]) -> "Characters":
        """A selection of the characters."""
        many = {"logits", "features"}
        return Characters(
            **{
                one.name: getattr(self, one.name)[:, chosen] if one.name in many else getattr(self, one.name)[chosen]
                for one in fields(self)
            }
        )

    def count_forms(self) -> int:
        """The number of forms they come from."""
        return len(np.unique(self.forms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well a head reads some characters. `wrong_up_to` and `right_from` bound the fraction of wrong ones among
    those accepted, and of right ones among all (95 %, one-sided, Clopper and Pearson 1934,
    doi:10.1093/biomet/26.4.404); the calibration error is taken over 15 bins of equal size.
    """

    characters: int
    right: int
    right_from: float
    accepted: int
    wrong_of_accepted: int
    wrong_up_to: float
    log_loss: float
    calibration_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two heads on the same characters; `gain` is the average reduction of a form's log loss, `gain_error` its standard
    error over forms.
    """

    before: Figures
    after: Figures
    gain: float
    gain_error: float

    @property
    def better(self) -> bool:
        """Whether the second may replace the first: its log loss is lower by more than chance, and no more of those
        accepted are wrong.
        """
        return self.gain > max(self.gain_error, 1e-6) and self.after.wrong_of_accepted <= self.before.wrong_of_accepted


def held_out(forms: NDArray[np.str_], settings: FitSettings = DEFAULT_FIT) -> NDArray[np.bool_]:
    """Which characters (N,) are of forms never used for training: a form keeps its side, however many others are
    added.
    """
    fractions = {
        form: int(hashlib.sha256(form.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
        for form in np.unique(forms).tolist()
    }
    return np.array([fractions[form] < settings.held_out for form in forms.tolist()], dtype=np.bool_)


def enough(characters: Characters, settings: FitSettings = DEFAULT_FIT) -> bool:
    """Whether there are characters of enough forms, in total and in each of the two parts."""
    apart = held_out(characters.forms, settings)
    each = all(
        part.count_forms() >= settings.least_forms_each and len(part.truth) >= settings.least_characters_each
        for part in (characters.of(apart), characters.of(~apart))
    )
    return (
        len(characters.truth) >= settings.least_characters and characters.count_forms() >= settings.least_forms and each
    )


def fit_head(network: str, characters: Characters, settings: FitSettings = DEFAULT_FIT) -> Head:
    """The best head for these characters (of two forms or more); without a change if none improves forms that were left
    out.
    """
    base = shipped_temperature(network)
    ways = [
        Way(strength=strength, believing=believing) for strength in settings.strengths for believing in (False, True)
    ]
    scores = {NO_CHANGE: characters.logits} | {way: _crossed(characters, way, base, settings) for way in ways}
    lost = {way: float(_losses(network, found, base, characters).sum()) for way, found in scores.items()}
    best = min(lost, key=lambda way: lost[way])
    temperature = _temperature(network, scores[best], characters, settings)
    return Head(
        network=network, of=shipped_digest(network), change=_change(characters, best, base), temperature=temperature
    )


def compare(
    network: str, before: Head | None, after: Head, characters: Characters, settings: FitSettings = DEFAULT_FIT
) -> Comparison:
    """The figures of two heads (None: the shipped one) on the same characters."""
    probs = [reading_probs(network, head, characters) for head in (before, after)]
    first, second = (losses(one, characters.truth) for one in probs)
    gains = np.array([float((first - second)[characters.forms == form].mean()) for form in np.unique(characters.forms)])
    return Comparison(
        before=figures(probs[0], characters.truth, settings),
        after=figures(probs[1], characters.truth, settings),
        gain=float(gains.mean()),
        gain_error=float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else float("inf"),
    )


def reading_probs(network: str, head: Head | None, characters: Characters) -> Singles:
    """Probabilities (N, C) as the reader has them: only of classes admitted there."""
    if head is None:
        return _allowed(network, characters.logits, shipped_temperature(network), characters)
    return _allowed(network, head.scores(characters.logits, characters.features), head.temperature, characters)


def figures(probs: Singles, truth: NDArray[np.int64], settings: FitSettings = DEFAULT_FIT) -> Figures:
    """Figures of probabilities (N, C), N at least 1."""
    top, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    taken = top >= settings.accept
    wrong = int((taken & ~right).sum())
    bins = np.clip(np.searchsorted(np.quantile(top, np.linspace(0, 1, 16)), top, side="right") - 1, 0, 14)
    gaps = [
        abs(float(top[bins == b].mean() - right[bins == b].mean())) * float((bins == b).mean()) for b in np.unique(bins)
    ]
    return Figures(
        characters=len(truth),
        right=int(right.sum()),
        right_from=1 - most_of(int((~right).sum()), len(truth)),
        accepted=int(taken.sum()),
        wrong_of_accepted=wrong,
        wrong_up_to=most_of(wrong, int(taken.sum())),
        log_loss=float(losses(probs, truth).mean()),
        calibration_error=float(sum(gaps)),
    )


def losses(probs: Singles, truth: NDArray[np.int64]) -> Singles:
    """The loss (N,) of each character: the negative log probability of its label, given that `MISTAKEN` of the labels
    are wrong.
    """
    return np.asarray(
        -np.log((1 - MISTAKEN) * probs[np.arange(len(truth)), truth] + MISTAKEN / probs.shape[1]), dtype=np.float32
    )


def most_of(seen: int, of: int, level: float = 0.95) -> float:
    """The largest fraction compatible with `seen` cases among `of`, one-sided (Clopper and Pearson 1934)."""
    if seen >= of:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        fraction = (low + high) / 2
        low, high = (fraction, high) if _at_most(seen, of, fraction) > 1 - level else (low, fraction)
    return high


def _at_most(seen: int, of: int, fraction: float) -> float:
    """The probability of `seen` cases or fewer among `of`."""
    if not 0 < fraction < 1:
        return 1.0 if fraction <= 0 else 0.0
    ways = [lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) for k in range(seen + 1)]
    return sum(exp(way + k * log(fraction) + (of - k) * log1p(-fraction)) for k, way in enumerate(ways))


# --- fitting ---------------------------------------------------------------------------------------------------------


def _allowed(network: str, scores: Singles, temperature: float, characters: Characters) -> Singles:
    probs = probs_of(network, scores, temperature) * characters.allowed
    return np.asarray(probs / np.maximum(probs.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _losses(network: str, scores: Singles, temperature: float, characters: Characters) -> Singles:
    return losses(_allowed(network, scores, temperature, characters), characters.truth)


def _crossed(characters: Characters, way: Way, base: float, settings: FitSettings) -> Singles:
    """Cross-validated scores: each character's by a change fitted without its form."""
    names = np.unique(characters.forms).tolist()
    order = sorted(names, key=lambda form: hashlib.sha256(f"fold {form}".encode()).digest())
    fold = {form: number % settings.folds for number, form in enumerate(order)}
    numbers = np.array([fold[form] for form in characters.forms.tolist()])
    scores = characters.logits.copy()
    for number in np.unique(numbers):
        here = numbers == number
        change = _change(characters.of(~here), way, base)
        part = characters.of(here)
        scores[:, here] = Head(network="", of="", change=change, temperature=base).scores(part.logits, part.features)
    return scores


def _temperature(network: str, scores: Singles, characters: Characters, settings: FitSettings) -> float:
    """The temperature that fits the scores best; never below that of the shipped network: a few hundred characters do
    not justify more confidence.
    """
    base = shipped_temperature(network)
    choices = base * np.geomspace(1, 3, 45)
    lost = [
        float(_losses(network, scores, float(t), characters).sum()) + (log(float(t) / base) / settings.spread) ** 2 / 2
        for t in choices
    ]
    return float(choices[int(np.argmin(lost))])


def _change(characters: Characters, way: Way, base: float) -> Singles:
    """The change (members, F + 1, C) of the last layer that fits these characters best."""
    members, count, classes = characters.logits.shape
    change = np.zeros((members, characters.features.shape[2] + 1, classes), np.float32)
    if way.strength == 0 or count == 0:
        return change
    seen = np.bincount(characters.truth, minlength=classes)
    often = np.where(seen > 0, np.log(np.maximum(seen, 1) / count), NEVER)
    for member in range(members):
        scale = float(np.sqrt((characters.features[member].astype(np.float64) ** 2).sum(axis=1).mean())) or 1.0
        x = np.concatenate([characters.features[member] / scale, np.ones((count, 1))], axis=1, dtype=np.float64)
        fixed = np.where(characters.allowed, characters.logits[member] / base + often, NEVER)
        found = _fitted(x, fixed, characters.truth, 1 / (way.strength / base) ** 2, believing=way.believing) * base
        found[:-1] /= scale
        change[member] = found
    return change


def _fitted(x: Floats, fixed: Floats, truth: NDArray[np.int64], pull: float, *, believing: bool) -> Floats:
    """The weights (F, C) that maximise the likelihood of the truth when added to `fixed` (N, C), with `pull` / 2 of
    their squares as penalty.

    An improbable label has less weight, as it may be wrong. There are several minima: the one nearest to no change is
    found, or (`believing`) the one nearest to where every label is trusted.
    """
    wanted, here = np.zeros(fixed.shape), np.arange(len(truth))
    wanted[here, truth] = 1

    def loss(flat: Floats, stray: float) -> tuple[float, Floats]:
        weights = flat.reshape(x.shape[1], fixed.shape[1])
        scores = fixed + x @ weights
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        total = probs.sum(axis=1)
        said = np.log(total) - scores[here, truth]
        sure = 1 / (1 + stray * np.exp(np.minimum(said, 700)))
        value = float(pull / 2 * (flat**2).sum() + (said + np.log(sure)).sum())
        return value, (x.T @ ((probs / total[:, None] - wanted) * sure[:, None]) + pull * weights).ravel()

    start = np.zeros(x.shape[1] * fixed.shape[1])
    start = lowest(lambda flat: loss(flat, 0.0), start) if believing else start
    return lowest(lambda flat: loss(flat, MISTAKEN / (1 - MISTAKEN) / fixed.shape[1]), start).reshape(
        x.shape[1], fixed.shape[1]
    )


def lowest(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, *, steps: int = 200, memory: int = 10
) -> Floats:
    """A local minimum of a smooth function (value, gradient) near `start`: L-BFGS with a backtracking search (Nocedal
    and Wright 2006, algorithms 7.4 and 3.1).
    """
    at, (value, slope) = start, loss(start)
    pairs: list[tuple[Floats, Floats]] = []
    for _ in range(steps):
        if float(np.abs(slope).max()) < 1e-4:
            break
        way = -_curved(slope, pairs)
        step, fall = 1.0 if pairs else 1.0 / float(np.abs(slope).max()), float(slope @ way)
        following = loss(at + step * way)
        while following[0] > value + 1e-4 * step * fall and step > 1e-10:
            step /= 2
            following = loss(at + step * way)
        if following[0] >= value:
            break
        moved, turned = step * way, following[1] - slope
        at, (value, slope) = at + moved, following
        if float(moved @ turned) > 1e-12:
            pairs = [*pairs, (moved, turned)][-memory:]
    return at


def _curved(slope: Floats, pairs: Sequence[tuple[Floats, Floats]]) -> Floats:
    """The gradient times the inverse Hessian as estimated from the last steps."""
    out, fractions = slope.copy(), []
    for moved, turned in reversed(pairs):
        fractions.append(float(moved @ out) / float(moved @ turned))
        out = out - fractions[-1] * turned
    if pairs:
        moved, turned = pairs[-1]
        out = out * (float(moved @ turned) / float(turned @ turned))
    for (moved, turned), fraction in zip(pairs, reversed(fractions), strict=True):
        out = out + (fraction - float(turned @ out) / float(moved @ turned)) * moved
    return out
