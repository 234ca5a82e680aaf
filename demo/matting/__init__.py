"""One frame: brought to the network's size with its aspect kept, matted by any form, returned at its own size."""
