"""What the templates are given: plain frozen values, and the sentences on top.

Views fill these from the record; nothing here reads a table. Chances are floats in
[0, 1], moments are aware, and every ``url`` is ready to print ("" where there is none).
"""
