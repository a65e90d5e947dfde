"""Scheduler, workers and client in one Slurm job: nothing runs on a login node."""

from collections.abc import Mapping
from typing import Any

from jobs import shell, tls
from jobs.languages import LANGUAGES, SLURM_AGAIN
from jobs.local import scheduling
from jobs.settings import Site
from jobs.task import Script, Submission, Task

WAIT_SECONDS = 120
"""How long a worker looks for the scheduler; imports from a busy file system take their time."""

BODY = """
# what the scheduler reads when it starts
{scheduling}

# certificates and address, in a folder that only its owner reads and all nodes see
folder={store}.cluster-"$SLURM_JOB_ID"
rm -rf "$folder"
trap 'rm -rf "$folder"' EXIT
python -m jobs.tls "$folder" || exit 1
export DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true
export DASK_DISTRIBUTED__COMM__TLS__CA_FILE="$folder/{certificate}"
for role in SCHEDULER WORKER; do
    export "DASK_DISTRIBUTED__COMM__TLS__${{role}}__CERT=$folder/{certificate}"
    export "DASK_DISTRIBUTED__COMM__TLS__${{role}}__KEY=$folder/{key}"
done

# what Dask says goes to a file of its own
export DASK_LOGGING__DISTRIBUTED=warning
said={logs}/{name}-"$SLURM_JOB_ID".dask
common=(--protocol tls --scheduler-file "$folder/scheduler.json"{interface})
dask scheduler "${{common[@]}}" --port 0 --dashboard-address 127.0.0.1:8787 >>"$said" 2>&1 &
scheduler=$!
srun --overlap --ntasks={workers} \\
    dask worker "${{common[@]}}" --nthreads 1 --memory-limit {memory} --death-timeout {wait} \\
    --no-dashboard --dashboard-address 127.0.0.1:0{local_directory} >>"$said" 2>&1 &
workers=$!
"""

END = (
    """
# the client ends first, or else there is nothing it could wait for
if kill -0 "$client" 2>/dev/null; then
    echo "hnlscan: the scheduler or all workers have ended before the scan, see $said" >&2
    kill -TERM "$client"
    wait "$client"
    code=1
else
    wait "$client"
    code=$?
fi
"""
    + shell.UNREADY
    + """
# workers end by themselves when the scheduler has said goodbye
kill "$scheduler" 2>/dev/null
for _ in {1..20}; do kill -0 "$workers" 2>/dev/null || break; sleep 0.5; done
kill "$workers" 2>/dev/null
wait "$workers" "$scheduler"
"""
)


def _exports(settings: Mapping[str, Any]) -> list[str]:
    """Lines that give settings to Dask by the environment."""
    names = (key.upper().replace(".", "__").replace("-", "_") for key in settings)
    return [f"export DASK_{name}='{v}'" for name, v in zip(names, settings.values(), strict=True)]


def submission(site: Site, task: Task) -> Submission:
    """Write the job.

    Parameters
    ----------
    site : Site
        Settings of a Slurm.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        One script.
    """
    language = LANGUAGES["slurm"]
    body = BODY.format(
        scheduling="\n".join(_exports(scheduling())),
        store=task.store,
        logs=site.logs,
        name=task.name,
        certificate=tls.CERTIFICATE,
        key=tls.KEY,
        workers=task.workers,
        memory=site.memory,
        wait=WAIT_SECONDS,
        interface=f" --interface {site.interface}" if site.interface else "",
        local_directory=(
            f" --local-directory {site.local_directory}" if site.local_directory else ""
        ),
    )
    directives = language.directives(site, task, "allocation")
    lines = [
        *shell.opening(site, task, "allocation", directives)[:-1],
        body,
        *shell.start(task, '--cluster "scheduler-file:$folder/scheduler.json"'),
        *shell.awaited('wait -n "$client" "$workers" "$scheduler"'),
    ]
    script = Script(task.file("allocation.sh"), "\n".join(lines) + "\n" + END + SLURM_AGAIN)
    return Submission((script,), (language.step(script.path),))
