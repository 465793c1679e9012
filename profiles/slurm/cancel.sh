#!/bin/sh
# Cancel all Slurm jobs that were submitted from this folder, and return once they are gone:
#
#   sh profiles/slurm/cancel.sh
#
# For when the snakemake that watched them was killed. Trainings keep their state as they leave.

stop() {
    echo "charlens: error: $1; run this on the cluster's login node, from the workflow's folder" >&2
    exit 1
}

# Ids of the jobs that remain. A squeue that fails is an error, not an empty queue.
jobs() {
    queue=$(squeue --noheader --user="$(id -un)" --format='%A %Z') || return 1
    printf '%s\n' "$queue" |
        awk -v here="$PWD" 'substr($0, index($0, " ") + 1) == here { print $1 }' | sort -u
}

for command in squeue scancel; do
    command -v "$command" >/dev/null || stop "no $command here"
done

ids=$(jobs) || stop "squeue failed"
[ -z "$ids" ] || scancel $ids || stop "scancel failed"
while [ -n "$ids" ]; do
    sleep 2
    ids=$(jobs) || stop "squeue failed"
done
