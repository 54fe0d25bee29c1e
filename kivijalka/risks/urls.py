"""Addresses of pages about risks beyond their register."""

from django.urls import path

from kivijalka.risks import views

urlpatterns = [path("policies/<uuid:pk>/change/", views.policy_change, name="policy-change")]
