"""pandas: a frame of articles in, a frame of marked paragraphs out; ``python pandas_frame.py IN.jsonl``."""

import sys

import pandas as pd
import pyarrow as pa

from pressmark.batch import Marker

articles = pd.read_json(sys.argv[1], lines=True)
marks = Marker()(pa.Table.from_pandas(articles, preserve_index=False)).to_pandas()
print(marks.groupby("category")["confidence"].agg(["size", "mean"]))
