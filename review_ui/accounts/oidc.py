"""The only door to Authlib: logging in with the organisation's login service (OpenID Connect). Only people whom an
admin has created get in.
"""

import os
from pathlib import Path
from typing import Any, Final

from flask import Flask, request, session, url_for
from flask.typing import ResponseReturnValue

from review_ui.accounts.context import AccountContext, first_screen, logged_in
from review_ui.http.access import for_everybody
from scanform.errors import MissingProgramError, UsageError, words

SECRET_VARIABLE: Final = "SCANFORM_OIDC_SECRET"  # noqa: S105  (the name of a variable, not a secret)

WAIT_S: Final = 10
"""Timeout of the login service, in seconds."""


def add_oidc(app: Flask, context: AccountContext) -> None:
    """Add the redirect to the login service and back. Raises MissingProgramError or UsageError when a prerequisite is
    missing.
    """
    service = _service(app, context)

    @app.get("/login/oidc")
    @for_everybody
    def login_elsewhere() -> ResponseReturnValue:
        try:
            # Authlib publishes no types
            return service.authorize_redirect(url_for("back_from_elsewhere", _external=True))  # type: ignore[no-any-return]
        except _problems():
            return _refused(context)

    @app.get("/login/oidc/back")
    @for_everybody
    @context.throttle.slow
    def back_from_elsewhere() -> ResponseReturnValue:
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and "again" not in request.args:
            return _once_more(
                context
            )  # the cookie is SameSite=Strict: browsers send it only with requests that start on this site
        try:
            claims = service.authorize_access_token()["userinfo"]
        except _problems():
            context.desk.log("login-failed", None, "oidc")
            return _refused(context)
        return _let_in(context, claims)


def _let_in(context: AccountContext, claims: Any) -> ResponseReturnValue:
    email = claims.get("email", "") if claims.get("email_verified") is True else ""
    account = context.desk.known_elsewhere(f"{claims['iss']}|{claims['sub']}", str(email))
    if account is None or not account.active:
        context.desk.log("login-failed", account, "oidc")
        return _refused(context)
    return logged_in(context, account, lambda: context.go(first_screen()))


def _refused(context: AccountContext) -> ResponseReturnValue:
    session.clear()
    return context.show("login.html", 401, next="", name="", problem=context.word("wrong-elsewhere"))


def _once_more(context: AccountContext) -> ResponseReturnValue:
    return context.show("account_onward.html", onward=f"{request.full_path}&again=1")


def _problems() -> tuple[type[Exception], ...]:
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    return AuthlibBaseError, JoseError, RequestException, KeyError


def _service(app: Flask, context: AccountContext) -> Any:
    config = context.desk.config
    try:
        from authlib.integrations.flask_client import OAuth
    except ImportError as error:
        raise MissingProgramError(
            words("accounts.oidc-library"), remedy=words("accounts.oidc-library-remedy")
        ) from error
    return OAuth(app).register(
        "service",
        client_id=config.client_id,
        client_secret=_secret(context),
        server_metadata_url=f"{config.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": WAIT_S},
    )


def _secret(context: AccountContext) -> str:
    named = context.desk.config.secret_file
    try:
        found = (
            (context.desk.folder / Path(named)).read_text(encoding="utf-8").strip()
            if named
            else os.environ.get(SECRET_VARIABLE, "")
        )
    except OSError:
        found = ""
    if not found:
        raise UsageError(words("accounts.oidc-secret"), remedy=words("accounts.oidc-secret-remedy"))
    return found
