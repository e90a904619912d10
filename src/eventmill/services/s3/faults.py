"""S3's own error answers."""

from __future__ import annotations

from eventmill.kernel.errors import Conflict, Fault, Invalid, NotFound


def no_such_bucket(name: str) -> Fault:
    """404"""
    return NotFound(
        "NoSuchBucket", "The specified bucket does not exist", fields={"BucketName": name}
    )


def no_such_key(key: str) -> Fault:
    """404"""
    return NotFound("NoSuchKey", "The specified key does not exist.", fields={"Key": key})


def no_such_version(key: str, version: str) -> Fault:
    """404"""
    return NotFound(
        "NoSuchVersion",
        "The specified version does not exist.",
        fields={"Key": key, "VersionId": version},
    )


def no_such_upload(upload: str) -> Fault:
    """404"""
    return NotFound(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have"
        " been aborted or completed.",
        fields={"UploadId": upload},
    )


def bucket_not_empty(name: str) -> Fault:
    """409"""
    return Conflict(
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
        fields={"BucketName": name},
    )


def precondition_failed(condition: str) -> Fault:
    """412"""
    return Fault(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        status=412,
        fields={"Condition": condition},
    )


def malformed() -> Fault:
    """400"""
    return Invalid(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def invalid(message: str) -> Fault:
    """400"""
    return Invalid("InvalidRequest", message)


def not_implemented(why: str) -> Fault:
    """501"""
    return Fault(
        "NotImplemented",
        f"A header you provided implies functionality that is not implemented: {why}",
        status=501,
    )


def argument(message: str, name: str, value: object) -> Fault:
    """400"""
    return Invalid(
        "InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": value}
    )
