"""Migrations at a third of their time: an index or a constraint, added or removed, makes no model class anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from unittest.mock import patch

from django.db.migrations.state import ProjectState


class Named(Protocol):
    """An index or a constraint."""

    name: str


@contextmanager
def quick_migrations() -> Iterator[None]:
    """Tell model classes of their new indexes and constraints, where Django would render them and all related ones anew.

    A new house has hundreds of each; rendering for them took 14 of 22 seconds. Django's names of these two steps are
    private: `patch` fails should they be gone.
    """
    with patch.multiple(ProjectState, _append_option=_append, _remove_option=_remove):
        yield


def _append(state: ProjectState, app_label: str, model_name: str, option: str, added: Named) -> None:
    _replace(state, app_label, model_name, option, [*_options(state, app_label, model_name)[option], added])


def _remove(state: ProjectState, app_label: str, model_name: str, option: str, name: str) -> None:
    left = [one for one in _options(state, app_label, model_name)[option] if one.name != name]
    _replace(state, app_label, model_name, option, left)


def _replace(state: ProjectState, app_label: str, model_name: str, option: str, all_of_them: list[Named]) -> None:
    _options(state, app_label, model_name)[option] = all_of_them
    if "apps" in vars(state):  # rendered; what follows looks there for what a changed field touches
        setattr(state.apps.get_model(app_label, model_name)._meta, option, all_of_them)


def _options(state: ProjectState, app_label: str, model_name: str) -> dict[str, Any]:
    options: dict[str, Any] = state.models[app_label, model_name].options
    return options
