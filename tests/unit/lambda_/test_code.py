from __future__ import annotations

from eventmill.services.lambda_ import code_folders

from .conftest import Service, archive


def test_the_sweep_keeps_what_functions_and_layers_use(service: Service) -> None:
    layer = service("PublishLayerVersion", LayerName="l", Content={"ZipFile": archive({"a": "1"})})[
        "LayerVersionArn"
    ]
    service.function(Layers=[layer], Publish=True)
    service("UpdateFunctionCode", FunctionName="f", ZipFile=archive({"app.py": "2"}))
    store = service.context.code

    def swept() -> int:
        gone = store.sweep(code_folders(service.tx))
        store.remove(gone)
        return sum(not folder.exists() for folder in gone)

    assert swept() == 0
    service("DeleteLayerVersion", LayerName="l", VersionNumber=1)
    assert swept() == 0
    service("DeleteFunction", FunctionName="f", Qualifier="1")
    assert swept() == 1
    service("DeleteFunction", FunctionName="f")
    assert swept() == 2
