"""Addresses of every register's pages. The web room mounts them at its root."""

from django.urls import path

from kivijalka.register.doors import attachments, compare, discussion, drafts, many, page, saved, search, undo, writing
from kivijalka.register.doors.files import urls as files

urlpatterns = [
    path("search/", search.search_page, name="search"),
    path("drafts/", drafts.drafts_page, name="drafts"),
    path("undo/<int:entry>/", undo.undo_page, name="undo"),
    path("comment/<uuid:pk>/", discussion.comment_page, name="comment"),
    path("lookup/<slug:key>/", page.lookup, name="lookup"),
    path("lookup/<slug:key>/whole/", page.lookup, {"whole": True}, name="lookup-whole"),
    path("<slug:path>/", page.list_page, name="list"),
    *files.urlpatterns,
    path("<slug:path>/views/", saved.views_page, name="views"),
    path("<slug:path>/compare/", compare.list_compared, name="compare"),
    path("<slug:path>/<uuid:pk>/compare/", compare.record_compared, name="compare"),
    path("<slug:path>/similar/", search.similar, name="similar"),
    path("<slug:path>/many/", many.many_page, name="many"),
    path("<slug:path>/many/<slug:verb>/", many.many_do_page, name="many-do"),
    path("<slug:path>/new/", writing.add_page, name="add"),
    path("<slug:path>/<uuid:pk>/", page.record_page, name="record"),
    path("<slug:path>/<uuid:pk>/edit/", writing.edit_page, name="edit"),
    path("<slug:path>/<uuid:pk>/do/<slug:verb>/", writing.do_page, name="do"),
    path("<slug:path>/<uuid:pk>/link/", writing.link_page, name="link"),
    path("<slug:path>/<uuid:pk>/discussion/", discussion.discussion_page, name="discussion"),
    path("<slug:path>/<uuid:pk>/follow/", discussion.follow_page, name="follow"),
    path("<slug:path>/<uuid:pk>/files/", attachments.files_page, name="files"),
    path("<slug:path>/<uuid:pk>/files/<uuid:file>/", attachments.file_page, name="file"),
    path("<slug:path>/<uuid:pk>/files/<uuid:file>/withdraw/", attachments.withdraw_page, name="withdraw-file"),
    path("<slug:path>/<uuid:pk>/history/", page.history_page, name="history"),
    path("<slug:path>/<uuid:pk>/story/", page.story_page, name="story"),
]
