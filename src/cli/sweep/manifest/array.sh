#!/bin/bash
#SBATCH --job-name={{ name }}
#SBATCH --array=0-{{ last }}{{ "%" ~ parallelism if parallelism }}
#SBATCH --cpus-per-task={{ cpus }}
#SBATCH --mem={{ memory }}M
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output="{{ shell.logs }}"
# {{ points }} points in {{ shards }} shards, a task each; which one this is stands in SLURM_ARRAY_TASK_ID, from 0. Submit it in the folder in
# which the plan was written:
#
#   id=$(sbatch --parsable array.sh)
#   sbatch --dependency=afterok:$id --wrap {{ "'" ~ shell.program ~ " sweep merge " ~ shell.folder ~ "'" if "'" not in shell.program ~ shell.folder else '"' ~ shell.program ~ " sweep merge " ~ shell.folder ~ '"' }}
#
# A task that was killed goes on where it stopped, and no point is counted twice: scontrol requeue ${id}_INDEX, then the merge again with
# afterany, for afterok has seen the failure.
{%- if large %}
# More than 1000 tasks need a larger MaxArraySize in slurm.conf.
{%- endif %}
set -euo pipefail
exec {{ shell.program }} sweep --plan {{ shell.plan }} --shards {{ shards }} --jobs "${SLURM_CPUS_PER_TASK:-{{ cpus }}}" --quiet
