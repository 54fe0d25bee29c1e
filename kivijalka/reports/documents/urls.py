"""Addresses of reports."""

from django.urls import path

from kivijalka.reports.documents import choosing, views

urlpatterns = [
    path("reports/", choosing.choose_page, name="reports"),
    path("reports/note/", choosing.note_page, name="report-note"),
    path("reports/make/", views.make_page, name="make-report"),
    path("reports/made/<uuid:pk>/", views.made_page, name="made-report"),
    path("reports/made/<uuid:pk>/file", views.made_file, name="made-file"),
    path("reports/<slug:report>.<slug:form>", views.report_file, name="report-file"),
]
