"""A relying party in another language and with other libraries than the example in docs/: Authlib speaks OAuth,
joserfc checks signatures, Authlib's own rules check what the tokens say.

ISSUER, CLIENT_ID, CLIENT_SECRET, AUTH_METHOD (client_secret_basic, _post or _jwt), CLIENT_KEY (a JWK, which makes it
private_key_jwt), PORT, REDIRECT_URI and SCOPE come from the environment. It ends when its standard input closes, as
it does when the test ends.
"""

import html
import json
import os
import secrets
import sys
import threading
import time
import traceback
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from authlib.oauth2.rfc9068.claims import JWTAccessTokenClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER = os.environ.get("ISSUER", "http://localhost:3000")
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
CLIENT_KEY = os.environ.get("CLIENT_KEY")
if CLIENT_KEY:
    AUTH_METHOD = "private_key_jwt"
else:
    AUTH_METHOD = os.environ.get("AUTH_METHOD", "client_secret_basic") if CLIENT_SECRET else "none"
PORT = int(os.environ.get("PORT", "4000"))
REDIRECT_URI = os.environ.get("REDIRECT_URI", f"http://localhost:{PORT}/callback")
SCOPE = os.environ.get("SCOPE", "openid profile email")
ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
COOKIE = "authlib_session"


def get_json(url, **options):
    response = requests.get(url, timeout=10, **options)
    response.raise_for_status()
    return response.json()


try:
    METADATA = get_json(f"{ISSUER}/.well-known/openid-configuration")
except requests.RequestException as problem:
    sys.exit(f"no discovery document: {problem}")
if METADATA["issuer"] != ISSUER:
    sys.exit(f"discovery speaks for {METADATA['issuer']}, not {ISSUER}")
# RFC 8414 §2: an endpoint that does not say how to authenticate means client_secret_basic.
for endpoint in ("token", "revocation"):
    if AUTH_METHOD not in METADATA.get(f"{endpoint}_endpoint_auth_methods_supported", ["client_secret_basic"]):
        sys.exit(f"{AUTH_METHOD} is not for the {endpoint} endpoint")


class Refused(Exception):
    """A sign-in that ended without anybody signed in."""

    def __init__(self, error, description=""):
        super().__init__(error)
        self.error, self.description = error, description


def client(**options):
    session = OAuth2Session(
        CLIENT_ID,
        ECKey.import_key(json.loads(CLIENT_KEY)) if CLIENT_KEY else CLIENT_SECRET,
        token_endpoint_auth_method=AUTH_METHOD,
        revocation_endpoint_auth_method=AUTH_METHOD,
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
        **options,
    )
    # Countersign takes assertions of up to five minutes; Authlib's own last an hour.
    claims = {"exp": int(time.time()) + 60}
    session.register_client_auth_method(ClientSecretJWT(METADATA["token_endpoint"], claims=dict(claims)))
    session.register_client_auth_method(PrivateKeyJWT(METADATA["token_endpoint"], claims=dict(claims), alg="ES256"))
    return session


def exactly(value):
    return {"essential": True, "value": value}


def check(tokens, nonce=None, subject=None):
    """The claims of both tokens, or an exception: signature, type, issuer, audience, times, nonce, at_hash."""
    keys = KeySet.import_key_set(get_json(METADATA["jwks_uri"]))
    present = {"essential": True}

    id_token = jwt.decode(tokens["id_token"], keys, algorithms=ALGORITHMS)
    if id_token.header.get("typ", "JWT") != "JWT":
        raise Refused("id_token", f"typ is {id_token.header['typ']}")
    claims = CodeIDToken(
        id_token.claims,
        id_token.header,
        options={"iss": exactly(ISSUER), "aud": exactly(CLIENT_ID), "sub": exactly(subject) if subject else present},
        params={"client_id": CLIENT_ID, "nonce": nonce, "access_token": tokens["access_token"]},
    )
    claims.validate()

    # An app has no business inside its access token. This one looks because the API that it would call does.
    access_token = jwt.decode(tokens["access_token"], keys, algorithms=ALGORITHMS)
    if access_token.header.get("typ") != "at+jwt":
        raise Refused("access_token", f"typ is {access_token.header.get('typ')}")
    JWTAccessTokenClaims(
        access_token.claims,
        access_token.header,
        options={
            "iss": exactly(ISSUER),
            "aud": exactly(ISSUER),
            "sub": exactly(claims["sub"]),
            "client_id": exactly(CLIENT_ID),
            **{name: present for name in ("exp", "iat", "jti")},
        },
    ).validate()
    return dict(claims), access_token.claims


def userinfo(tokens, claims):
    answer = get_json(METADATA["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"})
    if answer.get("sub") != claims["sub"]:  # OpenID Connect Core §5.3.2
        raise Refused("userinfo", "is about somebody else")
    return answer


class App(BaseHTTPRequestHandler):
    sessions = {}
    leaving = set()

    def do_GET(self):
        url = urlsplit(self.path)
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        self.session_id = cookie.value if cookie else None
        self.session = self.sessions.get(self.session_id, {})
        route = {
            "/": self.home,
            "/login": self.login,
            "/callback": self.callback,
            "/refresh": self.refresh,
            "/introspect": self.introspect,
            "/revoke": self.revoke,
            "/logout": self.logout,
            "/bye": self.bye,
        }.get(url.path)
        if route is None:
            return self.answer(404, "text/plain", "Not found")
        try:
            route({name: values[0] for name, values in parse_qs(url.query).items()})
        except Exception as problem:
            traceback.print_exc()
            error = getattr(problem, "error", type(problem).__name__)
            reason = getattr(problem, "description", None) or str(problem)
            body = f'<p id="error"><code>{html.escape(error)}</code> {html.escape(reason)}</p><p><a href="/">Back</a></p>'
            self.page(400, f"<h1>That did not work</h1>{body}")

    def home(self, _):
        session = self.session
        if "application/json" in self.headers.get("Accept", ""):
            tokens = session.get("tokens", {})
            shown = {
                "signedIn": "claims" in session,
                "claims": session.get("claims"),
                "accessTokenClaims": session.get("access_token_claims"),
                "userinfo": session.get("userinfo"),
                "accessToken": tokens.get("access_token"),
                "refreshToken": tokens.get("refresh_token"),
                "idToken": tokens.get("id_token"),
            }
            return self.answer(200, "application/json", json.dumps(shown))
        if "claims" not in session:
            return self.page(200, '<h1>Nobody is signed in</h1><p><a id="sign-in" href="/login">Sign in</a></p>')
        name = html.escape(session["userinfo"].get("name", session["claims"]["sub"]))
        email = html.escape(session["userinfo"].get("email", ""))
        self.page(
            200,
            f'<h1>Hello, <span id="name">{name}</span></h1><p id="email">{email}</p>'
            '<p><a id="refresh" href="/refresh">Refresh</a> <a id="log-out" href="/logout">Sign out of this app</a></p>',
        )

    def login(self, _):
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        url, state = client().create_authorization_url(
            METADATA["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        attempts = {**self.session.get("attempts", {}), state: (verifier, nonce)}
        self.go(url, {**self.session, "attempts": attempts})

    def callback(self, query):
        attempt = self.session.get("attempts", {}).pop(query.get("state"), None)
        if attempt is None:
            if "claims" in self.session:  # the back button, after all went well
                return self.go("/")
            raise Refused("state", "This sign-in did not begin in this browser, or is already over.")
        # RFC 9207 §2.4: Authlib leaves it to us to see who answered.
        if METADATA.get("authorization_response_iss_parameter_supported") and query.get("iss") != ISSUER:
            raise Refused("iss", "Another issuer answered.")
        if "error" in query:
            raise Refused(query["error"], query.get("error_description", ""))
        verifier, nonce = attempt
        tokens = client().fetch_token(
            METADATA["token_endpoint"],
            authorization_response=REDIRECT_URI + "?" + urlsplit(self.path).query,
            state=query["state"],
            code_verifier=verifier,
        )
        claims, access_token_claims = check(tokens, nonce=nonce)
        self.signed_in(tokens, claims, access_token_claims)

    def refresh(self, _):
        before = self.session.get("tokens", {})
        if "refresh_token" not in before:
            raise Refused("refresh_token", "There is none here. Sign in first.")
        tokens = client().refresh_token(METADATA["token_endpoint"], refresh_token=before["refresh_token"])
        tokens = {**before, **tokens}
        claims, access_token_claims = check(tokens, subject=self.session["claims"]["sub"])
        self.signed_in(tokens, claims, access_token_claims)

    def signed_in(self, tokens, claims, access_token_claims):
        session = {
            "tokens": dict(tokens),
            "claims": claims,
            "access_token_claims": access_token_claims,
            "userinfo": userinfo(tokens, claims),
        }
        self.go("/", session)

    def introspect(self, _):
        seen = {}
        for kind in ("access_token", "refresh_token"):
            answer = client().introspect_token(METADATA["introspection_endpoint"], self.session["tokens"][kind], kind)
            answer.raise_for_status()
            seen[kind] = answer.json()
        self.answer(200, "application/json", json.dumps(seen))

    def revoke(self, query):
        kind = query["token"]
        client().revoke_token(METADATA["revocation_endpoint"], self.session["tokens"][kind], kind).raise_for_status()
        self.go("/")

    def logout(self, query):
        """Out of this app; with at=issuer out of the issuer too (OpenID Connect RP-Initiated Logout)."""
        session = self.sessions.pop(self.session_id, None)
        if query.get("at") != "issuer":
            return self.go("/")
        state = secrets.token_urlsafe(16)
        self.leaving.add(state)
        hint = session["tokens"]["id_token"]
        back = {"post_logout_redirect_uri": f"http://localhost:{PORT}/bye", "id_token_hint": hint, "state": state}
        self.go(METADATA["end_session_endpoint"] + "?" + urlencode(back))

    def bye(self, query):
        if query.get("state") not in self.leaving:
            raise Refused("state", "Nobody was signing out.")
        self.leaving.remove(query["state"])
        self.page(200, "<h1>You are signed out</h1>")

    def go(self, url, session=None):
        self.send_response(302)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        if session is not None:  # under a new id, so that a planted one is worth nothing
            self.sessions.pop(self.session_id, None)
            session_id = secrets.token_urlsafe(24)
            self.sessions[session_id] = session
            self.send_header("Set-Cookie", f"{COOKIE}={session_id}; Path=/; HttpOnly; SameSite=Lax")
        self.end_headers()

    def page(self, status, body):
        head = '<meta charset="utf-8"><title>Authlib app</title><link rel="icon" href="data:,">'
        self.answer(status, "text/html", f'<!doctype html><html lang="en">{head}<main>{body}</main></html>')

    def answer(self, status, kind, body):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def end_with_the_test():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_the_test, daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", PORT), App)
print(f"listening on http://localhost:{PORT}", flush=True)
server.serve_forever()
