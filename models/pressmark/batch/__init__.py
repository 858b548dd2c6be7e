"""Arrow table in, Arrow table out: archives marked in one process, on all cores, or on a cluster.

``Marker()(table)`` marks a table; it pickles, so Spark, Dask, Ray and DuckDB can call it as it is.
"""

from pressmark.batch.marker import Marker, TableError

__all__ = ["Marker", "TableError"]
