"""THE figures: one definition each, pure functions over a journal, used by everything that shows
or judges one: checks, approval, report and the metrics export."""
