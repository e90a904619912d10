"""What the endpoints of a pool's domain refuse, in the words of OAuth."""

from __future__ import annotations


class OAuthError(Exception):
    """The request is refused with one of the protocol's words, such as `invalid_grant`.

    https://www.rfc-editor.org/rfc/rfc6749#section-5.2
    """
