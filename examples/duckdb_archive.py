"""DuckDB: mark the answer to a query and query the marks; ``python duckdb_archive.py IN.jsonl``."""

import sys

import duckdb
import pyarrow as pa

from pressmark.batch import Marker

if __name__ == "__main__":
    articles = duckdb.read_json(sys.argv[1]).to_arrow_reader(10_000)
    tables = (Marker()(pa.Table.from_batches([batch])) for batch in articles)
    marks = pa.concat_tables(tables)
    print(duckdb.sql("SELECT category, count(*) AS paragraphs FROM marks GROUP BY category ORDER BY 2 DESC, 1"))
