"""The HTTP service: questions in, cited answers out. Imports rag and index."""

__version__ = "0.1.0"
