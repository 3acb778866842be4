"""Forecasts as arithmetic: arrays in, arrays out, nothing of the web."""
