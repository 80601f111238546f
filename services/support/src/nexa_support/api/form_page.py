"""The public form as a page: plain HTML that works without scripts, fetches nothing and stands in nobody's frame."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from uuid import uuid4

from fastapi.responses import HTMLResponse

from nexa_chassis.http.problems import FieldError

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
body, input, textarea { color: #1a1a1a; background: #fff; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input, textarea { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; border: 1px solid #595959; }
input:focus, textarea:focus, button:focus { outline: 3px solid #0b57d0; outline-offset: 1px; }
button { margin-top: 1.5rem; font: inherit; padding: .6rem 1.5rem; color: #fff; background: #0b57d0; border: 0; }
.wrong { color: #b3261e; }
.aside { position: absolute; left: -9999px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_FIELDS = (
    ("name", "Your name", 'autocomplete="name" maxlength="200" required'),
    ("email", "Your e-mail address", 'type="email" autocomplete="email" maxlength="200" required'),
    ("subject", "What is it about?", 'maxlength="200" required'),
    ("description", "What happened?", 'rows="8" maxlength="20000" required'),
    ("impact", "What does it keep you from doing? (optional)", 'maxlength="200"'),
    ("product_version", "Version of the product (optional)", 'maxlength="50"'),
)


def form_page(
    values: Mapping[str, str] | None = None, errors: Sequence[FieldError] = (), *, said: str = "", status: int = 200
) -> HTMLResponse:
    """The form, empty or as it was filled in, with what is wrong beside each field. Files have to be chosen again."""
    given = values or {}
    wrong = {error.field.removeprefix("body."): error.message for error in errors}
    alert = f'<p class="wrong" role="alert">{escape(said)}</p>' if said else ""
    fields = "".join(_field(*each, given.get(each[0], ""), wrong.get(each[0])) for each in _FIELDS)
    files = _row(
        "files", "Files (optional, at most 10 MB each)", '<input id="files" name="files" type="file" multiple{}>', wrong
    )
    body = f"""<h1>Report something to support</h1>{alert}
<form method="post" action="tickets" enctype="multipart/form-data">
{fields}{files}
<div class="aside" aria-hidden="true"><label for="website">Leave this empty</label>
<input id="website" name="website" tabindex="-1" autocomplete="off"></div>
<input type="hidden" name="form_id" value="{escape(given.get("form_id") or str(uuid4()))}">
<button type="submit">Send</button>
</form>"""
    return _page("Report something to support" if not said else f"Not sent: {said}", body, status)


def thanks_page(message: str, reference: str) -> HTMLResponse:
    body = (
        f"<h1>{escape(message)}</h1><p>Your reference is <strong>{escape(reference)}</strong>. We answer by e-mail.</p>"
    )
    return _page(message, body, 202)


def _field(name: str, label: str, attributes: str, value: str, wrong: str | None) -> str:
    shown = escape(value)
    if name == "description":
        control = f'<textarea id="{name}" name="{name}" {attributes}{{}}>{_literal(shown)}</textarea>'
    else:
        control = f'<input id="{name}" name="{name}" {attributes} value="{_literal(shown)}"{{}}>'
    return _row(name, label, control, {} if wrong is None else {name: wrong})


def _row(name: str, label: str, control: str, wrong: Mapping[str, str]) -> str:
    shown = f'<label for="{name}">{escape(label)}</label>'
    if name not in wrong:
        return shown + control.format("")
    told = f'<span class="wrong" id="{name}-wrong">{escape(wrong[name])}</span>'
    return shown + control.format(f' aria-invalid="true" aria-describedby="{name}-wrong"') + told


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _page(title: str, body: str, status: int) -> HTMLResponse:
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body><main>{body}</main></body></html>"""
    return HTMLResponse(page, status, _HEADERS)
