"""The synthetic set's generator: drawn figures with exact alpha, photographs and drawn rooms behind them."""
