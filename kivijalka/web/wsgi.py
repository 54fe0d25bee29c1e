"""What granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kivijalka.web.settings")
application = get_wsgi_application()
# What was imported stays to the end: the collector of garbage need not go through it again and again.
gc.collect()
gc.freeze()
