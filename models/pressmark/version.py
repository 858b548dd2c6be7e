"""The version of the distribution, read by the build and told by the service."""

__version__ = "0.1.0"
