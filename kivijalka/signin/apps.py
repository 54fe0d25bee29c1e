"""The room at the door."""

from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "kivijalka.signin"
    label = "signin"
