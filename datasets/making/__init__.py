"""Sets whose samples are computed: written in parallel, whole or not at all."""
