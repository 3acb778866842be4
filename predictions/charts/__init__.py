"""Charts: pure functions from numbers to HTML and SVG markup.

No module here imports Django. Marks are placed in per cent of a fluid drawing, so
text never shrinks with the screen; colours come from classes in ``site.css``.
"""
