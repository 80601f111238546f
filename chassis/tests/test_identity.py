"""Who a token says the caller is, and every way it can fail to say so."""

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from nexa_chassis.http import identity
from nexa_chassis.http.identity import Identity, KeySet, Verifier
from nexa_chassis.http.problems import Problem
from nexa_chassis.running import Signer


@pytest.fixture
def jwks(tmp_path: Path) -> Path:
    return tmp_path / "jwks.json"


@pytest.fixture
def signer(jwks: Path) -> Signer:
    signer = Signer()
    signer.publish(jwks)
    return signer


@pytest.fixture
def verifier(jwks: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> Verifier:
    monkeypatch.setattr(identity, "RECHECK_SECONDS", 0.0)
    return Verifier(KeySet(jwks), "nexa")


def test_a_good_token_tells_subject_and_roles(verifier: Verifier, signer: Signer) -> None:
    found = verifier.identify(f"Bearer {signer.token('clerk', 'auditor', subject='maria')}")
    assert found == Identity("maria", frozenset({"clerk", "auditor"}))
    assert verifier.identify(f"bearer {signer.token()}").roles == frozenset()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "elsewhere"},
        {"iss": "somebody"},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
        {"exp": 1},
        {"nbf": 4102444800},
        {"roles": "admin"},
        {"roles": [1]},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_nobodys(verifier: Verifier, signer: Signer, claims: dict[str, Any]) -> None:
    assert_unauthorized(verifier, f"Bearer {signer.token('clerk', **claims)}")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic bWFyaWE6eA==", "Bearer not.a.token", "Bearer a.b"]
)
def test_what_is_no_token_is_nobodys(verifier: Verifier, header: str | None) -> None:
    assert_unauthorized(verifier, header)


def test_a_token_signed_by_a_stranger_under_a_known_key_id_is_nobodys(verifier: Verifier) -> None:
    assert_unauthorized(verifier, f"Bearer {Signer().token('admin')}")


def test_a_token_that_names_an_unknown_key_is_nobodys(verifier: Verifier) -> None:
    assert_unauthorized(verifier, f"Bearer {Signer('other').token('admin')}")


def test_a_token_without_a_signature_or_with_a_shared_secret_is_nobodys(verifier: Verifier, jwks: Path) -> None:
    claims = {"sub": "maria", "aud": "nexa", "iss": "nexa", "exp": 4102444800, "roles": ["admin"]}
    assert_unauthorized(verifier, f"Bearer {jwt.encode(claims, '', 'none', {'kid': 'test'})}")
    public = json.loads(jwks.read_text())["keys"][0]["x"] * 2
    assert_unauthorized(verifier, f"Bearer {jwt.encode(claims, public, 'HS256', {'kid': 'test'})}")


def test_a_remembered_token_ends_when_it_expires(
    verifier: Verifier, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"Bearer {signer.token('clerk', seconds=60)}"
    verifier.identify(token)
    later = time.time() + 60 + identity.LEEWAY_SECONDS + 1
    verifier.identify(token)
    monkeypatch.setattr("nexa_chassis.http.identity.time.time", lambda: later)
    known = dict(verifier._remembered)
    assert known
    assert all(expires < later for _, expires in known.values())


def test_a_key_that_is_replaced_ends_the_tokens_it_signed(verifier: Verifier, signer: Signer, jwks: Path) -> None:
    token = f"Bearer {signer.token('clerk')}"
    verifier.identify(token)
    successor = Signer("next")
    successor.publish(jwks)
    assert_unauthorized(verifier, token)
    assert verifier.identify(f"Bearer {successor.token('clerk')}").roles == {"clerk"}


def test_a_key_that_is_added_is_taken_up(verifier: Verifier, signer: Signer, jwks: Path) -> None:
    second = Signer("second")
    second.publish(jwks.with_name("second.json"))
    keys = [json.loads(file.read_text())["keys"][0] for file in (jwks, jwks.with_name("second.json"))]
    verifier.identify(f"Bearer {signer.token('clerk')}")
    jwks.write_text(json.dumps({"keys": keys}))
    assert verifier.identify(f"Bearer {signer.token('clerk')}").roles == {"clerk"}
    assert verifier.identify(f"Bearer {second.token('clerk')}").roles == {"clerk"}


@pytest.mark.parametrize("content", [None, "", "{}", '{"keys": [{"kid": "a"}]}', '{"keys": 3}'], ids=repr)
def test_without_readable_keys_nobody_is_let_in_and_the_caller_told_to_come_back(
    tmp_path: Path, signer: Signer, content: str | None
) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Problem) as raised:
        Verifier(KeySet(file), "nexa").identify(f"Bearer {signer.token('clerk')}")
    assert raised.value.status == 503
    assert (raised.value.headers or {})["retry-after"]


def test_only_so_many_tokens_are_remembered(
    verifier: Verifier, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REMEMBERED_TOKENS", 3)
    for name in "abcdef":
        verifier.identify(f"Bearer {signer.token(subject=name)}")
    assert [found.subject for found, _ in verifier._remembered.values()] == ["d", "e", "f"]


def assert_unauthorized(verifier: Verifier, header: str | None) -> None:
    with pytest.raises(Problem) as raised:
        verifier.identify(header)
    assert raised.value.status == 401
    assert 'error="invalid_token"' in (raised.value.headers or {})["www-authenticate"]
