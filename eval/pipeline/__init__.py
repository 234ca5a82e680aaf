"""Making a run: samples are read, inferred and scored at once, and what is finished is kept until the run is whole."""
