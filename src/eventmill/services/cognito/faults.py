"""Cognito's own error answers; all of them have the status 400."""

from __future__ import annotations

from eventmill.kernel.errors import Invalid


def parameter(message: str) -> Invalid:
    """A parameter that is not valid."""
    return Invalid("InvalidParameterException", message)


def missing(message: str) -> Invalid:
    """A resource that does not exist."""
    return Invalid("ResourceNotFoundException", message)


def not_authorized(message: str) -> Invalid:
    """The caller has not shown that it may."""
    return Invalid("NotAuthorizedException", message)


def wrong_password() -> Invalid:
    """Which of the two it is, is not told."""
    return not_authorized("Incorrect username or password.")


def no_user() -> Invalid:
    """The pool has no such user."""
    return Invalid("UserNotFoundException", "User does not exist.")


def not_migrated(client: str) -> Invalid:
    """UserMigration does not know the user either."""
    return Invalid("UserNotFoundException", f"Exception migrating user in app client {client}")


def no_group() -> Invalid:
    """The pool has no such group."""
    return missing("Group not found.")


def taken(message: str = "User already exists") -> Invalid:
    """The name of a new user is somebody's."""
    return Invalid("UsernameExistsException", message)


def alias_taken(attribute: str) -> Invalid:
    """An alias is another user's."""
    return Invalid("AliasExistsException", f"An account with the {attribute} already exists.")


def bad_password(why: str) -> Invalid:
    """A new password that the pool's policy does not allow."""
    return Invalid(
        "InvalidPasswordException", f"Password did not conform with policy: Password {why}"
    )


def unconfirmed() -> Invalid:
    """The user has not confirmed its sign-up."""
    return Invalid("UserNotConfirmedException", "User is not confirmed.")


def reset_required() -> Invalid:
    """The user must set a new password first."""
    return Invalid("PasswordResetRequiredException", "Password reset required for the user")


def wrong_code() -> Invalid:
    """A code that was not sent."""
    return Invalid("CodeMismatchException", "Invalid verification code provided, please try again.")


def expired_code() -> Invalid:
    """A code that is too old, or was used."""
    return Invalid("ExpiredCodeException", "Invalid code provided, please request a code again.")


def rejected(trigger: str, why: str) -> Invalid:
    """A trigger's function raised an error: its words go to the client."""
    return Invalid("UserLambdaValidationException", f"{trigger} failed with error {why}.")


def unexpected(trigger: str, why: str) -> Invalid:
    """A trigger's function could not be run, or did not answer in time."""
    return Invalid("UnexpectedLambdaException", f"{trigger} invocation failed due to error {why}.")


def bad_answer(why: str) -> Invalid:
    """A trigger's function answered something else than it may."""
    return Invalid("InvalidLambdaResponseException", why)
