"""Running pipes: the loops of event source mappings, with enrichment and targets behind them."""

from eventmill.deliver.pipes.consumer import PipeConsumer, reading_of

__all__ = ["PipeConsumer", "reading_of"]
