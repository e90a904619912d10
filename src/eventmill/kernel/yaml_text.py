"""YAML as AWS's services read it. Import it only when there is YAML to read: it takes a while."""

from __future__ import annotations

import yaml


class Loader(yaml.SafeLoader):
    """Dates stay texts, as JSON has them: `2012-10-17` is a policy's version, not a day."""


Loader.yaml_implicit_resolvers = {
    first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
