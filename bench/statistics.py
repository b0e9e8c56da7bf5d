"""Bounds for counted errors."""

from math import exp, lgamma, log, log1p


def upper_bound(wrong: int, count: int, *, level: float = 0.95) -> float:
    """Upper confidence bound of an error rate (Clopper and Pearson 1934); 1 for no trials."""
    if count == 0 or wrong >= count:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(wrong, count, middle) > 1 - level else (low, middle)
    return high


def _tail(wrong: int, count: int, rate: float) -> float:
    """Probability of at most `wrong` errors."""
    logs = [
        lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1) + k * log(rate) + (count - k) * log1p(-rate)
        for k in range(wrong + 1)
    ]
    top = max(logs)
    return min(1.0, exp(top) * sum(exp(value - top) for value in logs))
