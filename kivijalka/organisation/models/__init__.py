"""Units, persons, the roles that persons hold at units, delegations, responsibilities for any record, and tokens."""

from kivijalka.organisation.models.delegations import Delegation
from kivijalka.organisation.models.persons import Account, Person
from kivijalka.organisation.models.responsibilities import Responsibility
from kivijalka.organisation.models.roles import Grant, Role, RoleKind
from kivijalka.organisation.models.service_accounts import ServiceAccount
from kivijalka.organisation.models.shapes import Concatenated, DateRange
from kivijalka.organisation.models.tokens import Token, TokenKey
from kivijalka.organisation.models.units import Unit
from kivijalka.register.models import FinnishOrder

__all__ = [
    "Account",
    # Migrations name these three here.
    "Concatenated",
    "DateRange",
    "Delegation",
    "FinnishOrder",
    "Grant",
    "Person",
    "Responsibility",
    "Role",
    "RoleKind",
    "ServiceAccount",
    "Token",
    "TokenKey",
    "Unit",
]
