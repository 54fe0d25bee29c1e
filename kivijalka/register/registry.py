"""All registers, in the order of the chain."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import Http404

from kivijalka.register.declare import M, Register
from kivijalka.register.models import Kept

REGISTERS: dict[str, Register[Any]] = {}


def register(declaration: Register[M]) -> Register[M]:
    """Add a declaration to the house. Declaring a key twice is a mistake that stops the start."""
    if declaration.key in REGISTERS:
        raise ValueError(f"Register {declaration.key!r} is declared twice. Give one of the two another key.")
    REGISTERS[declaration.key] = declaration
    return declaration


def register_by_key(key: str) -> Register[Any]:
    try:
        return REGISTERS[key]
    except KeyError:
        raise LookupError(f"No register {key!r}. There are: {', '.join(sorted(REGISTERS))}.") from None


def register_by_path(path: str) -> Register[Any]:
    """The register whose pages live under this path, or the answer that there is no such page."""
    for register in REGISTERS.values():
        if register.path == path:
            return register
    raise Http404


def register_of(model: type[Model]) -> Register[Any]:
    for register in REGISTERS.values():
        if register.model is model:
            return register
    raise LookupError(f"{model.__name__} has no register. Declare one in its room's registers.py.")


def kept_models() -> list[type[Kept]]:
    """Every model whose versions are kept, parents before their parts."""
    from django.apps import apps

    models = [model for model in apps.get_models() if issubclass(model, Kept)]
    return sorted(models, key=lambda model: model.belongs_to is not None)
