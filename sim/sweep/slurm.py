"""A script for Slurm: every task of an array takes its slice of the runs, and all write into one folder."""

from __future__ import annotations

import shlex
from pathlib import Path

MAX_ARRAY = 1001
"""Slurm's own default of MaxArraySize; it caps the index, so 1000 is the last."""

SCRIPT = """#!/bin/sh
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cores}
#SBATCH --time={time}
#SBATCH --signal=B:TERM@60
#SBATCH --output={folder}-%A_%a.log
# Sixty seconds before its time is up a task is asked to stop: it commits what it is at. What is missing in
# the end is made by submitting this script once more.
exec {command} sweep run {experiment} --out {folder} --executor local:{cores} \\
    --shard "$SLURM_ARRAY_TASK_ID/{tasks}" --quiet
"""


def script(
    experiment: Path, folder: Path, *, tasks: int, cores: int = 1, time: str = "01:00:00",
    command: str = "sim", max_array: int = MAX_ARRAY,
) -> str:  # fmt: skip
    """The text of an sbatch script.

    Args:
        experiment: the experiment file.
        folder: folder of the results, on a file system that all nodes see; logs are written beside it.
        tasks: tasks of the array.
        cores: cores, and processes, of a task.
        time: time limit of a task, as Slurm writes it.
        command: how to call this program there.
        max_array: MaxArraySize of the cluster (`scontrol show config`).

    Raises:
        ValueError: if the cluster does not allow so many tasks.
    """
    if not 1 <= tasks <= max_array:
        raise ValueError(
            f"{tasks} tasks: expected 1 to {max_array}, as MaxArraySize caps the index of an array; "
            "say --max-array if yours is larger"
        )
    return SCRIPT.format(
        name=shlex.quote(experiment.stem), last=tasks - 1, tasks=tasks, cores=cores, time=time,
        command=command, experiment=shlex.quote(experiment.as_posix()), folder=shlex.quote(folder.as_posix()),
    )  # fmt: skip
