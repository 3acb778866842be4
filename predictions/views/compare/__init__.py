"""Two to four drivers or teams side by side."""
