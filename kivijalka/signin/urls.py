"""Addresses of signing in: our own, and those of the library that are used here, each by itself."""

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount.providers.openid_connect import views as provider
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from kivijalka.signin import token_views, views
from kivijalka.signin.views import page

urlpatterns = [
    path("account/", views.account, name="my-account"),
    path("account/", views.account, name="mfa_index"),
    path("account/", views.account, name="mfa_list_webauthn"),
    path("account/sessions/", views.end_sessions, name="end-sessions"),
    path("account/tokens/", token_views.my_tokens, name="my-tokens"),
    path("account/tokens/revoke/", token_views.revoke_token, name="revoke-token"),
    path("account/new-device/", views.seen_new_device, name="seen-new-device"),
    path("account/password-again/", page(account.reauthenticate), name="account_reauthenticate"),
    path("account/code-again/", page(second.reauthenticate), name="mfa_reauthenticate"),
    path("account/passkey-again/", page(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("account/app/", page(app.activate_totp), name="mfa_activate_totp"),
    path("account/app/end/", page(app.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", page(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", page(recovery.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("account/passkeys/new/", page(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", page(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/end/", page(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("sign-in/code/", page(second.authenticate), name="mfa_authenticate"),
    path("sign-in/passkey/", login_not_required(page(passkeys.login_webauthn)), name="mfa_login_webauthn"),
    path("sign-in/with/<slug:provider_id>/", page(provider.login), name="openid_connect_login"),
    path("sign-in/with/<slug:provider_id>/back/", page(provider.callback), name="openid_connect_callback"),
]
