"""The insurance room."""

from django.apps import AppConfig


class InsuranceConfig(AppConfig):
    name = "kivijalka.insurance"
    label = "insurance"
