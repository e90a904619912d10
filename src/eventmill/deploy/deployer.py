"""Applies a template: creates, updates and deletes through the services' resource types.

Each resource is changed and recorded in one transaction. So whatever interrupts a deployment, the
record tells what exists, and the next one goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from eventmill.deploy import layers, record
from eventmill.deploy.addresses import localise
from eventmill.deploy.check import Finding, check
from eventmill.deploy.cleanup import delete_recorded, leave_out, left_behind, no_rollback
from eventmill.deploy.conflicts import refuse_taken
from eventmill.deploy.making import going_on, made
from eventmill.deploy.order import creation_order
from eventmill.deploy.outside import Makers
from eventmill.deploy.record import Recorded
from eventmill.deploy.references import IN_OUTPUTS, dynamic
from eventmill.deploy.result import StackResult
from eventmill.deploy.told import told
from eventmill.deploy.types import type_of
from eventmill.kernel.errors import EventmillError, UsageError
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import ApiCaller, Builder
from eventmill.services import cognito, lambda_
from eventmill.services.contract import Call, Created, Resource, ResourceType
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction
from eventmill.template import CODE, FOLLOWS_CODE, Declared, Resolver, Template, is_built

Progress = Callable[[str], None]
MakeCall = Callable[[Transaction], Call]
BalancerAddress = Callable[[Transaction, str, str, int], str | None]
"""See joins.balancer_address."""
_RUNTIMELESS = "python3"


def _about(template: Template, names: set[str], findings: list[Finding]) -> list[Finding]:
    """The findings about these resources, and those that are about none."""
    others = template.resources.keys() - names
    return [finding for finding in findings if finding.resource not in others]


class Deployer:
    """Deploys into one engine."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        types: Mapping[str, ResourceType],
        builder: Builder,
        api: ApiCaller,
        call: MakeCall,
        pseudo: Mapping[str, Any],
        endpoint: str,
        balancer_address: BalancerAddress,
        makers: Makers,
        progress: Progress = lambda text: None,
    ) -> None:
        """`pseudo` holds AWS::Region, AWS::AccountId and the like."""
        self._database = database
        self._ids = ids
        self._types = types
        self._builder = builder
        self._api = api
        self._call = call
        self._pseudo = dict(pseudo)
        self._endpoint = endpoint
        self._balancer_address = balancer_address
        self._makers = makers
        self._progress = progress

    async def deploy(
        self,
        template: Template,
        stack: str,
        values: Mapping[str, Any],
        inner: Sequence[Template] = (),
        source: str | None = None,
    ) -> StackResult:
        """Bring the stack in line with the template; `inner` are those of stacks within it.

        `source` is what the record tells of the template's file (see record.source_of).

        Raises UsageError: before any change when something is refused, else naming the resource
        that failed; what exists then stays, and the next deployment continues.
        """
        number = self._database.read(lambda tx: record.id_of(tx, stack)) or (
            f"arn:aws:cloudformation:{self._pseudo['AWS::Region']}:"
            f"{self._pseudo['AWS::AccountId']}:stack/{stack}/{self._ids.uuid()}"
        )
        pseudo = self._pseudo | {
            "AWS::StackName": stack,
            "AWS::StackId": number,
            "AWS::NotificationARNs": [],
        }
        known: dict[str, tuple[str, Mapping[str, Any]]] = {}
        resolver = Resolver(template, values, pseudo, known, self._imported)
        active = {
            name
            for name, declared in template.resources.items()
            # One that is not declared is found below, with all else that is wrong.
            if declared.condition is None
            or declared.condition not in template.conditions
            or resolver.condition(declared.condition)
        }
        for notice in self._notices(template, resolver, active, inner):
            self._progress(str(notice))
        await self._database.write(
            lambda tx: record.open_stack(tx, stack, number, self._endpoint, source)
        )
        existing = self._database.read(lambda tx: record.resources_of(tx, stack))
        folders = await self._build(template, active, resolver)
        result = StackResult(number)
        order = creation_order(template, active)
        position = max((entry.position for entry in existing.values()), default=0)
        with no_rollback():
            for name in order:
                declared, old = template.resources[name], existing.get(name)
                position += 1
                place = (stack, number, position)
                recorded = await self._apply(declared, old, resolver, folders, place, result)
                known[name] = (recorded.physical_id, recorded.attributes)
            await self._delete(stack, number, existing, active, result, leave=True)
            await self._outputs(template, stack, resolver, result, told(template, values))
        return result

    async def remove(self, stack: str, retained: Collection[str] = ()) -> None:
        """Delete what a stack holds, but for these logical ids, and its record. Raises
        UsageError."""
        existing = self._database.read(lambda tx: record.resources_of(tx, stack))
        for name in existing.keys() & set(retained):
            existing[name] = replace(existing[name], retain=True)
        number = self._database.read(lambda tx: record.id_of(tx, stack))
        await self._delete(stack, number, existing, set(), StackResult())
        await self._database.write(lambda tx: record.close_stack(tx, stack))

    def _notices(
        self, template: Template, resolver: Resolver, active: set[str], inner: Sequence[Template]
    ) -> list[Finding]:
        """What is to be said of the template's active resources.

        Raises UsageError where something of them is refused, and of those resources of inner
        templates that have no condition: the others' own deployment decides, and says the rest.
        """
        findings = _about(template, active, self._check(template, resolver))
        within = []
        for one in inner:
            sure = {name for name, declared in one.resources.items() if declared.condition is None}
            # What an inner stack gets as parameters, only its own deployment knows.
            within += _about(one, sure, self._check(one, Resolver(one, {}, {}, {})))
        refused = [
            finding for finding in dict.fromkeys(findings + within) if finding.severity == "refused"
        ]
        if refused:
            lines = "\n".join(str(finding) for finding in refused)
            raise UsageError(f"nothing was deployed, since the template needs:\n{lines}")
        return [finding for finding in findings if finding.severity == "notice"]

    def _check(self, template: Template, resolver: Resolver) -> list[Finding]:
        return check(template, self._types, resolver, self._builder)

    def _localised(self, value: Any) -> Any:
        def balancer(dns: str, port: int) -> str | None:
            return self._database.read(
                lambda tx: self._balancer_address(tx, self._endpoint, dns, port)
            )

        def pool(name: str) -> bool:
            return self._database.read(
                lambda tx: cognito.exists(tx, name) or cognito.has_domain(tx, name)
            )

        return localise(value, self._endpoint, balancer, pool)

    def _imported(self, name: str) -> Any:
        return self._database.read(lambda tx: record.exported(tx, name))

    async def _build(
        self, template: Template, active: set[str], resolver: Resolver
    ) -> dict[str, Path]:
        """The built folder of every function and layer with local code."""

        async def one(name: str) -> tuple[str, Path] | None:
            declared = template.resources[name]
            layer = declared.type == "AWS::Lambda::LayerVersion"
            code = declared.properties.get(CODE.get(declared.type, ""))
            if not isinstance(code, dict):
                return None
            runtime = declared.properties.get("Runtime") or _RUNTIMELESS
            if isinstance(code.get("ZipFile"), str):
                handler = str(resolver.value(declared.properties.get("Handler") or ""))
                made = await self._builder.inline(
                    code["ZipFile"], handler, str(resolver.value(runtime)), name
                )
                return None if made is None else (name, made)
            if "LocalPath" not in code:
                return None
            # What `sam build` leaves behind still names its way, and lacks the sources for it.
            method = None if is_built(template.file) else declared.metadata.get("BuildMethod")
            # The name by which the template's author knows it, which `make` targets carry.
            known = declared.metadata.get("SamResourceId", name)
            folder = await self._builder.build(
                Path(code["LocalPath"]),
                str(resolver.value(runtime)),
                layer=layer,
                logical_id=known,
                method=method,
                options=declared.metadata.get("BuildProperties") or {},
            )
            return name, folder

        built = await asyncio.gather(*(one(name) for name in active))
        return dict(entry for entry in built if entry is not None)

    async def _apply(
        self,
        declared: Declared,
        old: Recorded | None,
        resolver: Resolver,
        folders: Mapping[str, Path],
        place: tuple[str, str, int],
        result: StackResult,
    ) -> Recorded:
        """The resource as it now is. One that it replaces is set aside, to be deleted in the end;
        one that an earlier deployment set aside, and did not come to delete, is taken back."""
        stack, number, position = place
        name, kind = declared.logical_id, self._type(declared.type)
        try:
            properties = await dynamic(
                self._localised(resolver.value(declared.properties)), self._api
            )
            if name in folders:
                properties[CODE[declared.type]] = {"LocalPath": str(folders[name])}
            if declared.metadata.get(FOLLOWS_CODE):
                function = properties["FunctionName"]
                properties["CodeSha256"] = self._database.read(
                    lambda tx: lambda_.code_sha256(tx, function)
                )
            maker = self._makers.of(declared.type)
            aside = self._database.read(lambda tx: record.set_aside_of(tx, stack))
            earlier = [old] if old is not None else []
            earlier += [entry for entry in aside if entry.logical_id == name]
            kept = going_on(earlier, declared.type, properties, kind)
            same = kept is not None and kept is old and kept.properties == properties
            retain = str(resolver.value(declared.deletion_policy)).startswith("Retain")
            if kept is not None and same and not (maker and maker.always):
                return await self._unchanged(stack, kept, retain)
            resource = Resource(
                stack,
                number,
                name,
                properties,
                dict(declared.metadata),
                kept.physical_id if kept else None,
                kept.attributes if kept else {},
            )
            if declared.type == "AWS::Lambda::Function":
                account = str(self._pseudo["AWS::AccountId"])
                await layers.provide(
                    properties, account, self._builder, self._database, self._call, self._progress
                )
            before = kept.properties if kept else None
            outside = None if maker is None else await maker.make(declared.type, resource, before)
            if kept is not None and same and outside == Created(kept.physical_id, kept.attributes):
                return await self._unchanged(stack, kept, retain)
            gone = None
            # A function that gives another id to what it changed has made another resource.
            moved = (
                outside is not None and kept is not None and outside.physical_id != kept.physical_id
            )
            if old is not None and (kept is not old or moved):
                keeps = str(resolver.value(declared.replace_policy)).startswith("Retain")
                gone = replace(old, retain=old.retain or keeps)

            def write(tx: Transaction) -> Recorded:
                found = outside or made(self._call(tx), kind, resource, before)
                recorded = Recorded(
                    name,
                    declared.type,
                    found.physical_id,
                    properties,
                    found.attributes,
                    retain,
                    kept.position if kept else position,
                )
                if gone is not None:
                    record.set_aside(tx, stack, gone)
                if kept is None and outside is None:
                    refuse_taken(tx, stack, kind, recorded)
                record.put(tx, stack, recorded)
                return recorded

            recorded = await self._database.write(write, long=True)
        except EventmillError as error:
            raise UsageError(f"{name} ({declared.type}), line {declared.line}: {error}") from error
        (result.updated if kept else result.created).append(name)
        self._progress(f"{'updated' if kept else 'created'} {name}")
        return recorded

    async def _unchanged(self, stack: str, kept: Recorded, retain: bool) -> Recorded:
        """The resource with what is to become of it when the template no longer declares it."""
        if kept.retain == retain:
            return kept
        recorded = replace(kept, retain=retain)
        await self._database.write(lambda tx: record.put(tx, stack, recorded))
        return recorded

    def _type(self, name: str) -> ResourceType:
        found = type_of(self._types, name)
        assert found is not None
        return found

    async def _delete(
        self,
        stack: str,
        number: str,
        existing: Mapping[str, Recorded],
        active: set[str],
        result: StackResult,
        *,
        leave: bool = False,
    ) -> None:
        """Delete what was replaced and what the template no longer declares, newest first.

        With `leave`, as at the end of an update on AWS, what cannot be deleted is left behind,
        outside the stack. Raises UsageError without it.
        """
        gone = [entry for name, entry in existing.items() if name not in active]
        aside = self._database.read(lambda tx: record.set_aside_of(tx, stack))
        for entry in sorted([*gone, *aside], key=lambda entry: -entry.position):
            kind = self._type(entry.type)
            resource = Resource(
                stack, number, entry.logical_id, entry.properties, {}, entry.physical_id
            )
            forget = entry.logical_id not in active

            def write(
                tx: Transaction,
                entry: Recorded = entry,
                kind: ResourceType = kind,
                resource: Resource = resource,
                forget: bool = forget,
            ) -> None:
                if not entry.retain:
                    delete_recorded(self._call(tx), kind, resource)
                leave_out(tx, stack, entry, forget=forget)

            try:
                maker = self._makers.of(entry.type)
                if maker is not None and not entry.retain:
                    await maker.delete(entry.type, resource)
                await self._database.write(write, long=True)
            except EventmillError as error:
                said = f"{entry.logical_id} ({entry.type}) could not be deleted: {error}"
                if not leave:
                    raise UsageError(said) from error
                await self._database.write(
                    partial(leave_out, stack=stack, entry=entry, forget=forget)
                )
                self._progress(f"warning: {said}; {left_behind(entry)}")
                continue
            if entry.retain:
                self._progress(f"retained {entry.logical_id}, as its policy says")
                continue
            result.deleted.append(entry.logical_id)
            self._progress(f"deleted {entry.logical_id}")

    async def _outputs(
        self,
        template: Template,
        stack: str,
        resolver: Resolver,
        result: StackResult,
        about: Mapping[str, Any],
    ) -> None:
        exports = {}
        for output in template.outputs.values():
            if output.condition is not None and not resolver.condition(output.condition):
                continue
            value = self._localised(resolver.value(output.value))
            value = await dynamic(value, self._api, IN_OUTPUTS)
            result.outputs[output.name] = value
            if output.export is not None:
                exports[str(resolver.value(output.export))] = output.name
        changed = bool(result.created or result.updated or result.deleted)
        await self._database.write(
            lambda tx: record.put_outputs(
                tx, stack, result.outputs, exports, about, changed=changed
            )
        )
