"""Every block belongs to exactly one element of a job array."""

import pytest

from jobs.array import share
from physics.errors import InputError

SLURM = {
    "SLURM_ARRAY_TASK_ID": "7",
    "SLURM_ARRAY_TASK_MIN": "3",
    "SLURM_ARRAY_TASK_MAX": "11",
    "SLURM_ARRAY_TASK_STEP": "4",
}
LSF = {"LSB_JOBINDEX": "16", "LSB_JOBINDEX_END": "16", "LSB_JOBINDEX_STEP": "1"}
SGE = {
    "SGE_TASK_ID": "1",
    "SGE_TASK_FIRST": "1",
    "SGE_TASK_LAST": "4",
    "SGE_TASK_STEPSIZE": "1",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (SLURM, (1, 3)),
        (SLURM | {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0"}, (0, 3)),
        (LSF, (15, 16)),
        (SGE, (0, 4)),
        ({"HNLSCAN_SHARE": "0/1"}, (0, 1)),
        ({"HNLSCAN_SHARE": "5/6", **SLURM}, (5, 6)),
        # Grid Engine and LSF set these in every job
        ({"SGE_TASK_ID": "undefined", "LSB_JOBINDEX": "0", **SLURM}, (1, 3)),
    ],
)
def test_shares(environ: dict[str, str], expected: tuple[int, int]) -> None:
    assert share(environ) == expected


def test_the_shares_of_an_array_are_a_partition() -> None:
    found = [share({**LSF, "LSB_JOBINDEX": str(k)}) for k in range(1, 17)]
    blocks = [block for i, n in found for block in range(100)[i::n]]
    assert sorted(blocks) == list(range(100))


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({}, "not an element of a job array"),
        ({"SGE_TASK_ID": "undefined", "LSB_JOBINDEX": "0"}, "not an element of a job array"),
        ({"HNLSCAN_SHARE": "3/3"}, "HNLSCAN_SHARE is '3/3'"),
        ({"HNLSCAN_SHARE": "-1/3"}, "HNLSCAN_SHARE is '-1/3'"),
        ({"HNLSCAN_SHARE": "2"}, "such as 0/16"),
        ({"SLURM_ARRAY_TASK_ID": "3"}, "SLURM_ARRAY_TASK_MAX=, "),
        (SLURM | {"SLURM_ARRAY_TASK_ID": "12"}, "SLURM_ARRAY_TASK_ID=12"),
        (LSF | {"LSB_JOBINDEX_STEP": "0"}, "LSB_JOBINDEX_STEP=0"),
    ],
)
def test_complaints(environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        share(environ)
