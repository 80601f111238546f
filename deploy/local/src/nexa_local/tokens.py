"""The local stack's identity provider: an EdDSA key, its public key set, and the tokens signed with it."""

import base64
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm

ISSUER = "nexa"
AUDIENCE = "nexa"
KEY_ID = "local"


def ensure_keys(directory: Path) -> tuple[Path, Path]:
    """The signing key (its owner's alone) and the key set that services verify with; made at the first call."""
    signing, key_set = directory / "signing.pem", directory / "jwks.json"
    if not signing.exists():
        directory.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        signing.touch(mode=0o600)
        signing.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private = load_pem_private_key(signing.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"{signing} holds no Ed25519 key; remove it, and a new one is made")
    public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    key_set.write_text(json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]}))
    return signing, key_set


def links_secret(signing: Path) -> str:
    """What the links in marketing mails are signed with: the same as long as the signing key is."""
    return hashlib.sha256(b"links in mails\0" + signing.read_bytes()).hexdigest()


def webhook_secret(signing: Path) -> str:
    """What CI systems sign their webhooks with, as Standard Webhooks writes secrets: the same as long as the signing key is."""
    secret = hashlib.sha256(b"webhooks of deployments\0" + signing.read_bytes()).digest()
    return f"whsec_{base64.b64encode(secret).decode()}"


def mint(signing: Path, *, subject: str, roles: Sequence[str], seconds: int = 8 * 3600) -> str:
    """A bearer token for this person in these roles, good for so long on the wall clock."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "roles": list(roles),
        "iat": now,
        "exp": now + seconds,
    }
    return jwt.encode(claims, signing.read_bytes(), algorithm="EdDSA", headers={"kid": KEY_ID})
