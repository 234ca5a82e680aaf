"""The contracts that a model of anybody's may keep: every plausible one that fits the tensors of its graph."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

from configs.errors import DataError, UsageError, shortened
from configs.sizes import size_text
from converter.architectures.base import IMAGES, Role
from converter.forms.contract import ColourOrder, Contract, Port
from converter.forms.named import GivenContract
from converter.forms.shapes import Found, GraphPorts

RANGES = ((0.0, 1.0), (0.0, 255.0), (-1.0, 1.0))
"""What black and white may be in input images."""
FULL = (1.0, 255.0)
"""What white, or opaque, may be in outputs; black, or transparent, is 0."""
ORDERS: tuple[ColourOrder, ...] = ("RGB", "BGR")
Ports = tuple[Port, ...]


def plausible_contracts(ports: GraphPorts, original: Contract, given: GivenContract, origin: str) -> list[Contract]:
    """Return every contract that a graph may keep.

    Tensors are matched with the original's roles by their shapes; of outputs that fit alike, one of the original's name
    is taken. What is given of names and of the layout is kept to; colour orders and ranges are not, for what is given
    of them is to be held against the others.

    Args:
        ports: of the graph.
        original: the contract of what the model is compared with.
        given: what the user says.
        origin: names the model in errors.

    Raises:
        DataError: the graph takes or gives something else than the original, or images of another size.
        UsageError: a given tensor is not there, or the layout cannot be told and is not given.
    """
    if missing := next((name for name in given.names if name not in (*ports.inputs, *ports.outputs)), None):
        raise UsageError(
            f"{origin}: the given contract names {missing!r}, which the graph lacks; it has {_listed(ports.inputs)} "
            f"-> {_listed(ports.outputs)}"
        )
    inputs = [_image(name, found, "source", original, given, origin) for name, found in ports.inputs.items()]
    images = [port for port in inputs if port is not None]
    further = _further(ports.inputs, [port is None for port in inputs], original.inputs, origin)
    results = list(_results(ports, original, given, origin))
    found = [
        _contract(original, (*taken, *further), (*result, *_states(ports.outputs, original)))
        for taken in _taken(images, original, given, origin)
        for result in results
    ]
    if not found:
        raise DataError(f"{origin}: no contract fits its tensors: {_listed(ports.inputs)} -> {_listed(ports.outputs)}")
    return found


def said(contract: Contract) -> dict[str, str]:
    """Return a contract by the keys of `GivenContract`."""
    source, background, alpha = contract.source, contract.input("background"), contract.output("alpha")
    foreground = contract.output("foreground")
    assert alpha is not None, "a contract has one"
    found = {
        "colour": source.colour_order,
        "background_colour": None if background is None else background.colour_order,
        "range": source.span,
        "layout": source.layout,
        "source": source.name,
        "background": None if background is None else background.name,
        "alpha": alpha.name,
        "foreground": None if foreground is None else foreground.name,
        "foreground_colour": None if foreground is None else foreground.colour_order,
        "output_range": f"0..{alpha.high:g}",
    }
    return {key: value for key, value in found.items() if value is not None}


def agrees(contract: Contract, given: GivenContract) -> bool:
    """Tell whether a contract is as given; a colour that is given alone holds for both images."""
    asked = given.model_dump(exclude_none=True)
    if given.colour is not None and given.background_colour is None and contract.input("background") is not None:
        asked["background_colour"] = given.colour
    says = said(contract)
    return all(says.get(key) == value for key, value in asked.items())


def in_words(contract: Contract) -> str:
    """Return what a contract says, such as `src (source), bgr (background) NCHW f32 BGR 0..255 -> pha (alpha) ...`."""
    images = [f"{port.name} ({port.role}) {port.colour_order}" for port in contract.images]
    source = contract.source
    results = [
        f"{port.name} ({port.role}){f' {port.colour_order}' if port.colour_order else ''}"
        for port in contract.outputs
        if port.is_image
    ]
    alpha = contract.output("alpha")
    assert alpha is not None, "a contract has one"
    return (
        f"{', '.join(images)}, {source.layout} {source.element_type} {source.span} -> {', '.join(results)}, "
        f"0..{alpha.high:g}"
    )


def _contract(original: Contract, inputs: Ports, outputs: Ports) -> Contract:
    source = next(port for port in inputs if port.role == "source")
    black, white = ((end - original.mean) / original.scale for end in (original.source.low, original.source.high))
    scale = (source.high - source.low) / (white - black)
    changes = {"inputs": inputs, "outputs": outputs, "scale": scale, "mean": source.low - black * scale}
    return original.model_copy(update=changes)


def _taken(images: Sequence[Port], original: Contract, given: GivenContract, origin: str) -> Iterator[Ports]:
    """Yield the input images in every plausible way: which is which, their colour orders, their range."""
    roles = [port.role for port in original.images]
    if not images or len(images) > len(roles):
        raise DataError(
            f"{origin}: takes {len(images)} images, the original {len(roles)} ({', '.join(roles)}); such a model "
            "cannot run beside it"
        )
    named: Mapping[str, str | None] = {"source": given.source, "background": given.background}
    bytes_alone = any(port.element_type == "u8" for port in images)
    for order in permutations(images):
        assigned = list(zip(order, roles, strict=False))
        if any(named[role] not in (None, port.name) for port, role in assigned):
            continue
        for (low, high), colours in product(RANGES, product(ORDERS, repeat=len(assigned))):
            if bytes_alone and high != 255:
                continue
            yield tuple(
                port.model_copy(update={"role": role, "colour_order": colour, "low": low, "high": high})
                for (port, role), colour in zip(assigned, colours, strict=True)
            )


def _results(ports: GraphPorts, original: Contract, given: GivenContract, origin: str) -> Iterator[Ports]:
    """Yield the output images in every plausible way: which is which, the foreground's colour order, their range."""
    alphas = _of_role("alpha", ports.outputs, original, given, given.alpha, origin)
    if not alphas:
        raise DataError(
            f"{origin}: expected an output of one channel for alpha at {size_text(original.size)}, found "
            f"{_listed(ports.outputs)}"
        )
    foregrounds: Sequence[Port | None] = [None]
    if original.output("foreground") is not None:
        foregrounds = _of_role("foreground", ports.outputs, original, given, given.foreground, origin) or [None]
    for alpha, foreground, high in product(alphas, foregrounds, FULL):
        if alpha.element_type == "u8" and high != 255:
            continue
        matte = alpha.model_copy(update={"high": high})
        if foreground is None:
            yield (matte,)
            continue
        for order in ORDERS:
            yield matte, foreground.model_copy(update={"high": high, "colour_order": order})


def _of_role(
    role: Role, outputs: Mapping[str, Found], original: Contract, given: GivenContract, name: str | None, origin: str
) -> list[Port]:
    """Return the outputs that may have a role: the one given, the one of the original's name, or all that fit."""
    fitting = {
        port.name: port
        for each, found in outputs.items()
        if (port := _image(each, found, role, original, given, origin)) is not None
    }
    usual = original.output(role)
    wanted = name or (usual.name if usual is not None and usual.name in fitting else None)
    if name is not None and name not in fitting:
        raise DataError(f"{origin}: the given {role}, {name}, has another shape: {_listed({name: outputs[name]})}")
    return [fitting[wanted]] if wanted is not None else list(fitting.values())


def _image(name: str, found: Found, role: Role, original: Contract, given: GivenContract, origin: str) -> Port | None:
    """Return a tensor as an image of this role, at the original's size; None where it has no such shape."""
    sides, kind = found
    channels = IMAGES[role]
    layout = _layout(sides, channels, given)
    is_input = role == "source"
    if layout is None:
        return None
    height = layout.index("H")
    size = tuple(side or whole for side, whole in zip(sides[height : height + 2], original.size, strict=True))
    if size != original.size and is_input:
        raise DataError(
            f"{origin}: {name} takes images of {size_text(size)}, the original of "
            f"{size_text(original.size)}; convert it for that size, or the original with --size"
        )
    if size != original.size or (kind not in ("f32", "u8") and not is_input):
        return None
    if kind not in ("f32", "u8"):
        raise DataError(f"{origin}: {name} takes {kind}; expected float32 or uint8 images")
    shape = (1, channels, *size) if layout == "NCHW" else (1, *size, channels)
    return Port.model_validate({"name": name, "role": role, "shape": shape, "layout": layout, "element_type": kind})


def _layout(sides: Sequence[int], channels: int, given: GivenContract) -> str | None:
    """Return where a tensor has its channels, by their number; by what is given where sides are free; else None."""
    if len(sides) != 4 or sides[0] not in (0, 1):
        return None
    fitting = [layout for layout in ("NCHW", "NHWC") if sides[layout.index("C")] == channels]
    if not fitting:
        fitting = [layout for layout in ("NCHW", "NHWC") if sides[layout.index("C")] == 0]
    if given.layout in fitting:
        return given.layout
    return fitting[0] if fitting else None


def _further(inputs: Mapping[str, Found], no_image: Sequence[bool], known: Ports, origin: str) -> Ports:
    """Return the inputs that are no images: the original's, by their names."""
    usual = {port.name: port for port in known if not port.is_image}
    names = [name for name, further in zip(inputs, no_image, strict=True) if further]
    if odd := next((name for name in names if name not in usual), None):
        raise DataError(
            f"{origin}: the input {shortened(odd)} of shape {inputs[odd][0]} is no image of 3 channels, and no state "
            "or ratio of the original's; such a model cannot run beside it"
        )
    return tuple(usual[name] for name in names)


def _states(outputs: Mapping[str, Found], original: Contract) -> Ports:
    return tuple(port for port in original.outputs if not port.is_image and port.name in outputs)


def _listed(found: Mapping[str, Found]) -> str:
    return ", ".join(f"{shortened(name)} {kind} {list(sides)}" for name, (sides, kind) in found.items()) or "none"
