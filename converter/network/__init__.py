"""BackgroundMattingV2, written from the paper (arXiv 2012.07810) and the published state dicts' keys and shapes."""

from converter.network.base import BaseNetwork, EncoderDecoder
from converter.network.matting import MattingNetwork, MattingOutput

__all__ = ["BaseNetwork", "EncoderDecoder", "MattingNetwork", "MattingOutput"]
