"""Spark: mark a table of articles with ``mapInArrow``; call it as ``python spark.py IN.jsonl OUT_FOLDER``."""

import sys
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from pressmark.batch import Marker

marker = Marker(text_field="text")


def mark(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Mark what a Spark task holds; the model is loaded once in each Python worker."""
    for batch in batches:
        yield from marker(pa.Table.from_batches([batch])).to_batches()


if __name__ == "__main__":
    spark = SparkSession.builder.getOrCreate()
    articles = spark.read.json(sys.argv[1])
    columns = from_arrow_schema(marker.schema(to_arrow_schema(articles.schema)))
    articles.mapInArrow(mark, columns).write.mode("overwrite").parquet(sys.argv[2])
    spark.stop()
