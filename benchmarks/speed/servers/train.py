"""Trains the tutorial's pipeline for the servers. Called as ``python -m speed.servers.train FILE``."""

from __future__ import annotations

import sys

import joblib

from speed import corpus
from speed.scorers.tfidf import train_plain

if __name__ == "__main__":
    joblib.dump(train_plain("en", corpus.read("en")), sys.argv[1])
