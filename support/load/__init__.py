"""Many users at once, judged as strictly as few: an engine per worker process, and its merge.

`plan`, `judge`, `pace` and `merge` are pure; only `wire` opens connections.
"""
