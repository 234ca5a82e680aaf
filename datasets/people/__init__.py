"""The bundled set of rendered people: shipped as foregrounds and backgrounds, composed at first use.

pack <- person <- copies <- make
"""
