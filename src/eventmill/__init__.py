"""Eventmill: runs a whole SAM application on one machine."""
