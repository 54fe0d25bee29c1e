"""Addresses of pages about risks beyond their register."""

from django.urls import path

from kivijalka.risks import first_steps, views

urlpatterns = [
    path("policies/<uuid:pk>/change/", views.policy_change, name="policy-change"),
    path("first-steps/", first_steps.first_steps, name="first-steps"),
    path("risks/<uuid:pk>/bow-tie/", views.bowtie_page, name="bow-tie"),
]
