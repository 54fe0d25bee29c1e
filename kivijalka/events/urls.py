"""Addresses of pages about events beyond their register."""

from django.urls import path

from kivijalka.events import views

urlpatterns = [path("calibration/", views.calibration_page, name="calibration")]
