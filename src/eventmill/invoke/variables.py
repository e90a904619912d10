"""The environment variables of an execution environment.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import os
from pathlib import Path

from eventmill.invoke.settings import InvokeSettings
from eventmill.kernel.functions import FunctionSpec

_MODULES = Path(__file__).parent / "node" / "modules"
"""What Lambda offers code in templates."""


def variables(
    spec: FunctionSpec,
    settings: InvokeSettings,
    api: str,
    stream: str,
    temporary: Path,
    initialization: str,
) -> dict[str, str]:
    """What the function sees; its own variables never override Lambda's."""
    layers = [str(layer) for layer in spec.layers]
    values = dict(spec.environment)
    values |= {
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": settings.secret_key,
        "AWS_SESSION_TOKEN": settings.session_token,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization,
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "_HANDLER": spec.handler,
        "LAMBDA_TASK_ROOT": str(spec.code),
        "LAMBDA_RUNTIME_DIR": str(spec.code),
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": os.pathsep.join(
            [*(f"{layer}/bin" for layer in layers), os.environ.get("PATH", os.defpath)]
        ),
        "TMPDIR": str(temporary),
        "HOME": str(temporary),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": settings.xray_address,
        "_AWS_XRAY_DAEMON_ADDRESS": settings.xray_address.partition(":")[0],
        "_AWS_XRAY_DAEMON_PORT": settings.xray_address.partition(":")[2],
        "PYTHONUNBUFFERED": "1",
    }
    values.setdefault("AWS_ENDPOINT_URL", settings.endpoint())
    # For handlers that build `https://{domainName}/{stage}` from their event, with an SDK of AWS
    # or without.
    values.setdefault("AWS_CA_BUNDLE", str(settings.bundle))
    values.setdefault("SSL_CERT_FILE", str(settings.bundle))
    if spec.runtime.startswith("nodejs"):
        values.setdefault("NODE_EXTRA_CA_CERTS", str(settings.authority))
        values["NODE_PATH"] = os.pathsep.join(_node_path(spec, layers))
    if not spec.runtime.startswith("provided"):
        values["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    libraries = [f"{layer}/lib" for layer in layers if _has_libraries(Path(layer, "lib"))]
    if libraries or _has_libraries(spec.code / "lib"):
        libraries = [str(spec.code), str(spec.code / "lib"), *libraries]
        values["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
    port = settings.extension_port()
    if port is not None:
        values["PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"] = str(port)
    if spec.log_format == "JSON":
        values["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        values["AWS_LAMBDA_LOG_LEVEL"] = spec.application_log_level or "INFO"
    return values


def _has_libraries(folder: Path) -> bool:
    """Whether shared libraries lie in it. Many have modules in one of that name."""
    return any(folder.glob("*.so*"))


def _node_path(spec: FunctionSpec, layers: list[str]) -> list[str]:
    """Where packages are looked for beside the function's own; for ES modules see layers.mjs."""
    version = spec.runtime.removeprefix("nodejs").partition(".")[0]
    entries = [f"{layer}/nodejs/node{version}/node_modules" for layer in layers]
    entries += [f"{layer}/nodejs/node_modules" for layer in layers]
    return [*entries, str(spec.code), str(_MODULES)]


def search_path(spec: FunctionSpec, version: str) -> tuple[str, ...]:
    """The entries of sys.path before the interpreter's own: code, then layers in their order."""
    entries = [str(spec.code)]
    for layer in spec.layers:
        entries += [
            str(layer / "python"),
            str(layer / "python" / "lib" / f"python{version}" / "site-packages"),
        ]
    return tuple(entries)
