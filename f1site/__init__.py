"""The roof of the house: settings, addresses, processes. It holds no rules."""
