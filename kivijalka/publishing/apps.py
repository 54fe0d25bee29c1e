"""The publishing room."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "kivijalka.publishing"
    label = "publishing"
