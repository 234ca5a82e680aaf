"""Speed: latency and throughput of several models on the same frames."""
