"""Corpus -> terms -> linear model -> calibration -> evaluation -> release; needs the extra ``train``."""
