"""Figures in the words of the admin."""

from django import template

from ingestion.services.wording import plain

register = template.Library()
register.filter("plain", plain)
