"""How fast the judge scores and the service answers, beside peers: ``speed.scoring`` and ``speed.serving``."""
