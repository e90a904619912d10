"""Running pipes: the loops of event source mappings, with enrichment and targets behind them."""

from eventmill.deliver.pipes.consumer import PipeConsumer, reading_of
from eventmill.deliver.pipes.steps import Reach

__all__ = ["PipeConsumer", "Reach", "reading_of"]
