"""Where two forms of a network part: their inner tensors compared one by one, in topological order."""
