#!/usr/bin/env python
"""The command line of the site."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "f1site.settings")
    if sys.argv[1:2] == ["validate_production_config"]:
        # Before the settings, which refuse to load with what it is to list.
        from f1site.management.commands.validate_production_config import Command

        Command().run_from_argv(sys.argv)
    else:
        execute_from_command_line(sys.argv)
