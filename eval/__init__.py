"""Gold questions, scores and benchmarks: measures the other rooms, imports rag and index."""
