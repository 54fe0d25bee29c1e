"""Kinds of role and what they grant, as patterns over the rights that the declared rules ask for.

A new register asks `shelter.view`; whoever holds `*.view` has it from the next migrate on, without a line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from kivijalka.areas.packs import packs
from kivijalka.register.models import Confidentiality

INTERNAL, CONFIDENTIAL, SECRET = Confidentiality.INTERNAL, Confidentiality.CONFIDENTIAL, Confidentiality.SECRET
# Rights that no kind of role has beyond a level: what is confidential is not published.
AT_MOST = {"publication.publish": INTERNAL}
# What everybody may look up anywhere: who works where, by which policy, what the strategy puts first, what forms ask.
DIRECTORY = ("unit.view", "person.view", "role.view", "policy.view", "priority.view", "own_field.view")


@dataclass(frozen=True)
class Kind:
    """A kind of role: its names, the rights it gives (patterns), up to which level, and how far they reach.

    To lead, to know or to oversee reaches down the tree; to work somewhere does not.
    """

    key: str
    names: tuple[str, str, str]  # Finnish, Swedish, English
    rights: tuple[str, ...]
    level: Confidentiality
    everywhere: tuple[str, ...] = DIRECTORY
    below: bool = True

    def level_of(self, right: str) -> Confidentiality:
        """Up to which level this kind of role has a right."""
        return min(self.level, AT_MOST.get(right, self.level))

    def reach(self, right: str) -> str:
        """How far a right of this kind of role reaches from the unit at which it is held."""
        return "everywhere" if right in self.everywhere else "below" if self.below else "unit"


# Whoever leads a unit names a deputy for somebody of it who cannot do so themselves, and revokes their tokens.
_HEAD = (
    "*.view",
    "*.edit",
    "risk.assess",
    "risk.accept",
    "exception.grant",
    "escalation.answer",
    "delegation.*",
    "token.*",
)
# Whoever knows an area, or risks, of the whole city.
_EXPERT = ("*.view", "*.edit", "risk.assess")
KINDS = [
    Kind("employee", ("työntekijä", "anställd", "employee"), ("*.view",), INTERNAL, below=False),
    Kind("unit_head", ("yksikön esihenkilö", "enhetens chef", "head of unit"), _HEAD, CONFIDENTIAL),
    Kind(
        "service_entity_head",
        ("palvelukokonaisuuden johtaja", "servicehelhetens direktör", "head of service entity"),
        _HEAD,
        CONFIDENTIAL,
    ),
    Kind(
        "sector_director",
        ("toimialajohtaja", "sektorchef", "sector director"),
        (*_HEAD, "role.edit", "publication.publish"),
        SECRET,
    ),
    Kind(
        "chief_executive",
        ("kansliapäällikkö", "kanslichef", "chief executive"),
        (*_HEAD, "policy.*", "priority.*", "own_field.*", "publication.publish"),
        SECRET,
    ),
    Kind(
        "city_board",
        ("kaupunginhallitus", "stadsstyrelsen", "city board"),
        ("*.view", "risk.accept", "escalation.answer"),
        SECRET,
    ),
    Kind("board_member", ("hallituksen jäsen", "styrelsemedlem", "member of the board"), ("*.view",), CONFIDENTIAL),
    Kind(
        "risk_expert",
        ("riskienhallinnan asiantuntija", "expert på riskhantering", "risk management expert"),
        (*_EXPERT, "policy.edit", "priority.edit"),
        CONFIDENTIAL,
    ),
    Kind(
        "security_expert",
        ("turvallisuusasiantuntija", "säkerhetsexpert", "security expert"),
        (*_EXPERT, "access.explain"),
        SECRET,
    ),
    Kind(
        "auditor",
        ("tarkastaja", "revisor", "auditor"),
        ("*.view", "delegation.view", "token.view", "access.explain"),
        SECRET,
    ),
    Kind(
        "access_administrator",
        ("käyttöoikeuksien pääkäyttäjä", "behörighetsadministratör", "access administrator"),
        (
            *("unit.*", "person.*", "role.*", "service_account.*", "own_field.*"),
            *("delegation.view", "token.*", "access.explain"),
        ),
        CONFIDENTIAL,
    ),
    # For the program that says who works here, not for people: see kivijalka/exchange/scim.
    Kind(
        "provisioner",
        ("henkilötietojen siirto", "överföring av personuppgifter", "provisioning"),
        ("person.provision",),
        CONFIDENTIAL,
    ),
    Kind(
        "partner_member",
        ("kumppanin edustaja", "partnerns representant", "partner's representative"),
        ("*.view",),
        INTERNAL,
        (),
    ),
]
# Ordinary editing never includes the organisation itself, its policy or its priorities, nor what forms ask; a pattern must
# name them.
RESERVED = ("unit", "person", "role", "access", "policy", "priority", "own_field")
# Nor does ordinary viewing include why somebody is away, or what programs act for them.
PRIVATE = ("delegation", "token")
# Asked by pages, not by any model's rule.
PAGE_RIGHTS = {"access.explain"}


def experts() -> list[Kind]:
    """Kinds of the areas' experts. Alike but for the area, and as far as the risk management expert but for the policy."""
    return [Kind(pack.role, pack.expert, _EXPERT, CONFIDENTIAL) for pack in packs().values()]


def write(using: str = "default", **kwargs: Any) -> None:
    """Write role kinds and grants from the patterns. Kinds that a city added itself stay."""
    from kivijalka.organisation.models import Grant, RoleKind
    from kivijalka.register.install import rights

    asked, written = rights() | PAGE_RIGHTS, [*KINDS, *experts()]
    kinds = [RoleKind(key=k.key, name_fi=k.names[0], name_sv=k.names[1], name_en=k.names[2]) for k in written]
    RoleKind.objects.using(using).bulk_create(
        kinds, update_conflicts=True, unique_fields=["key"], update_fields=["name_fi", "name_sv", "name_en"]
    )
    Grant.objects.using(using).filter(kind__in=[kind.key for kind in written]).delete()
    Grant.objects.using(using).bulk_create(
        Grant(kind_id=kind.key, right=right, confidentiality=kind.level_of(right), reach=kind.reach(right))
        for kind in written
        for right in sorted(asked)
        if granted(kind, right)
    )


def granted(kind: Kind, right: str) -> bool:
    """Whether a kind of role gives a right, here or everywhere."""
    return right in kind.everywhere or any(_matches(pattern, right) for pattern in kind.rights)


def _matches(pattern: str, right: str) -> bool:
    register, verb = right.split(".")
    named_only = register in PRIVATE or (register in RESERVED and verb != "view")
    if named_only and pattern.startswith("*"):
        return False
    return fnmatch(right, pattern)
