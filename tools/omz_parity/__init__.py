"""Open Model Zoo's own converter beside ours: the same ONNX through both, and how far the IRs are apart."""
