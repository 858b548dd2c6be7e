"""Serves the judge: a versioned JSON API over HTTP."""
