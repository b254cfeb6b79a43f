"""A run on several processes: a parent that hands scenarios out, and workers that run them.

The parent has loaded everything when it forks; only workers have a session, a deployment, people.
"""

from support.run.parallel.jobs import JOBS_FLAG as JOBS_FLAG
from support.run.parallel.jobs import STAGES_FLAG as STAGES_FLAG
from support.run.parallel.jobs import jobs_of as jobs_of
from support.run.parallel.run import run_on_workers as run_on_workers
