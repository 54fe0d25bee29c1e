"""Settings of the site, all from the environment. `KIVIJALKA_MODE` is demo, serve or test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parents[2]
MODE = os.environ.get("KIVIJALKA_MODE", "serve")
DEMO, TESTING = MODE == "demo", MODE == "test"


def database(address: str) -> dict[str, Any]:
    """A postgresql:// address as Django's settings. A socket's folder is given as ?host=/folder."""
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:port/name.")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", unquote(parts.hostname or "")),
        "PORT": query.get("port", str(parts.port or "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Seconds, and milliseconds, after which a server that answers nothing at all counts as gone.
            "connect_timeout": 5,
            "tcp_user_timeout": 30_000,
            # A machine that lost its power in the middle of a transaction keeps neither locks nor the sealing for hours.
            "options": "-c idle_in_transaction_session_timeout=5min",
        },
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql://kj_app@localhost/kivijalka"))}
SECRET_KEY = os.environ.get("KIVIJALKA_SECRET_KEY", "")
if not SECRET_KEY:
    if MODE == "serve" and "DATABASE_URL" in os.environ:
        raise ImproperlyConfigured("KIVIJALKA_SECRET_KEY is empty. Give a random text of at least 50 characters.")
    SECRET_KEY = "only-for-commands-that-serve-nobody-" + "0" * 40
# Signs the seals of the trail; kept apart from the database and from its backups.
SEAL_KEY = os.environ.get("KIVIJALKA_SEAL_KEY", "")
ALLOWED_HOSTS = os.environ.get("KIVIJALKA_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
DEBUG = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "kivijalka.register",
    "kivijalka.areas",
    "kivijalka.organisation",
    "kivijalka.policy",
    "kivijalka.objectives",
    "kivijalka.escalations",
    "kivijalka.publishing",
    "kivijalka.actions",
    "kivijalka.controls",
    "kivijalka.risks",
    "kivijalka.monitoring",
    "kivijalka.programmes",
    "kivijalka.insurance",
    "kivijalka.losses",
    "kivijalka.events",
    "kivijalka.findings",
    "kivijalka.desk",
    "kivijalka.reports",
    "kivijalka.meetings",
    "kivijalka.exchange",
    "kivijalka.signin",
    "kivijalka.workshops",
    "kivijalka.example",
    "kivijalka.web",
]
AUTH_USER_MODEL = "organisation.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A list of fifty rows is 70 kB of text and 9 kB over the wire; Django's own padding guards the form tokens.
    "kivijalka.web.sending.PackingMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "kivijalka.web.sending.SizeMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "kivijalka.web.sending.DraftsMiddleware",
    "kivijalka.web.middleware.ActingMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kivijalka.web.sending.SendingMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "kivijalka.web.urls"
WSGI_APPLICATION = "kivijalka.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "kivijalka/register/ui/templates", ROOT / "kivijalka/web/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "kivijalka.web.frame.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "fi"
LANGUAGES = [("fi", "suomi"), ("sv", "svenska"), ("en", "English")]
LOCALE_PATHS = [ROOT / "kivijalka/locale"]
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N, USE_TZ, TIME_ZONE = True, True, "Europe/Helsinki"
FORMAT_MODULE_PATH = "kivijalka.web.formats"

STATIC_URL, STATIC_ROOT = "/static/", ROOT / "static"
STATICFILES_DIRS = [ROOT / "kivijalka/register/ui/static"]
if not TESTING:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

LOGIN_URL, LOGIN_REDIRECT_URL = "sign-in", "/"
# Accounts are made by the city, never by whoever comes; guessing is slowed down in kivijalka/signin/throttle.py.
ACCOUNT_ADAPTER = "kivijalka.signin.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD, ACCOUNT_LOGIN_METHODS = None, {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION, ACCOUNT_RATE_LIMITS = "none", False
ACCOUNT_FORMS = {"reauthenticate": "kivijalka.signin.forms.PasswordAgain"}
SOCIALACCOUNT_ADAPTER = "kivijalka.signin.adapters.ProviderAdapter"
# Leads away at once: a form that leads to another site is what the Content-Security-Policy stops.
SOCIALACCOUNT_LOGIN_ON_GET = True
MFA_ADAPTER = "kivijalka.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES, MFA_PASSKEY_LOGIN_ENABLED = ["totp", "recovery_codes", "webauthn"], True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = MODE != "serve"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Kivijalka"
MFA_FORMS = {
    "authenticate": "kivijalka.signin.forms.Code",
    "reauthenticate": "kivijalka.signin.forms.CodeAgain",
    "activate_totp": "kivijalka.signin.forms.FirstCode",
    "add_webauthn": "kivijalka.signin.forms.NewPasskey",
    "edit_webauthn": "kivijalka.signin.forms.PasskeyName",
}
# The city's identity provider, where there is one.
OIDC = {name: os.environ.get(f"KIVIJALKA_OIDC_{name}", "") for name in ("URL", "CLIENT_ID", "SECRET", "NAME")}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "city",
                "name": OIDC["NAME"] or "OpenID Connect",
                "client_id": OIDC["CLIENT_ID"],
                "secret": OIDC["SECRET"],
                "settings": {"server_url": OIDC["URL"]},
            }
        ]
        if OIDC["URL"]
        else [],
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MODE == "serve"
CSRF_FAILURE_VIEW = "kivijalka.web.views.forged"
SESSION_COOKIE_AGE = 12 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
BEHIND_PROXY = os.environ.get("KIVIJALKA_BEHIND_PROXY") == "1"
SECURE_SSL_REDIRECT = MODE == "serve" and not BEHIND_PROXY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if MODE == "serve" else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# Letters: the city's mail server, who they are from, and the address of the site that their links lead to.
SMTP = urlsplit(os.environ.get("KIVIJALKA_SMTP_URL", ""))
EMAIL_HOST, EMAIL_PORT = SMTP.hostname or "", SMTP.port or {"smtps": 465, "smtp+tls": 587}.get(SMTP.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(SMTP.username or ""), unquote(SMTP.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = SMTP.scheme == "smtps", SMTP.scheme == "smtp+tls"
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = os.environ.get("KIVIJALKA_EMAIL_FROM", "")
SITE_URL = os.environ.get("KIVIJALKA_SITE_URL", "").rstrip("/")
# Where the trail's checkpoint goes every day: e-mail addresses and https://…, with commas between them.
CHECKPOINT_TO = [to.strip() for to in os.environ.get("KIVIJALKA_CHECKPOINT_TO", "").split(",") if to.strip()]
# Networks that are not public and yet sent to: for tests, refused where the site serves.
WEBHOOK_NETWORKS = [one for one in os.environ.get("KIVIJALKA_WEBHOOK_NETWORKS", "").split(",") if one]

# What breaks is told on the standard error with its place in the code; a refusal is an answer and nothing to report.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"away": {"()": "kivijalka.web.away.InOneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR", "filters": ["away"]},
    },
}

# Each room's jobs.py; a job is a row of the database, so it is there if and only if what asked for it is.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
LANGUAGES_IN_WORDS = {"fi": _("Finnish"), "sv": _("Swedish"), "en": _("English")}
