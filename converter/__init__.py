"""The network and its checkpoints, export to ONNX and OpenVINO IR, the I/O contract, runners and parity.

Rooms, each importing only from those before it: `catalogue`; `network`; `fast`; `architectures`; `forms`; `runners`;
`proof`; `steps`; `taps`; and on top the stories `convert` and `verify`, with `key` and `info`.
"""

from configs.telemetry import switch_telemetry_off

switch_telemetry_off()  # nothing else imports the libraries that report
