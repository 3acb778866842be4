"""The roof as an app: it carries the commands that call all floors."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "f1site"
    verbose_name = "Site"
