"""The classifiers that the judge is measured against, one module each, all with the face of `Peer`."""
