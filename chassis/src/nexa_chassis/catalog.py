"""Which aggregate a command is for, which model an event is of, and which questions it changes the answer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from nexa_chassis.domain import AggregateInContext, AnyAggregate, AnyContext
from nexa_chassis.event_codec import EventCodec
from nexa_chassis.read_models import ReadModel
from nexa_contracts.envelope import Event

if TYPE_CHECKING:
    from nexa_chassis.service import Service


class Catalog:
    """The look-up tables of one service, made once when it starts; what does not fit together is an error here."""

    def __init__(self, service: Service) -> None:
        self.service = service.name
        self.codec = EventCodec(service.name, service.aggregates)
        self._by_command: dict[type, AnyAggregate] = {}
        self._command_types: dict[str, type] = {}
        self._adapters: dict[type, TypeAdapter[Any]] = {}
        self._read_models: dict[type[Event], tuple[ReadModel, ...]] = {}
        for aggregate in service.aggregates:
            for command in aggregate.commands:
                self._register(command, aggregate)
        for model in service.read_models:
            if not model.from_topics:
                self._feed(model)

    def _register(self, command: type, aggregate: AnyAggregate) -> None:
        known = self._command_types.setdefault(command.__name__, command)
        other = self._by_command.setdefault(command, aggregate)
        if known is not command or other is not aggregate:
            raise TypeError(f"{self.service} has two commands named {command.__name__}; each needs a name of its own.")

    def _feed(self, model: ReadModel) -> None:
        for event in model.on:
            self.codec.kind_of(event)
            self._read_models[event] = (*self._read_models.get(event, ()), model)

    def aggregate_of(self, command: object) -> AnyAggregate:
        """Raises TypeError for a command that no aggregate of the service lists."""
        try:
            return self._by_command[type(command)]
        except KeyError:
            raise TypeError(
                f"{type(command).__name__} is no command of {self.service}: list it in the `commands` of its aggregate."
            ) from None

    def context_of(self, command: object) -> AnyContext[Any] | None:
        """What has to be loaded for this command beside its stream, if anything."""
        aggregate = self.aggregate_of(command)
        if not isinstance(aggregate, AggregateInContext) or aggregate.alone_for(command) is not None:
            return None
        return aggregate.context

    def read_models_of(self, event: type[Event]) -> tuple[ReadModel, ...]:
        """The own-fed read models that this event changes."""
        return self._read_models.get(event, ())

    def encode_command(self, command: object) -> tuple[str, str]:
        """A command as (type name, JSON), for a deadline's row."""
        self.aggregate_of(command)
        return type(command).__name__, self._adapter(type(command)).dump_json(command).decode()

    def decode_command(self, type_name: str, data: str | bytes) -> object:
        """The command that a deadline's row stands for. Raises TypeError where the service has lost its type."""
        command = self._command_types.get(type_name)
        if command is None:
            raise TypeError(f"{self.service} has no command named {type_name} any more; keep it while deadlines wait.")
        return self._adapter(command).validate_json(data)

    def _adapter(self, command: type) -> TypeAdapter[Any]:
        adapter = self._adapters.get(command)
        if adapter is None:
            adapter = self._adapters[command] = TypeAdapter(command)
        return adapter
