"""Samples: the sample type, image files in and out, compositing, the synthetic set, layouts and manifests."""
