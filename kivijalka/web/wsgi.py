"""What granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from kivijalka.register.garbage import collect_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kivijalka.web.settings")
application = get_wsgi_application()
collect_seldom()
