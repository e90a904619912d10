"""The page on which users of a pool sign in, and replace a temporary password."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body>
<h1>Sign in</h1>
{problem}<form method="post">
{fields}<p><button type="submit">Sign in</button></p>
</form>
</body>
</html>
"""
_FIELD = """<p><label>{label}<br>
<input name="{name}" type="{kind}" value="{value}" required></label></p>
"""
_KEPT = '<input name="{name}" type="hidden" value="{value}">\n'


def page(problem: str = "", username: str = "", session: str = "") -> str:
    """HTML; with a `session` it asks for a new password alone."""
    if session:
        fields = _KEPT.format(name="username", value=escape(username))
        fields += _KEPT.format(name="session", value=escape(session))
        fields += _field("New password", "new_password", "password")
    else:
        fields = _field("Name", "username", "text", username)
        fields += _field("Password", "password", "password")
    told = f'<p role="alert">{escape(problem)}</p>\n' if problem else ""
    return _PAGE.format(problem=told, fields=fields)


def _field(label: str, name: str, kind: str, value: str = "") -> str:
    return _FIELD.format(label=label, name=name, kind=kind, value=escape(value))
