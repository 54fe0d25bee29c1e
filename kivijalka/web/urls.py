"""All addresses of the site."""

from typing import Any

from django.conf import settings
from django.urls import include, path

from kivijalka.desk import following, letters
from kivijalka.desk import views as desk
from kivijalka.organisation import deputies, looked_at
from kivijalka.organisation import views as organisation
from kivijalka.register.doors.api import make_api
from kivijalka.reports import areas, by_unit
from kivijalka.reports import views as reports
from kivijalka.web import signin, views

urlpatterns: list[Any] = [
    path("", desk.my_work, name="home"),
    path("following/", following.following_page, name="following"),
    path("snooze/<uuid:pk>/<slug:verb>/", desk.snooze, name="snooze"),
    path("snooze/end/", desk.wake, name="wake"),
    path("api/", make_api().urls),
    path("scim/v2/", include("kivijalka.exchange.scim.urls")),
    path("account/letters/", letters.letters_page, name="letters"),
    path("letters/end/<str:signed>/", letters.unsubscribe_page, name="unsubscribe"),
    path("situation/", reports.situation, name="situation"),
    path("areas/", areas.areas, name="areas"),
    path("areas/<slug:area>/", areas.area_page, name="area"),
    path("areas/<slug:area>/typical/", areas.typical, name="typical"),
    path("situation/heat/", by_unit.heat_page, name="heat"),
    path("situation/heat.csv", by_unit.heat_file, name="heat-file"),
    path("situation/effects/", by_unit.effects_page, name="effects"),
    path("unit/", looked_at.choose_unit, name="choose-unit"),
    path("registers/", views.registers, name="registers"),
    path("jump/", views.jump, name="jump"),
    path("sign-in/", signin.sign_in, name="sign-in"),
    path("sign-in/", signin.sign_in, name="account_login"),
    path("sign-out/", signin.sign_out, name="sign-out"),
    path("", include("kivijalka.signin.urls")),
    path("language/", views.language, name="language"),
    path("on-behalf/", signin.on_behalf, name="on-behalf"),
    path("why/", organisation.why, name="why"),
    path("responsibilities/", organisation.responsibilities, name="responsibilities"),
    path("responsibilities/answer/", organisation.answer, name="answer"),
    path("responsibilities/offer/<uuid:pk>/", organisation.offer, name="offer"),
    path("deputies/", deputies.deputies, name="deputies"),
    path("deputies/end/", deputies.end_deputy, name="end-deputy"),
    path("hand-over/<uuid:pk>/", organisation.hand_over, name="hand-over"),
    path("", include("kivijalka.policy.urls")),
    path("", include("kivijalka.risks.urls")),
    path("", include("kivijalka.programmes.urls")),
    path("", include("kivijalka.losses.urls")),
    path("", include("kivijalka.events.urls")),
    path("", include("kivijalka.meetings.urls")),
    path("", include("kivijalka.reports.documents.urls")),
    path("", include("kivijalka.workshops.urls")),
    path("without-accountable/", organisation.without_accountable, name="without-accountable"),
]
if settings.DEMO:
    urlpatterns.append(path("sign-in-as/", signin.sign_in_as, name="sign-in-as"))
urlpatterns += [path("", include("kivijalka.register.doors.urls"))]

handler400 = "kivijalka.web.views.bad_request"
handler404 = "kivijalka.web.views.not_found"
handler403 = "kivijalka.web.views.forbidden"
handler500 = "kivijalka.web.views.failed"
