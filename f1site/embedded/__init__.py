"""A small supervisor of our own Postgres and Redis, for development and tests.

The two wheels are carriers of binaries; nothing of them is imported. Each state
folder (``var/dev``, ``var/test``) has its own servers. Who uses them holds a shared
lock; the last one to let go stops them. See ``supervisor.servers``.
"""
