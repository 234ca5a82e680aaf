"""The network and its checkpoints, export to ONNX and OpenVINO IR, the I/O contract, runners and parity."""
