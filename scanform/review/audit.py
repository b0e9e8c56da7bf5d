"""Upper bounds on the error rate, from a sample that was read a second time. Pure.

The sample is drawn without replacement, so the count of wrong values in it is hypergeometric; the bound is exact
(one-sided Clopper-Pearson for finite populations: Buonaccorsi 1987, doi:10.1080/00031305.1987.10475484).
"""

from hashlib import sha256
from math import comb, exp, lgamma

CONFIDENCE = 0.95
"""The bound is too low in at most one sample of twenty."""


def fraction(item: str, lot: str) -> float:
    """A number from 0 to 1, fixed for each item and unpredictable without the seed `lot`."""
    return int.from_bytes(sha256(f"{lot}:{item}".encode()).digest()[:8]) / 2**64


def most_wrong(wrong: int, looked: int, population: int) -> int:
    """Upper confidence bound on the number of wrong values in the population, given `wrong` in the sample."""
    if not 0 <= wrong <= looked <= population:
        raise ValueError(f"{wrong} wrong of {looked} of {population}")
    low, high = wrong, population - (looked - wrong)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(wrong, looked, middle, population) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle - 1
    return low


def most_often(hits: int, trials: int) -> float:
    """Upper confidence bound on the probability of a hit, given `hits` in independent trials (one-sided
    Clopper-Pearson); 1 without trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits in {trials} trials")
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        few = sum(comb(trials, hit) * middle**hit * (1 - middle) ** (trials - hit) for hit in range(hits + 1))
        low, high = (middle, high) if few > 1 - CONFIDENCE else (low, middle)
    return high


def sample_size(population: int, target: float, tolerated: int) -> int:
    """Sample size that proves at most the fraction `target` of the population wrong when `tolerated` wrong ones are
    found; all of a small population.
    """
    allowed = int(population * target + 1e-9)
    low, high = min(tolerated, population), population
    while low < high:
        middle = (low + high) // 2
        if most_wrong(min(tolerated, middle), middle, population) <= allowed:
            high = middle
        else:
            low = middle + 1
    return low


def _at_most(wrong: int, looked: int, all_wrong: int, population: int) -> float:
    """Probability of at most `wrong` wrong values among `looked`, drawn from a population with `all_wrong`
    wrong ones.
    """
    whole = _log_choose(population, looked)
    least = max(0, looked - (population - all_wrong))
    return sum(
        exp(_log_choose(all_wrong, hit) + _log_choose(population - all_wrong, looked - hit) - whole)
        for hit in range(least, min(wrong, all_wrong) + 1)
    )


def _log_choose(total: int, some: int) -> float:
    return lgamma(total + 1) - lgamma(some + 1) - lgamma(total - some + 1)
