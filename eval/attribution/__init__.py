"""Attribution: which hop of a conversion added how much of a run's drift."""
