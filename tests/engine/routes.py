"""Other routes to the same figures, slow and plain: closed forms, exact recursion, enumeration, Monte Carlo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import brentq
from scipy.stats import gamma, poisson

from kivijalka.engine import Risk
from kivijalka.engine.network import Network


def compound_gamma_below(x: float, rate: float, shape: float, scale: float) -> float:
    """P(S <= x): Poisson sum of gamma convolutions."""
    top = int(rate + 12 * rate**0.5 + 40)
    k = np.arange(1, top)
    return float(poisson.pmf(0, rate) + (poisson.pmf(k, rate) * gamma.cdf(x, k * shape, scale=scale)).sum())


def compound_gamma_short(x: float, rate: float, shape: float, scale: float) -> float:
    """E(x - S)+ by the same sum."""
    k = np.arange(1, int(rate + 12 * rate**0.5 + 40))
    inside = x * gamma.cdf(x, k * shape, scale=scale) - k * shape * scale * gamma.cdf(x, k * shape + 1, scale=scale)
    return float(x * poisson.pmf(0, rate) + (poisson.pmf(k, rate) * inside).sum())


def compound_gamma_quantile(p: float, rate: float, shape: float, scale: float) -> float:
    top = rate * shape * scale + 60 * scale * (1 + shape) * (1 + rate**0.5)
    return float(brentq(lambda x: compound_gamma_below(x, rate, shape, scale) - p, 0.0, top, xtol=1e-12, rtol=1e-14))


def talbot(laplace: Callable[[np.ndarray], np.ndarray], x: float, terms: int = 44) -> float:
    """f(x) from its Laplace transform along Talbot's contour, in the widest floating type (Abate and Valko 2004)."""
    angle = np.arange(1, terms, dtype=np.longdouble) * np.pi / terms
    rate, cot = np.longdouble(2 * terms) / (5 * np.longdouble(x)), 1 / np.tan(angle)
    s = np.append(rate + 0j, rate * angle * (cot + 1j))
    weight = np.append(0.5 + 0j, 1 + 1j * (angle + (angle * cot - 1) * cot))
    return float(rate / terms * np.sum((weight * np.exp(x * s) * laplace(s)).real))


def lattice_law(
    risks: Sequence[Risk], factors: Sequence[float], top: float, count: int = 2**19
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Sizes x up to top, P(S <= x), E(x - S)+ of smooth laws; and by how much these two differ on half the points.

    Losses are spread to the neighbours of a lattice with their mean kept; half of a point's chance lies above it.
    """
    fine, coarse = (_on_lattice(risks, factors, top / n, n) for n in (count, count // 2))
    gaps = [float(np.max(np.abs(a[::2] - b))) for a, b in zip(fine, coarse, strict=True)]
    return top / count * np.arange(count), *fine, 2 * gaps[0] + 1e-10, 2 * gaps[1] + 1e-10 * top


def _on_lattice(
    risks: Sequence[Risk], factors: Sequence[float], step: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    places = np.arange(count + 1)
    total = np.zeros(count + 1, np.complex128)
    for factor in (None, *range(len(factors))):
        log = np.zeros(count + 1, np.complex128)
        for risk in risks:
            if risk.factor == factor:
                slopes = np.diff(risk.severity.limited_mean(step * places)) / step
                mass = np.concatenate([[0.0], slopes[:-1] - slopes[1:], slopes[-1:]])
                log += risk.rate * (np.fft.rfft(mass * np.exp(-10.0 / count * places), 2 * count) - mass.sum())
        total += log if factor is None else -factors[factor] * np.log1p(-log / factors[factor])
    p = np.fft.irfft(np.exp(total))[:count] * np.exp(10.0 / count * places[:count])
    below = np.cumsum(p)
    return below - p / 2, step * np.append(0.0, np.cumsum(below)[:-1])


def panjer(rate: Fraction, severity: dict[int, Fraction], top: int) -> list[Fraction]:
    """exp(rate) * P(S = j), j = 0..top, exactly in rationals (Panjer 1981)."""
    out = [Fraction(1)]
    for j in range(1, top + 1):
        out.append(sum((rate * i * f * out[j - i] / j for i, f in severity.items() if i <= j), Fraction(0)))
    return out


def enumerate_down(network: Network, p: list[float]) -> np.ndarray:
    """P(node down) by going through all failures in plain Python."""
    total = np.zeros(len(network))
    for failed in product([False, True], repeat=len(network)):
        chance = np.prod([q if f else 1 - q for q, f in zip(p, failed, strict=True)])
        if chance:
            total += chance * np.isfinite(network.stops([i for i, f in enumerate(failed) if f]))
    return total
