"""Addresses of pages about meetings beyond their register."""

from django.urls import path

from kivijalka.meetings import views

urlpatterns = [
    path("meetings/<uuid:pk>/agenda/", views.agenda_page, name="meeting-agenda"),
    path("meetings/<uuid:pk>/hold/", views.hold_page, name="meeting-hold"),
    path("meetings/<uuid:pk>/minutes/", views.minutes_page, name="meeting-minutes"),
    path("meetings/<uuid:pk>/minutes.docx", views.minutes_file, {"form": "docx"}, name="meeting-document"),
    path("meetings/<uuid:pk>/minutes.pdf", views.minutes_file, {"form": "pdf"}, name="meeting-pdf"),
]
