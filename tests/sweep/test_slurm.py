from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sim.sweep.slurm import script

FILE, FOLDER = Path("scenarios/experiments/my sweep.yaml"), Path("results/my sweep")


def test_every_task_takes_its_slice() -> None:
    text = script(FILE, FOLDER, tasks=40, cores=8, time="02:00:00", command="/opt/sim/bin/sim")
    assert "#SBATCH --array=0-39\n" in text
    assert "#SBATCH --cpus-per-task=8\n" in text
    assert "#SBATCH --time=02:00:00\n" in text
    assert "exec /opt/sim/bin/sim sweep run 'scenarios/experiments/my sweep.yaml'" in text
    assert '--shard "$SLURM_ARRAY_TASK_ID/40"' in text
    assert "--executor local:8" in text


def test_the_shell_reads_it_as_it_is_meant(tmp_path: Path) -> None:
    """The command that a task would run, with a program that prints its arguments."""
    shell = shutil.which("sh")
    assert shell
    text = script(FILE, FOLDER, tasks=3, command="printf '%s|'")
    found = subprocess.run(
        [shell, "-c", text], capture_output=True, text=True, check=True, env={"SLURM_ARRAY_TASK_ID": "2"}
    )
    assert found.stdout.split("|")[:-1] == [
        "sweep", "run", FILE.as_posix(), "--out", FOLDER.as_posix(), "--executor", "local:1",
        "--shard", "2/3", "--quiet",
    ]  # fmt: skip


@pytest.mark.parametrize(("tasks", "limit"), [(1002, 1001), (0, 1001), (11, 10)])
def test_the_cap_of_the_cluster_is_known(tasks: int, limit: int) -> None:
    with pytest.raises(ValueError, match=f"{tasks} tasks: expected 1 to {limit}, as MaxArraySize"):
        script(FILE, FOLDER, tasks=tasks, max_array=limit)
    assert f"--array=0-{limit - 1}" in script(FILE, FOLDER, tasks=limit, max_array=limit)
