"""The client side in counters, fed from the journal's records, and how they are exported."""
