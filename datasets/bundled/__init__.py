"""The sets that come with the toolkit, for evaluation and for calibration.

sets <- calibration
"""
