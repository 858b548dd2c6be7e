"""The ways to score that are compared, a module each.

A function of a module makes a scorer from (language, corpus): something that takes a list of texts. `LIBRARIES` names
the packages whose versions the results tell. Nothing here imports what only another environment has.
"""
