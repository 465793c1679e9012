#!/bin/sh
# Run a command whose processes share a GPU, for as long as it lasts under CUDA's multi-process
# service (MPS):
#
#   profiles/gpu/share.sh snakemake --workflow-profile profiles/gpu --configfile config.paper.yaml
#
# Without the service processes take turns on a GPU, each alone on all of it, and a small model fills
# a few of its hundred multiprocessors. With it their kernels run side by side. No rights are needed
# and no setting of the GPU is changed. Where the service is missing, does not start or does not let
# torch use the GPU, the command runs all the same; one that is already running is used.

[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT ...]" >&2; exit 2; }

say() { echo "charlens: $1" >&2; }

if ! command -v nvidia-cuda-mps-control >/dev/null; then
    [ -e /dev/nvidiactl ] && say "no nvidia-cuda-mps-control here: trainings take turns on the GPU"
    exec "$@"
fi
if echo get_server_list | timeout 10 nvidia-cuda-mps-control >/dev/null 2>&1; then
    exec "$@"
fi

# In /tmp whatever TMPDIR says: the names of its sockets must be short.
folder=$(mktemp -d /tmp/charlens-mps.XXXXXX) || exec "$@"
export CUDA_MPS_PIPE_DIRECTORY="$folder" CUDA_MPS_LOG_DIRECTORY="$folder"
without() {
    say "CUDA's multi-process service $1: trainings take turns on the GPU"
    rm -rf "$folder"
    unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
}
# The service numbers the GPUs that it sees anew, so the choice among them is left to its clients.
if ! env -u CUDA_VISIBLE_DEVICES nvidia-cuda-mps-control -d </dev/null >"$folder/start" 2>&1; then
    without "did not start ($(tail -n 1 "$folder/start"))"
    exec "$@"
fi
# Its server starts with its first client, and only that shows whether it works here.
if ! timeout 120 python -c 'import torch; torch.cuda.init()' >"$folder/client" 2>&1; then
    echo quit | timeout 10 nvidia-cuda-mps-control >/dev/null 2>&1
    without "does not let torch use the GPU ($(tail -n 1 "$folder/client"))"
    exec "$@"
fi

# The command takes this process over, so signals and its exit status are its own, and this waits
# for it to end in whatever way.
(
    trap '' HUP INT TERM
    while kill -0 $$ 2>/dev/null; do sleep 1; done
    echo quit | nvidia-cuda-mps-control
    rm -rf "$folder"
) </dev/null >/dev/null 2>&1 &
exec "$@"
