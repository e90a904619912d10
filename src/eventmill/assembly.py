"""The one place where the parts are built and joined."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from eventmill import carriers, config, joins
from eventmill.config import Settings
from eventmill.controls import Controls
from eventmill.datadir import DataDirectory
from eventmill.deliver import destinations, log_lines, measured
from eventmill.deliver.authorization import Authorizer, Reach
from eventmill.deliver.concurrency import Gate
from eventmill.deliver.delivery import Delivery
from eventmill.deliver.http import HttpClient
from eventmill.deliver.inflight import CountedInvoker, Flights, Motion, Report, StillMoving
from eventmill.deliver.measured import MeasuredInvoker
from eventmill.deliver.parts import Parts
from eventmill.deliver.provisioning import Provisioning
from eventmill.deliver.schema import SCHEMA as DELIVER_SCHEMA
from eventmill.deliver.upkeep import Upkeep
from eventmill.deploy import SCHEMA as DEPLOY_SCHEMA
from eventmill.deploy import StackResult
from eventmill.deploy.custom import PATH as ANSWERS
from eventmill.deploy.custom import Answers
from eventmill.edge.answers import AnswerFront
from eventmill.edge.apis import OpenConnections, api_front
from eventmill.edge.apis.domains import Domains
from eventmill.edge.apis.issuers import Issuers
from eventmill.edge.apis.rest import RestFront, Trial
from eventmill.edge.apis.service_calls import ServiceCalls
from eventmill.edge.app import App, Front
from eventmill.edge.balancers import BalancerFront, Sockets, listener_address
from eventmill.edge.balancers.targets import Targets
from eventmill.edge.browsers import BrowserFront
from eventmill.edge.by_name import ByName
from eventmill.edge.certificate import Certificate, certified
from eventmill.edge.control import Control
from eventmill.edge.dispatch import Dispatcher, Origin
from eventmill.edge.endpoint import AwsEndpoint
from eventmill.edge.extension import ExtensionFront, ExtensionListener
from eventmill.edge.hosts import HostCheck
from eventmill.edge.packages import PackageFront
from eventmill.edge.pool_domains import PoolDomains
from eventmill.edge.security import TOKEN_PREFIX, Security
from eventmill.edge.server import HttpServer, listen
from eventmill.edge.smtp import SmtpListener
from eventmill.edge.topic_links import TopicLinks
from eventmill.edge.urls import UrlFront
from eventmill.edge.user_pool_calls import UserPoolCalls
from eventmill.edge.user_pools import UserPoolFront
from eventmill.invoke import InvokeSettings, ProcessInvoker
from eventmill.invoke.build import SourceBuilder
from eventmill.kernel.clock import Clock
from eventmill.kernel.ids import Ids
from eventmill.kernel.ports import Ports
from eventmill.observe.counts import CountWriter
from eventmill.observe.logs import LogWriter
from eventmill.observe.metrics import MetricWriter
from eventmill.observe.warnings import Warnings
from eventmill.services import cloudwatch, events, lambda_, s3, scheduler
from eventmill.stacks import Stacks
from eventmill.store import outbox
from eventmill.store.blobs import Blobs
from eventmill.store.code import CodeStore
from eventmill.store.database import Database
from eventmill.store.transaction import Transaction


class Engine:
    """A running engine. Use `start` and `stop`."""

    def __init__(
        self,
        settings: Settings,
        data: DataDirectory,
        progress: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.settings = settings
        self.data = data
        self.clock = Clock()
        self.ids = Ids(settings.seed)
        self.endpoint = ""
        durable = settings.durability == "power"
        schemas = {"outbox": outbox.SCHEMA, "deploy": DEPLOY_SCHEMA, "deliver": DELIVER_SCHEMA} | {
            service.name: service.schema for service in joins.SERVICES.values()
        }
        self.database = Database(
            data.database, self.clock, schemas, "power" if durable else "process"
        )
        self.blobs = Blobs(data.path / "blobs", self.ids, durable=durable)
        self.code = CodeStore(data.path / "code", durable=durable)
        self.flights = Flights(self.database)
        self.logs = LogWriter(self.database, log_lines.by_group(settings.region, settings.account))
        self.metrics = MetricWriter(self.database, self.clock, cloudwatch.add)
        self.counts = CountWriter(self.database, self.clock, cloudwatch.add)
        self.session_token = TOKEN_PREFIX + secrets.token_urlsafe(24)
        self.certificate = Certificate(data.path / "tls", certified(settings))
        self.processes = ProcessInvoker(self.clock, self.ids, self.logs, self._invoke_settings())
        gate = Gate(
            MeasuredInvoker(CountedInvoker(self.processes, self.flights), self.metrics),
            lambda_.ACCOUNT_LIMIT,
            lambda: self.database.read(lambda_.reserved_total),
            partial(measured.throttled, self.metrics),
        )
        parts = Parts(
            self.database,
            self.clock,
            self.ids,
            gate,
            self.flights,
            self.metrics,
            self.counts,
            self.session_token,
        )
        self.http = HttpClient()
        reach = Reach(self.http, Authorizer(self.http, self.clock), self._address)
        self.delivery = Delivery(
            parts,
            joins.STREAM_SOURCES,
            {"s3": destinations.bucket_sink(self._call)},
            reach,
        )
        by_name = ByName(self.ids)
        self.sockets = Sockets(settings.host)
        carriers.register(
            self.delivery.outbox,
            carriers.Means(
                parts,
                by_name,
                self.http,
                reach,
                self._call,
                self._address,
                settings.region,
                settings.account,
            ),
        )
        self.provisioning = Provisioning(self.database, self.flights, self.processes)
        self.connections = OpenConnections(self.clock, self.counts)
        self.upkeep = Upkeep(self.database, self.clock, self.flights)
        self.trial = Trial(self.database, self.clock)
        self.ports = Ports(
            invoker=gate,
            logs=self.logs,
            counts=self.counts,
            api=by_name,
            http=self.http,
            methods=self.trial,
            builder=SourceBuilder(data.path / "builds", self.code, progress),
            listeners=self.sockets,
            warn=Warnings(progress),
            real_now=self.clock.real,
        )
        self.dispatcher = by_name.dispatcher = Dispatcher(
            joins.SERVICES,
            self.database,
            self.clock,
            self.ids,
            self.ports,
            self.blobs,
            self.code,
            joins.directory,
            s3.body,
            cloudwatch.add,
            settings.account,
            settings.region,
        )
        self.answers = Answers(self.ids)
        self.stacks = Stacks(
            settings,
            data.path,
            self.database,
            self.ids,
            self.ports,
            self._call,
            self._address,
            self.answers,
            progress,
        )
        self.ports.delete_stack = self.delete
        self._server: HttpServer | None = None
        self._removing: asyncio.Task[None] | None = None
        self.extension = ExtensionListener(self.database)
        self.smtp = SmtpListener(self.database, self._call, settings.host, settings.smtp_port)

    def _address(self) -> str:
        return self.endpoint

    def _invoke_settings(self) -> InvokeSettings:
        return InvokeSettings(
            data=self.data.path,
            endpoint=lambda: self.endpoint,
            region=self.settings.region,
            account=self.settings.account,
            access_key=config.ACCESS_KEY,
            secret_key=config.SECRET_KEY,
            session_token=self.session_token,
            bundle=self.certificate.bundle,
            authority=self.certificate.authority,
            extension_port=lambda: self.extension.port,
        )

    async def start(self) -> None:
        """Listen and begin to deliver. Raises UsageError when the port is taken."""
        sock = listen(self.settings.host, self.settings.port)
        self.endpoint = self.settings.endpoint(sock.getsockname()[1])
        self.dispatcher.endpoint = self.endpoint
        self._sweep()
        await asyncio.to_thread(self.certificate.make, self.clock.real())
        await self.database.write(events.resume)
        await self.database.write(scheduler.resume)
        await self.processes.start()
        await self.delivery.start()
        self.provisioning.start()
        self.upkeep.start(joins.chores(self._call))
        security = Security(
            config.secret_for,
            self.session_token,
            self.clock.real,
            check_signatures=self.settings.auth,
        )
        browsers = BrowserFront(self.database, self.dispatcher, security, self.blobs, self.ids)
        services = ServiceCalls(self._own_calls(browsers))
        domains = Domains(self.database)
        issuers = Issuers(self.database, self.http, self.clock)
        apis = api_front(
            self.database,
            domains,
            self.clock,
            self.ids,
            self.ports,
            services,
            partial(listener_address, self.database, lambda: self.endpoint),
            self.connections,
            issuers,
            security,
            lambda: self.endpoint,
            self.settings.account,
            self.settings.region,
        )
        urls = UrlFront(
            self.database,
            self.clock,
            self.ids,
            self.ports.invoker,
            security,
            self.settings.account,
            self.settings.region,
        )
        rest = self.trial.front = RestFront(
            self.database,
            domains,
            self.clock,
            self.ids,
            self.ports,
            services,
            issuers,
            security,
            self.settings.account,
            self.settings.region,
        )
        links = TopicLinks(self.database, self.dispatcher, self.ids)
        hosts = HostCheck(self.settings.host, self.settings.public_url, domains.knows)
        targets = Targets(
            self.database, self.ids, self.ports.invoker, self.http, self.settings.account
        )
        balancer = BalancerFront(self.database, self.clock, self.ids, hosts, targets)
        aws = AwsEndpoint(self.dispatcher, security, self.blobs, self.ids, browsers)
        fronts: list[Front] = [
            Control(self._controls().commands()),
            rest,
            links,
            AnswerFront(ANSWERS, self.answers.take),
            apis,
            urls,
            PackageFront(self.database),
            balancer,
            ExtensionFront(self.dispatcher, self.ids, self.session_token),
            UserPoolFront(self.database, self.dispatcher, self.ids),
            UserPoolCalls(aws),
            PoolDomains(self.database, self.dispatcher, self.ids),
            browsers,
        ]
        app = App(
            hosts,
            fronts,
            aws,
        )
        self._server = HttpServer(app, sock, self.certificate.context)
        await self._server.start()
        await self.sockets.start(self.database, balancer.serve)
        await self.smtp.start()
        await self.extension.start(app)
        self.data.announce(self.endpoint)

    def _controls(self) -> Controls:
        return Controls(
            self.database,
            self.clock,
            self.smtp,
            self._call,
            lambda: self.endpoint,
            lambda: self.processes.running,
            self.advance,
            self.settle,
            self.stacks.named,
        )

    def _own_calls(self, browsers: BrowserFront) -> AwsEndpoint:
        """AWS's API for calls that the engine itself makes: they carry no signature."""
        trusting = Security(config.secret_for, "", self.clock.real, check_signatures=False)
        return AwsEndpoint(self.dispatcher, trusting, self.blobs, self.ids, browsers)

    def _sweep(self) -> None:
        """Delete files that a crash left before any row named them."""
        self.database.read(lambda tx: self.blobs.sweep(s3.blob_names(tx)))
        gone = self.database.read(lambda tx: self.code.sweep(lambda_.code_folders(tx)))
        self._removing = asyncio.create_task(asyncio.to_thread(self.code.remove, gone))

    async def deploy(
        self,
        path: Path,
        parameters: Mapping[str, str],
        stack: str | None = None,
        places: Mapping[str, str] | None = None,
    ) -> StackResult:
        """Bring a stack in line with a template; its file names it. Raises UsageError.

        `places` tells where parameters were given, for what is to be said of them.
        """
        result = await self.stacks.deploy(path, parameters, stack, places)
        await self.smtp.refresh()
        return result

    async def delete(self, stack: str, retained: Sequence[str] = ()) -> None:
        """Delete a stack with all that it holds, but for resources of these logical ids. Raises
        UsageError."""
        await self.stacks.delete(stack, retained)
        await self.smtp.refresh()

    async def stop(self) -> None:
        """Let running invocations end, then stop. Nothing needs it to be safe."""
        if self._removing is not None:
            await self._removing
        await self.upkeep.stop()
        await self.provisioning.stop()
        await self.delivery.stop(self.settings.grace)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.settings.grace
        while self.processes.running and loop.time() < deadline:
            await asyncio.sleep(0.02)
        await self.sockets.stop()
        await self.smtp.stop()
        await self.extension.stop()
        if self._server is not None:
            await self._server.stop()
        await self.http.close()
        await self.processes.stop()
        self.logs.flush()
        self.metrics.flush()
        self.counts.flush()
        await self.database.close()
        self.data.release()

    async def advance(self, seconds: float) -> None:
        """Move time and let what became due begin."""
        self.clock.advance(seconds)
        await asyncio.sleep(0)

    async def settle(self, seconds: float = 30.0) -> Report:
        """Wait until nothing moves. Raises StillMoving after `seconds` of real time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            # Lines of a function's log and metrics are written a moment after they came.
            self.logs.flush()
            self.metrics.flush()
            self.counts.flush()
            report = await self.flights.settled(max(0.0, deadline - loop.time()))
            if not self.logs.waiting and not self.metrics.waiting:
                return report
            if loop.time() >= deadline:
                raise StillMoving(Report([Motion("log lines or metrics")], report.later))

    def _call(self, tx: Transaction) -> Any:
        return self.dispatcher.call(tx, Origin("", endpoint=self.endpoint))
