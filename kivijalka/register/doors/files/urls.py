"""Addresses of importing and exporting; mounted beside the pages of every register."""

from django.urls import path

from kivijalka.register.doors.files import views

urlpatterns = [
    path("<slug:path>/import/", views.file_page, name="import"),
    path("<slug:path>/import/<uuid:pk>/columns/", views.columns_page, name="import-columns"),
    path("<slug:path>/import/<uuid:pk>/preview/", views.preview_page, name="import-preview"),
    path("<slug:path>/import/<uuid:pk>/refused.xlsx", views.refused_file, name="import-refused"),
    path("<slug:path>/import/<uuid:pk>/done/", views.done_page, name="import-done"),
    path("<slug:path>/import/<uuid:pk>/source", views.source_file, name="import-source"),
    path("<slug:path>/imports/", views.imports_page, name="imports"),
    path("<slug:path>/export.<str:kind>", views.export_file, name="export"),
]
