"""Addresses of the policy's pages beyond its register."""

from django.urls import path

from kivijalka.policy import views

urlpatterns = [
    path("policy/", views.in_force, name="policy"),
    path("policies/<uuid:pk>/read/", views.read, name="policy-read"),
    path("policies/<uuid:pk>/check/", views.check_page, name="policy-check"),
    path("policies/<uuid:pk>/part/<str:part>/", views.part_page, name="policy-part"),
    path("policies/<uuid:pk>/file.<str:kind>", views.file, name="policy-file"),
]
