"""The policy room."""

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "kivijalka.policy"
    label = "policy"
