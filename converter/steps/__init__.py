"""The steps of the conversion, one hop or check each."""
