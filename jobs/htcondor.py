"""HTCondor, whose jobs are described in files of their own. Written from its manual, never run."""

from jobs import shell
from jobs.languages import INTERRUPTED
from jobs.settings import Site
from jobs.task import Part, Script, Step, Submission, Task

JOB = r"cluster (\d+)"
"""What is printed has the number after this word."""


def elastic(site: Site, task: Task) -> Submission:
    """Write a client whose workers are jobs.

    Parameters
    ----------
    site : Site
        Settings.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        A script and its description.
    """
    options = f"--cluster {site.source} --workers {task.workers}"
    files = _job(site, task, "elastic", options)
    return Submission(files, (Step(("condor_submit", str(files[1].path)), JOB),))


def array(site: Site, task: Task) -> Submission:
    """Write an array of jobs, and a graph in which a last one finishes what they leave.

    Parameters
    ----------
    site : Site
        Settings.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        Two scripts, their descriptions and the graph.
    """
    elements = _job(site, task, "array", "--cluster job-array")
    finish = _job(site, task, "finish", "--workers 0")
    # a FINAL node runs however the others ended
    graph = f"JOB ARRAY {elements[1].path}\nFINAL FINISH {finish[1].path}\n"
    dag = Script(task.file("dag"), graph)
    step = Step(("condor_submit_dag", "-force", str(dag.path)), JOB)
    return Submission((*elements, *finish, dag), (step,))


def _job(site: Site, task: Task, part: Part, options: str) -> tuple[Script, Script]:
    """Write a script and its description."""
    lines = [*shell.opening(site, task, part, []), *shell.client(task, options), 'exit "$code"']
    script = Script(task.file(f"{part}.sh"), "\n".join(lines) + "\n")
    output = f"{site.logs}/{task.name}-{part}"
    number = "$(Cluster).$(Process)"
    share = f'environment = "HNLSCAN_SHARE=$(Process)/{task.workers}"'
    description = [
        f"executable = {script.path}",
        f"initialdir = {task.store.parent}",
        *([share] if part == "array" else []),
        f"output = {output}-{number}.out",
        f"error = {output}-{number}.err",
        f"log = {output}.log",
        "request_cpus = 1",
        f"request_memory = {site.memory_mebibytes}MB",
        "should_transfer_files = NO",
        *([f"accounting_group = {site.account}"] if site.account else []),
        "# interrupted: stay in the queue for more time",
        f"on_exit_remove = ExitBySignal || (ExitCode != {INTERRUPTED})",
        *site.directives,
        f"queue {task.workers}" if part == "array" else "queue",
    ]
    return script, Script(task.file(f"{part}.sub"), "\n".join(description) + "\n")
