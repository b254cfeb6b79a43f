"""What the reference of a killed run leaves in the temporary folder is removed by the next run."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import psutil
from test_bad_input import TROUBLE, waiting
from throwaway import ROOT, Suite


def folders(temporary: Path) -> list[Path]:
    return sorted(temporary.glob("greenlight-*"))


def test_a_killed_runs_folder_is_removed_by_the_next_and_a_living_ones_is_not(
    tmp_path: Path,
) -> None:
    suite = Suite(tmp_path, {})  # no address: it starts the reference
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary), "GREENLIGHT_ENVIRONMENT": "local"}
    suite.steps(TROUBLE)
    suite.scenario("Alice connects", "somebody waits in an async step")
    killed = suite.start("--tags=@critical", env=env)
    waiting(suite, killed, within_s=25)
    (left,) = folders(temporary)
    databases = list(left.glob("*.sqlite*")) or list(left.glob("*.db*"))
    assert databases
    for path in (left, *left.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) in (0o600, 0o700), path
    service = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    suite.ended(killed)
    psutil.wait_procs(service, timeout=15)
    assert left.is_dir()

    living = make(temporary, "living", os.getpid(), psutil.Process().create_time())
    reused = make(temporary, "reused", os.getpid(), 1_000_000.0)
    elsewhere = make(temporary, "elsewhere", 2**22 + 1, 1.0, host="another-machine")
    strange = temporary / "greenlight-strange"
    strange.mkdir()
    (strange / "owner.json").write_text("{", "utf-8")

    (suite.folder / "waiting").unlink()
    (suite.folder / "features/functional/trap.feature").unlink()
    assert "bundled reference" in suite.run("--tags=@critical", env=env).output
    assert folders(temporary) == sorted([living, elsewhere, strange])
    assert not reused.exists()


def make(temporary: Path, name: str, pid: int, started: float, host: str | None = None) -> Path:
    folder = temporary / f"greenlight-{name}"
    folder.mkdir()
    owner = {"host": host or os.uname().nodename, "pid": pid, "started": started}
    (folder / "owner.json").write_text(json.dumps(owner), "utf-8")
    return folder


def test_the_service_alone_records_whose_its_folder_is(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "support.cli", "serve", "--json"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    owner = json.loads((Path(said["run_dir"]) / "owner.json").read_text("utf-8"))
    assert owner["pid"] == process.pid == said["pids"]["supervisor"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in Path(said["run_dir"]).iterdir()} == {0o600}
    process.terminate()
    process.communicate(timeout=15)
    assert folders(tmp_path) == []
