"""The engine: losses, learning, cascades and choices, exact or with stated bounds. Arrays in, arrays out."""

from kivijalka.engine.bounded import Bounded
from kivijalka.engine.curve import LossCurve
from kivijalka.engine.errors import BadInput, CannotCertify, NoMean
from kivijalka.engine.insurance import Cover
from kivijalka.engine.law import Severity
from kivijalka.engine.mixture import Empirical, Mixture, Scaled
from kivijalka.engine.portfolio import Portfolio, Risk, Shock, factor_from_spread
from kivijalka.engine.severity import Constant, Gamma, GeneralizedPareto, Lognormal, LogUniform, pareto

__all__ = [
    "BadInput",
    "Bounded",
    "CannotCertify",
    "Constant",
    "Cover",
    "Empirical",
    "Gamma",
    "GeneralizedPareto",
    "LogUniform",
    "Lognormal",
    "LossCurve",
    "Mixture",
    "NoMean",
    "Portfolio",
    "Risk",
    "Scaled",
    "Severity",
    "Shock",
    "factor_from_spread",
    "pareto",
]
