"""What the pipeline keeps and sends: the only modules that know AWS."""
