"""The history page: what is asked for, what is read, how it is told."""
