"""The code that people join a workshop by: worked out from the workshop, so that nobody reads it in the database."""

from __future__ import annotations

from uuid import UUID

from django.utils.crypto import salted_hmac

# Without those that are taken for one another. Eight of them: a trillion codes.
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH, GROUP = 8, 4


def code_of(workshop: UUID) -> str:
    """The code of a workshop, such as K7MX-4P2Q."""
    told = salted_hmac("kivijalka.workshops.code", str(workshop), algorithm="sha256").digest()
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in told[:LENGTH])
    return f"{letters[:GROUP]}-{letters[GROUP:]}"


def mark_of(code: str) -> str:
    """What a workshop is found by from its code, however it is typed; from the mark nobody gets back to the code."""
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return salted_hmac("kivijalka.workshops.mark", typed, algorithm="sha256").hexdigest()
