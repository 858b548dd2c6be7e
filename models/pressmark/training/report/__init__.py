"""A report on a judge that one would show to a newsroom: a page, its plots as pictures, all figures as JSON."""
