"""What a document is and what can be done with it: no queue, no table, no cloud in here."""
