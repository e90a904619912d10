"""The front door: one port for AWS's API, the applications' own APIs and the engine's control."""
