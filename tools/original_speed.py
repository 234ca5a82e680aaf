"""Print how much faster the PyTorch original is when its refiner computes the chosen cells alone, as a table.

    python -m tools.original_speed                       # 1280x720, some minutes
    python -m tools.original_speed --size 1920x1080 --rounds 5

The bundled checkpoint mattes composites of the bundled people, whole inferences, by the dense form and the cropped one
in turn, so that other work on the machine meets both alike. Milliseconds are medians over the rounds.
"""

import argparse
from statistics import median
from time import perf_counter

import torch

from configs.environment import cpu_class, cpu_name
from configs.schema import DatasetSection, ModelSection
from configs.sizes import WRITTEN, read_size
from converter.architectures.background_matting_v2 import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.network import MattingNetwork, MattingOutput
from converter.network.checkpoint import load_network
from converter.runners.base import encode_inputs
from datasets.bundled.sets import bundled_samples

Images = tuple[torch.Tensor, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1280x720", help=WRITTEN)
    parser.add_argument("--composites", type=int, default=4, help="how many composites")
    parser.add_argument("--rounds", type=int, default=9, help="how often each form mattes a composite")
    parser.add_argument("--threads", type=int, default=2, help="that PyTorch may use")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    height, width = read_size(options.size)
    contract = network_contract(ARCHITECTURE, (height, width), "0" * 64)
    network = load_network(ModelSection())
    print(f"PyTorch {torch.__version__}, {options.threads} threads, {cpu_name()} (feature class {cpu_class()})")
    print("| sample | cells | dense, ms | cropped, ms | ratio | alpha | foreground |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for sample in bundled_samples(DatasetSection(), (height, width), options.composites):
        encoded = encode_inputs(contract, sample.images)
        images = tuple(torch.from_numpy(encoded[port.name]) for port in contract.inputs)
        row = measure(network, images, options.rounds)
        print(f"| {sample.id} | {row} |", flush=True)


def measure(network: MattingNetwork, images: Images, rounds: int) -> str:
    """Return a row of the table: cells, milliseconds of both forms, their ratio, and the largest differences."""
    dense, cropped = timed(network, images, crop=False)[1], timed(network, images, crop=True)[1]
    times = [[timed(network, images, crop)[0] for crop in (False, True)] for _ in range(rounds)]
    slow, fast = (median(column) for column in zip(*times, strict=True))
    alpha, foreground = (float((dense[i] - cropped[i]).abs().max()) for i in (0, 1))
    cells = int(cropped.ref_sm.sum())
    return f"{cells:,} | {slow:.0f} | {fast:.0f} | {slow / fast:.2f} | {alpha:.1e} | {foreground:.1e}"


@torch.inference_mode()
def timed(network: MattingNetwork, images: Images, crop: bool) -> tuple[float, MattingOutput]:
    """Matte once; return the milliseconds and the output."""
    started = perf_counter()
    output: MattingOutput = network(*images, crop=crop)
    return 1000 * (perf_counter() - started), output


if __name__ == "__main__":
    main()
