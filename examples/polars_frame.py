"""Polars: a frame of articles in, a frame of marked paragraphs out; ``python polars_frame.py IN.jsonl``."""

import sys

import polars as pl

from pressmark.batch import Marker

articles = pl.read_ndjson(sys.argv[1])
marks = pl.from_arrow(Marker()(articles.to_arrow()))
print(marks.group_by("category").agg(pl.len(), pl.col("confidence").mean()).sort("category"))
