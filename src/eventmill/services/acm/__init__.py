"""AWS Certificate Manager: certificates as records, since listeners speak HTTP here."""

from __future__ import annotations

from eventmill.services.contract import Call, Resource, Service, absent
from eventmill.services.records import RecordType, resource_types, schema

__all__ = ["SERVICE"]

_TABLE = "acm_records"


def _arn(call: Call, resource: Resource) -> str:
    return f"arn:aws:acm:{call.region}:{call.account}:certificate/{call.ids.uuid()}"


_KINDS = (
    RecordType(
        "AWS::CertificateManager::Certificate",
        _arn,
        (
            "CertificateAuthorityArn",
            "CertificateExport",
            "CertificateTransparencyLoggingPreference",
            "DomainName",
            "DomainValidationOptions",
            "KeyAlgorithm",
            "SubjectAlternativeNames",
            "Tags",
            "ValidationMethod",
        ),
        lambda number, given, region: {"CertificateArn": number},
    ),
)

SERVICE = Service("acm", {}, (schema(_TABLE),), resource_types(_KINDS, _TABLE, absent("acm")))
