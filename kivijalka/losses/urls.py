"""Addresses of the losses."""

from django.urls import path

from kivijalka.losses import views

urlpatterns = [
    path("situation/losses/", views.losses_page, name="losses"),
    path("situation/losses/deeper/", views.deeper_page, name="losses-deeper"),
]
