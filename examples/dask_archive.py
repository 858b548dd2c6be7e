"""Dask: mark a table of articles, a partition at a time; ``python dask_archive.py IN.jsonl OUT_FOLDER``."""

import sys

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa

from pressmark.batch import Marker

marker = Marker(text_field="text")


def mark(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark one partition."""
    return marker(pa.Table.from_pandas(frame, preserve_index=False)).to_pandas(types_mapper=pd.ArrowDtype)


if __name__ == "__main__":
    articles = dd.read_json(sys.argv[1], lines=True, blocksize=1 << 20)
    nothing = mark(articles.head(1, npartitions=-1)).iloc[:0]
    articles.map_partitions(mark, meta=nothing).to_parquet(sys.argv[2])
