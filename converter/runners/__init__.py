"""One way to run every form of the network (PyTorch, ONNX, OpenVINO IR): a sample in, a prediction out.

They live beside the conversion because the parity of its hops and the later evaluation must run a form
through the same code, and `converter` may not import `eval`.
"""
