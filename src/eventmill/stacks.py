"""Deploying templates: what a deployment needs of the running engine, joined."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from eventmill import joins
from eventmill.config import Settings
from eventmill.deploy import Deployer, StackResult, record
from eventmill.deploy.custom import Answers, CustomResources
from eventmill.deploy.inner import inner_templates
from eventmill.deploy.naming import name_for
from eventmill.deploy.outside import Custom, Makers, Nested
from eventmill.deploy.references import stored_values
from eventmill.deploy.secrets import with_secrets
from eventmill.kernel.errors import UsageError
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.services.contract import Call
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction
from eventmill.template import Template, read_template, stack_name
from eventmill.template.parameters import parameter_values
from eventmill.template.samconfig import kept_values, source_of


@dataclass(frozen=True, slots=True)
class Stacks:
    """`folder` is the data directory, `address` the engine's, `answers` custom resources'."""

    settings: Settings
    folder: Path
    database: Database
    ids: Ids
    ports: Ports
    call: Callable[[Transaction], Call]
    address: Callable[[], str]
    answers: Answers
    progress: Callable[[str], None]
    deletions: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Those under way, by stack."""

    async def deploy(
        self,
        path: Path,
        parameters: Mapping[str, str],
        stack: str | None = None,
        places: Mapping[str, str] | None = None,
    ) -> StackResult:
        """Bring a stack in line with a template; its file names it unless `stack` is given.
        Raises UsageError.

        The templates of stacks within it are looked at first. `places` tells where parameters
        were given, for what is to be said of them.
        """
        kept, where = kept_values(path, parameters)
        parameters, places = {**parameters, **kept}, {**(places or {}), **where}
        template = self._read(path, parameters)
        look = partial(self._read, whole=False)
        inner = list(inner_templates(template, parameters, look))
        if stack is not None:
            return await self._deploy(template, parameters, stack, inner, places)
        name, source = self._name(template), source_of(template.file)
        return await self._deploy(template, parameters, name, inner, places, source)

    def named(self, path: Path) -> str:
        """The stack that a template file is for, there or not. Raises UsageError."""
        return self._name(self._read(path, {}, whole=False))

    def _name(self, template: Template) -> str:
        source, folder = source_of(template.file), stack_name(template.file)
        declared = {name: one.type for name, one in template.resources.items()}
        return self.database.read(lambda tx: name_for(tx, folder, source, declared))

    async def delete(self, stack: str, retained: Sequence[str] = ()) -> None:
        """Delete a stack with all that it holds, but for resources of these logical ids.

        A caller who goes away, or asks again meanwhile, changes nothing: it is done once, and to
        its end. Raises UsageError.
        """
        task = self.deletions.get(stack)
        if task is None:
            task = asyncio.create_task(self._deployer().remove(stack, retained))
            self.deletions[stack] = task
            task.add_done_callback(lambda done: self.deletions.pop(stack, None))
        await asyncio.shield(task)

    async def _remove(self, stack: str) -> None:
        await self._deployer().remove(stack)

    def _read(self, path: Path, parameters: Mapping[str, str], *, whole: bool = True) -> Template:
        cache, region = self.folder / "builds", self.settings.region
        return read_template(path, cache, region, parameters, whole=whole)

    async def _deploy(
        self,
        template: Template,
        parameters: Mapping[str, str],
        name: str,
        inner: Sequence[Template] = (),
        places: Mapping[str, str] | None = None,
        source: str | None = None,
    ) -> StackResult:
        given = with_secrets(self.folder, name, template, parameters, self.progress)
        values = parameter_values(template, given, places)
        stored = await stored_values(template, values, self.ports.api)
        return await self._deployer().deploy(template, name, stored, inner, source)

    async def _within(
        self, path: Path, parameters: Mapping[str, str], stack: str
    ) -> tuple[str, Mapping[str, Any]]:
        if self.database.read(lambda tx: record.source_of(tx, stack)) is not None:
            raise UsageError(f"a stack {stack} was deployed from a template file of its own")
        result = await self._deploy(self._read(path, parameters), parameters, stack)
        return result.number, result.outputs

    def _deployer(self) -> Deployer:
        api, address = self.ports.api, self.address
        return Deployer(
            self.database,
            self.ids,
            joins.RESOURCE_TYPES,
            self.ports.builder,
            api,
            self.call,
            {
                "AWS::Region": self.settings.region,
                "AWS::AccountId": self.settings.account,
                "AWS::Partition": "aws",
                "AWS::URLSuffix": "amazonaws.com",
            },
            address(),
            joins.balancer_address,
            Makers(
                Custom(CustomResources(api, self.answers, address, self.ids)),
                Nested(self._within, self._remove),
            ),
            self.progress,
        )
