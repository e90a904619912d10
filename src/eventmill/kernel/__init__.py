"""What every part may lean on: errors, time, names, and the seams between layers.

Imports nothing else of ours, so anything may import it.
"""
