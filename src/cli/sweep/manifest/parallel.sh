#!/bin/bash
# {{ points }} points in {{ shards }} shards. Run it in the folder in which the plan was written; what was interrupted or failed is run again
# by the same line (--resume-failed), and no point is counted twice. Other machines: --sshlogin host1,host2 with a common folder.
set -euo pipefail
seq {{ shards }} | parallel --joblog {{ shell.log }} --resume-failed --retries 3 --jobs {{ parallelism or "$(( ($(nproc) + " ~ (cpus - 1) ~ ") / " ~ cpus ~ " ))" }} {{ shell.job }}
{{ shell.program }} sweep merge {{ shell.folder }}
