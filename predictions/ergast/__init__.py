"""The record in the shapes of the Ergast API, for clients that speak it."""
