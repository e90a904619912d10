"""One folder per AWS service, each self-contained. See services/contract.py for their shape."""
