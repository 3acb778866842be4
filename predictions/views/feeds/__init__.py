"""What programs of readers subscribe to: sessions and forecasts."""
