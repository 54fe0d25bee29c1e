"""The exchange room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "kivijalka.exchange"
    label = "exchange"
