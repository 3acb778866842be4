"""What stands behind ``./run``: processes, locks, checks. It imports no Django."""
