"""Question -> answer with citations. Imports index; knows nothing of HTTP."""
