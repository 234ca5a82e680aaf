"""An evaluation on many machines: a Ray cluster's nodes evaluate shards of the set, to the figures of one machine."""
