"""Addresses of reports."""

from django.urls import path

from kivijalka.reports.documents import choosing, views

urlpatterns = [
    path("reports/", choosing.choose_page, name="reports"),
    path("reports/<slug:report>.<slug:form>", views.report_file, name="report-file"),
]
