"""Addresses of pages about programmes beyond their registers."""

from django.urls import path

from kivijalka.programmes import choice_views, views

urlpatterns = [
    path("programmes/<uuid:pk>/progress/", views.progress_page, name="programme-progress"),
    path("programmes/<uuid:pk>/benefit/", views.benefit_page, name="programme-benefit"),
    path("begin-programme/", views.begin_page, name="programme-begin"),
    path("choices/<uuid:pk>/set/", choice_views.set_page, name="choice-set"),
    path("money-by-priority/", views.money_page, name="money-by-priority"),
    path("slipping/", views.slipping_page, name="slipping"),
]
