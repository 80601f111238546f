"""Who asks: bearer tokens, signed with EdDSA and verified against a key set in a file."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import jwt
import orjson

from nexa_chassis.http.problems import Problem

AUDIENCE = "nexa"
LEEWAY_SECONDS = 10
REMEMBERED_TOKENS = 10_000
RECHECK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Identity:
    """The subject of a verified token and the roles it grants."""

    subject: str
    roles: frozenset[str]


ANYONE = Identity("public", frozenset())


def unauthorized(detail: str) -> Problem:
    """The caller is not known: 401, with what is wrong in the challenge."""
    challenge = f'Bearer realm="nexa", error="invalid_token", error_description="{detail}"'
    return Problem(401, detail, kind="unauthorized", title="Not authenticated", headers={"www-authenticate": challenge})


def forbidden(identity: Identity, allowed: frozenset[str]) -> Problem:
    """The caller is known and may not do this: 403."""
    wanted = " or ".join(sorted(allowed))
    held = ", ".join(sorted(identity.roles)) or "none"
    return Problem(
        403,
        f"This needs the role {wanted}; the token's roles: {held}.",
        kind="forbidden",
        title="Not allowed",
        headers={"www-authenticate": 'Bearer realm="nexa", error="insufficient_scope"'},
    )


class KeySet:
    """The public keys of a JWKS file by their `kid`, read again when the file changes."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._checked = float("-inf")
        self._keys: dict[str, jwt.PyJWK] = {}

    def refresh(self) -> bool:
        """Look at the file, at most once a second; True if the keys are other ones now."""
        now = time.monotonic()
        if now - self._checked < RECHECK_SECONDS:
            return False
        self._checked = now
        if self._file is None:
            raise self._unavailable("NEXA_JWKS_FILE is not set")
        try:
            status = self._file.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen == self._seen:
                return False
            self._keys = {
                key["kid"]: jwt.PyJWK.from_dict(key, "EdDSA") for key in orjson.loads(self._file.read_bytes())["keys"]
            }
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
            raise self._unavailable(f"{self._file.name} cannot be read: {type(error).__name__}") from error
        self._seen = seen
        return True

    def key(self, kid: object) -> jwt.PyJWK:
        """Raises the 401 that names a key nobody knows."""
        found = self._keys.get(kid) if isinstance(kid, str) else None
        if found is None:
            raise unauthorized("The token is signed with an unknown key.")
        return found

    def _unavailable(self, reason: str) -> Problem:
        self._checked = float("-inf")
        return Problem(
            503,
            f"Tokens cannot be verified: {reason}.",
            kind="unavailable",
            title="Temporarily unavailable",
            headers={"retry-after": "5"},
        )


class Verifier:
    """Turns a bearer token into an identity. A verified token is remembered, as its hash, until it expires."""

    def __init__(self, keys: KeySet, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._remembered: dict[bytes, tuple[Identity, float]] = {}

    def identify(self, authorization: str | None) -> Identity:
        """The identity behind an Authorization header; raises the 401 that says what is wrong with it."""
        if authorization is None:
            raise unauthorized("Send a bearer token in the Authorization header.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("The Authorization header is not of the form 'Bearer <token>'.")
        if self._keys.refresh():
            self._remembered.clear()
        digest = hashlib.sha256(token.encode()).digest()
        known = self._remembered.get(digest)
        if known is not None and time.time() < known[1]:
            return known[0]
        identity, expires = self._verify(token)
        while len(self._remembered) >= REMEMBERED_TOKENS:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = (identity, expires)
        return identity

    def _verify(self, token: str) -> tuple[Identity, float]:
        try:
            key = self._keys.key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise unauthorized("The token has expired; get a new one.") from None
        except jwt.PyJWTError as error:
            raise unauthorized(f"The token is not valid: {type(error).__name__}.") from None
        roles = claims.get("roles", [])
        if not claims["sub"] or not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise unauthorized("The token lacks a subject or its roles are not a list of names.")
        return Identity(claims["sub"], frozenset(roles)), float(claims["exp"]) + LEEWAY_SECONDS
