#!/bin/sh
# Cancel all Slurm jobs that were submitted from this folder, and return once they are gone:
#
#   sh profiles/slurm/cancel.sh
#
# For when the snakemake that watched them was killed. Trainings keep their state as they leave.

jobs() {
    squeue --noheader --user="$(id -un)" --format='%A %Z' |
        awk -v here="$PWD" 'substr($0, index($0, " ") + 1) == here { print $1 }'
}

jobs | sort -u | xargs -r scancel
while [ -n "$(jobs)" ]; do
    sleep 2
done
