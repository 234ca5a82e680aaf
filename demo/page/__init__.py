"""The local page: the same matting in a browser, for one machine; nothing leaves it."""
