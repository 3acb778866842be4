"""What answers look like: rows of the record as of the end of 2024.

The chances, scores and hashes are samples.
"""
