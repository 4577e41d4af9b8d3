#!/usr/bin/env bash
# A sweep in shards by Slurm: slurmctld, slurmd and munge on this machine (Debian: apt-get install slurm-wlm munge), with a configuration of
# their own that is thrown away. One task is killed in the middle and requeued; the merged study has the same bytes as that of one
# process. Run it as root, in a container: it starts daemons, which it ends.
set -euo pipefail
source "$(dirname "$0")/study.sh"

conf=$(mktemp -d)
host=$(hostname -s)
export SLURM_CONF=$conf/slurm.conf
cpus=$(nproc)
mkdir -p "$conf"/{state,spool,munge}
dd if=/dev/urandom of="$conf/munge/key" bs=1024 count=1 status=none
chmod 700 "$conf/munge"; chmod 400 "$conf/munge/key"; chmod 755 "$conf"
cat > "$SLURM_CONF" <<CONF
ClusterName=throwaway
SlurmctldHost=$host
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$conf/munge/socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$conf/state
SlurmdSpoolDir=$conf/spool
SlurmctldPidFile=$conf/slurmctld.pid
SlurmdPidFile=$conf/slurmd.pid
SlurmctldLogFile=$conf/slurmctld.log
SlurmdLogFile=$conf/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF

daemons=()
end() {
    for pid in "${daemons[@]}"; do kill "$pid" 2> /dev/null || true; done
    wait 2> /dev/null || true
    rm -rf "$conf"
}
trap end EXIT
munged --foreground --force --key-file="$conf/munge/key" --socket="$conf/munge/socket" \
    --pid-file="$conf/munge/pid" --log-file="$conf/munge/log" --seed-file="$conf/munge/seed" & daemons+=($!)
for _ in $(seq 100); do [ -S "$conf/munge/socket" ] && break; sleep 0.1; done
slurmctld -D > "$conf/out" 2>&1 & daemons+=($!)
slurmd -D -N "$host" > "$conf/out-d" 2>&1 & daemons+=($!)
for _ in $(seq 300); do sinfo -h -o %T 2> /dev/null | grep -q idle && break; sleep 0.1; done
say "$(sbatch --version), $(sinfo -h -o '%D node, %c cores, %T')"

plan
"$FORESAIL" sweep manifest slurm parts --cpus 1 --memory 512 --program "$FORESAIL" > array.sh
say "the script"
grep -v '^#\( \|$\)' array.sh | sed "s,$FORESAIL,foresail,"

say "the array; its second task is killed after its first point"
id=$(sbatch --parsable array.sh)
until_begun parts/shard-2-of-4.jsonl.part
# The batch script is the program itself, which the script has become.
scancel --signal=KILL --batch "${id}_1"
for _ in $(seq 600); do
    state=$(scontrol show job "${id}_1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
    case $state in RUNNING | COMPLETING) sleep 0.1 ;; *) break ;; esac
done
echo "task 1: $state with $(($(wc -l < parts/shard-2-of-4.jsonl.part) - 1)) of 6 points"
[ "$state" = FAILED ] || [ "$state" = CANCELLED ]
scontrol requeue "${id}_1"
# Slurm would wait two minutes before it runs a requeued job.
scontrol update JobId="${id}_1" StartTime=now
# Not afterok: it has seen the failure. A merge without all shards says so and fails.
merge=$(sbatch --parsable --dependency=afterany:"$id" --output=merge.log --wrap "$FORESAIL sweep merge parts")
for _ in $(seq 3000); do
    state=$(scontrol show job "$merge" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
    case $state in PENDING | RUNNING | COMPLETING) sleep 0.1 ;; *) break ;; esac
done
for task in $(seq 0 $((shards - 1))); do
    scontrol show job "${id}_$task" | sed -n "s/.*JobState=\([A-Z]*\).*/task $task: \1/p; s/.*Restarts=\([1-9][0-9]*\).*/    restarted: \1/p"
done
echo "merge: $state"
[ "$state" = COMPLETED ]
compare
