"""One run from start to end: what is selected, who may stop it, its verdict, its exit status."""
