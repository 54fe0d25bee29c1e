"""Addresses of the pages of workshops beyond their register."""

from django.urls import path

from kivijalka.workshops import phone, views

urlpatterns = [
    path("join/", phone.join_page, name="join-workshop"),
    path("workshops/<uuid:pk>/answer/", phone.answer_page, name="answer-workshop"),
    path("workshops/<uuid:pk>/lead/", views.lead_page, name="lead-workshop"),
    path("workshops/<uuid:pk>/summary/", views.summary_page, name="workshop-summary"),
]
