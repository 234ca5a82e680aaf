"""The evaluation: variants on samples, their scores, and the results that follow from them."""
