"""What the verbs share: where output goes, common options, and the job that a verb works on."""
