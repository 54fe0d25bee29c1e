"""Numbers as people write them, read and written back."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils import formats

ABOUT = re.compile(r"^(n\.|noin|ca\.?|c\.|cirka|approx\.?|about|~|≈)\s*", re.IGNORECASE)
EURO = re.compile(r"(€|eur|euroa)\.?", re.IGNORECASE)
# Money is told in euro alone: 12 000 USD is not 12 000 of anything that is added up here.
FOREIGN = re.compile(
    r"[$£¥]|\b(usd|gbp|sek|nok|dkk|chf|jpy|cny|pln|rub|cad|aud|isk|czk|huf|inr|kr|dollaria?|dollars?|puntaa?|pounds?"
    r"|kruunua?|kronor|krona)\b|\d\s*(kr|usd|sek|nok|dkk|gbp|chf)\b",
    re.IGNORECASE,
)
UNITS = [
    (re.compile(r"\s*(milj\.?|miljoonaa|mn|mio|m)$", re.IGNORECASE), 1_000_000),
    (re.compile(r"\s*(tuhatta|t|k|tkr)$", re.IGNORECASE), 1_000),
]
# Digits before the mark, or zeros after it: more than any sum of money, and all that a decimal keeps exactly.
LONGEST = 28
SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
# One group alone could be decimals as well: only the reader's language tells.
ONE_GROUP = re.compile(r"-?[1-9]\d{0,2},\d{3}")
GROUPS = re.compile(r"-?\d{1,3}(\.\d{3}){2,}|-?\d{1,3}(,\d{3}){2,}")


def number(text: str, *, comma_groups: bool = False) -> Decimal | None:
    """The number of a text: "125 000,50", "1,5 milj.", "n. 40 000 €", "1.250.000,00", "-350000"; or None.

    `comma_groups`: "100,000" is a hundred thousand, as in English, not a hundred with three decimals.
    """
    plain = EURO.sub("", ABOUT.sub("", text.strip())).replace("−", "-").strip()
    factor = 1
    for pattern, times in UNITS:
        if pattern.search(plain):
            plain, factor = pattern.sub("", plain), times
            break
    plain = SPACES.sub("", plain)
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma >= 0 and point >= 0:
        plain = plain.replace("," if point > comma else ".", "")
    if GROUPS.fullmatch(plain) or (comma_groups and ONE_GROUP.fullmatch(plain)):
        plain = plain.replace(".", "").replace(",", "")
    try:
        found = Decimal(plain.replace(",", ".")) * factor
    except ArithmeticError:
        return None
    if not found.is_finite() or abs(found.adjusted()) >= LONGEST:
        return None
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found.normalize()


def foreign(text: str) -> bool:
    """Whether a text is an amount in another currency than the euro."""
    return bool(FOREIGN.search(text)) and any(letter.isdigit() for letter in text)


def typed(text: str) -> Decimal | None:
    """The number of a text that was typed in the language of the page."""
    return number(text, comma_groups=formats.get_format("DECIMAL_SEPARATOR") == ".")


def written(value: Decimal) -> str:
    """A number as one types it in the language of the page; `typed` reads it back."""
    return formats.number_format(f"{value.normalize():f}", use_l10n=True, force_grouping=True)
