"""The steps of the conversion, one a file, and the chain that runs them.

Floors, each importing only from those before it: preprocessing, quantization, static_graph, steady_names, onnx_file,
ir_file (what steps are made with); step; one file a hop; chain; plan. The room stands on `proof`, since which int8 is
taken is decided by measuring.
"""
