"""Batch systems whose jobs are scripts with directives: Slurm, PBS, LSF and Grid Engine.

Only Slurm has been run; the others are written from their manuals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jobs import shell
from jobs.settings import Site
from jobs.task import Part, Script, Step, Submission, Task
from jobs.times import clock

INTERRUPTED = 3
"""Exit code of a scan that is to be run again."""

SLURM_AGAIN = """
# interrupted, not cancelled: wait in the queue for more time
state=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%T)
if [ "$code" -eq 3 ] && [ "$state" = RUNNING ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""

SGE_AGAIN = """
# interrupted: 99 asks Grid Engine to wait in the queue for more time
if [ "$code" -eq 3 ]; then exit 99; fi
exit "$code"
"""

LSF_AGAIN = """
# interrupted: -Q above has LSF wait in the queue for more time
exit "$code"
"""

PBS_ELEMENT = """
# PBS does not let users requeue: the finishing job submits the array again
if [ "$code" -eq 3 ]; then touch {again}; fi
exit "$code"
"""

PBS_FINISH = """if [ -e {again} ]; then
    rm {again}
    array=$(qsub {array}) && qsub -W depend=afterany:"$array" {finish}
    exit
fi
"""

PBS_AGAIN = """
# interrupted: PBS does not let users requeue, so the job submits itself again
if [ "$code" -eq 3 ]; then qsub {script}; fi
exit "$code"
"""


@dataclass(frozen=True)
class Language:
    """How a batch system is spoken to.

    Parameters
    ----------
    directives : callable
        ``(site, task, part) -> lines``.
    submit : tuple of str
        Command that takes a script.
    after : tuple of str
        Options of it that wait for the end of job ``{after}``.
    job : str
        Regular expression that finds the number of a job in what `submit` prints.
    again : callable
        ``(task, part) -> text`` of what follows a scan that ended with ``$code``.
    before : callable
        ``(task, part) -> text`` of what comes before it.
    stdin : bool
        Whether `submit` reads the script.
    """

    directives: Callable[[Site, Task, Part], list[str]]
    submit: tuple[str, ...]
    after: tuple[str, ...]
    job: str
    again: Callable[[Task, Part], str]
    before: Callable[[Task, Part], str] = lambda task, part: ""
    stdin: bool = False

    def script(self, site: Site, task: Task, part: Part, options: str) -> Script:
        """Write a job that runs one client.

        Parameters
        ----------
        site : Site
            Settings.
        task : Task
            What to compute.
        part : str
            Which job.
        options : str
            Where the client computes.

        Returns
        -------
        Script
            The file.
        """
        opening = "\n".join(shell.opening(site, task, part, self.directives(site, task, part)))
        body = "\n".join(shell.client(task, options))
        before, again = self.before(task, part), self.again(task, part)
        return Script(task.file(f"{part}.sh"), f"{opening}\n{before}{body}\n{again}")

    def step(self, path: Path, *options: str) -> Step:
        """Submit a script."""
        if self.stdin:
            return Step((*self.submit, *options), self.job, path)
        return Step((*self.submit, *options, str(path)), self.job)


def elastic(language: Language, site: Site, task: Task) -> Submission:
    """Write a client whose workers are jobs.

    Parameters
    ----------
    language : Language
        Of the batch system.
    site : Site
        Settings.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        One script.
    """
    options = f"--cluster {site.source} --workers {task.workers}"
    script = language.script(site, task, "elastic", options)
    return Submission((script,), (language.step(script.path),))


def array(language: Language, site: Site, task: Task) -> Submission:
    """Write a job array, and the job that finishes what it leaves.

    Parameters
    ----------
    language : Language
        Of the batch system.
    site : Site
        Settings.
    task : Task
        What to compute.

    Returns
    -------
    Submission
        Two scripts; the second waits for the first.
    """
    elements = language.script(site, task, "array", "--cluster job-array")
    finish = language.script(site, task, "finish", "--workers 0")
    steps = (language.step(elements.path), language.step(finish.path, *language.after))
    return Submission((elements, finish), steps)


def _slurm(site: Site, task: Task, part: Part) -> list[str]:
    """Directives of Slurm."""
    element = part == "array"
    tasks = task.workers + 1 if part == "allocation" else 1
    output = "%x-%A_%a.out" if element else "%x-%j.out"
    lines = [
        f"--job-name={task.name}",
        f"--array=0-{task.workers - 1}" if element else "",
        f"--partition={site.queue}" if site.queue else "",
        f"--account={site.account}" if site.account else "",
        f"--time={clock(site.walltime)}",
        f"--nodes={site.nodes}" if site.nodes and part == "allocation" else "",
        f"--ntasks={tasks}",
        "--cpus-per-task=1",
        f"--mem-per-cpu={site.memory_mebibytes}M",
        f"--output={site.logs}/{output}",
        "--open-mode=append",
        "--requeue",
        f"--signal=B:TERM@{task.ends.warning}",
        *site.directives,
    ]
    return [f"#SBATCH {line}" for line in lines if line]


def _pbs(site: Site, task: Task, part: Part) -> list[str]:
    """Directives of PBS."""
    lines = [
        f"-N {task.name}",
        f"-J 0-{task.workers - 1}" if part == "array" else "",
        f"-q {site.queue}" if site.queue else "",
        f"-A {site.account}" if site.account else "",
        f"-l select=1:ncpus=1:mem={site.memory_mebibytes}mb",
        f"-l walltime={clock(site.walltime)}",
        "-j oe",
        f"-o {site.logs}/",
        "-r y",
        *site.directives,
    ]
    return [f"#PBS {line}" for line in lines if line]


def _lsf(site: Site, task: Task, part: Part) -> list[str]:
    """Directives of LSF; it counts the walltime in hours and minutes."""
    elements = f"[1-{task.workers}]" if part == "array" else ""
    output = "%J-%I.out" if part == "array" else "%J.out"
    lines = [
        f'-J "{task.name}{elements}"',
        f"-q {site.queue}" if site.queue else "",
        f"-P {site.account}" if site.account else "",
        "-n 1",
        f"-W {clock(site.walltime)[:-3]}",
        f"-o {site.logs}/{output}",
        "-r",
        f'-Q "{INTERRUPTED}"',
        *site.directives,
    ]
    return [f"#BSUB {line}" for line in lines if line]


def _sge(site: Site, task: Task, part: Part) -> list[str]:
    """Directives of Grid Engine."""
    lines = [
        "-S /bin/bash",
        f"-N {task.name}",
        f"-t 1-{task.workers}" if part == "array" else "",
        f"-q {site.queue}" if site.queue else "",
        f"-P {site.account}" if site.account else "",
        f"-l h_rt={clock(site.walltime)}",
        "-j y",
        f"-o {site.logs}/",
        "-r y",
        *site.directives,
    ]
    return [f"#$ {line}" for line in lines if line]


def _pbs_again(task: Task, part: Part) -> str:
    """Write what follows a scan under PBS."""
    if part == "array":
        return PBS_ELEMENT.format(again=task.file("again"))
    return PBS_AGAIN.format(script=task.file(f"{part}.sh"))


def _pbs_before(task: Task, part: Part) -> str:
    """Write what comes before a scan under PBS, which does not say how many elements there are."""
    if part == "array":
        return f'export HNLSCAN_SHARE="$PBS_ARRAY_INDEX/{task.workers}"\n'
    if part == "finish":
        files = {name: task.file(f"{name}.sh") for name in ("array", "finish")}
        return PBS_FINISH.format(again=task.file("again"), **files)
    return ""


LANGUAGES = {
    "slurm": Language(
        _slurm,
        submit=("sbatch", "--parsable"),
        after=("--dependency=afterany:{after}",),
        job=r"^(\d+)",
        again=lambda task, part: SLURM_AGAIN,
    ),
    "pbs": Language(
        _pbs,
        submit=("qsub",),
        after=("-W", "depend=afterany:{after}"),
        job=r"^(\S+)",
        again=_pbs_again,
        before=_pbs_before,
    ),
    "lsf": Language(
        _lsf,
        submit=("bsub",),
        after=("-w", "ended({after})"),
        job=r"<(\d+)>",
        again=lambda task, part: LSF_AGAIN,
        stdin=True,
    ),
    "sge": Language(
        _sge,
        submit=("qsub", "-terse"),
        after=("-hold_jid", "{after}"),
        job=r"^(\d+)",
        again=lambda task, part: SGE_AGAIN,
    ),
}
"""By kind of cluster."""
