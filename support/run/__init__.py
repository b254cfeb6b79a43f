"""A run of the suite: behave's runner, the session behind the steps, and the end of a run."""
