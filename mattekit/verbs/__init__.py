"""One module per verb, or per pair of verbs that share their options."""
