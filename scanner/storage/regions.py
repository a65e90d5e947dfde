"""Read and write the blocks of one group: data first, mark last.

The mark of a block is the crc32 of its data, so a mark proves what it says. Kept handles make a
block cost milliseconds; regions must be whole chunks, since two writers of one chunk lose data
without an error.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from scanner.blocks.blocks import Arrays, ArraySpec, Block, Layout, checksum
from scanner.blocks.split import forget_failures
from scanner.storage.place import Place, each, zarr_store
from scanner.storage.remote import RemoteError

RESPONSE = "response"
SCAN = "_scan"
TO_DO = -1
"""Mark of a block that waits."""
BROKEN = -2
"""Mark of a block whose computation failed."""

FILES_AT_ONCE = 4096
"""Marks read together: more are no faster, and take memory that grows with the scan."""

Marks = npt.NDArray[np.int64]
Rounds = npt.NDArray[np.int8]


class Regions:
    """Handles on the arrays of one group in a store that is being scanned or is sealed.

    Parameters
    ----------
    path : Place
        The store.
    layout : Layout
        The group and its block shape.
    mode : str
        ``"r+"``, or ``"r"`` for readers.
    """

    def __init__(self, path: Place, layout: Layout, mode: str = "r+") -> None:
        self.layout = layout
        self._place = path
        name = layout.spec.name
        # a block of zeros is a result: without this its chunks would not be written
        with zarr.config.set({"array.write_empty_chunks": True}):
            root = zarr.open_group(
                zarr_store(path, mode), mode=_mode(mode), zarr_format=3, use_consolidated=False
            )
            self._marks = _array(root, f"{SCAN}/{name}/mark")
            self._known = _array(root, f"{SCAN}/{name}/known")
            self._executions = _array(root, f"{SCAN}/{name}/executions")
            self._messages = _array(root, f"{SCAN}/{name}/message")
            refined = layout.spec.coarse is not None
            self._asked = _array(root, f"{SCAN}/{name}/asked") if refined else None
            self._arrays = {
                spec.name: _array(root, f"{RESPONSE}/{name}/{spec.name}")
                for spec in layout.spec.arrays
            }

    def marks(self) -> Marks:
        """Read the marks of all blocks: -1 to do, -2 failed, else the checksum of the data."""
        return _in_parts(self._marks)

    def known_marks(self) -> Marks:
        """Read the checksums of what is known of blocks before they are computed; -1 nothing."""
        return _in_parts(self._known)

    def asked(self) -> Rounds:
        """Read which blocks are wanted: 0 not, else 1 + the round in which that was decided."""
        if self._asked is None:
            return np.ones(self.layout.n_blocks, dtype=np.int8)
        return np.asarray(self._asked[:])

    def asked_marks(self) -> Marks:
        """Read the marks of the blocks that are wanted."""
        return self.marks_of(np.flatnonzero(self.asked()))

    def marks_of(self, numbers: npt.NDArray[np.intp]) -> Marks:
        """Read the marks of some blocks; each is a file of its own."""
        if len(numbers) == self.layout.n_blocks:
            return self.marks()
        return np.asarray(self._marks.oindex[numbers])

    def set_asked(self, rounds: Rounds) -> None:
        """Say which blocks of a refined group are wanted; for the one process that decides it."""
        assert self._asked is not None
        self._asked[:] = rounds

    def executions(self) -> Marks:
        """Read how often every block has been started."""
        return _in_parts(self._executions)

    def message(self, index: int) -> str:
        """Read why a block failed."""
        return str(np.asarray(self._messages[index : index + 1])[0])

    def array(self, name: str) -> "zarr.Array[Any]":
        """Give the handle of one array of the group."""
        return self._arrays[name]

    def read(self, block: Block) -> Arrays:
        """Read the arrays of a block as they are stored."""
        read = each(self._place, lambda a: np.asarray(a[block.slices]), self._arrays.values())
        return dict(zip(self._arrays, read, strict=True))

    def verified(self, block: Block, mark: int) -> bool:
        """Say whether the data of a block are still those its mark was made of."""
        try:
            return checksum(self.read(block)) == mark
        except RemoteError:
            raise  # the data may be as good as ever
        except Exception:  # noqa: BLE001 - whatever a damaged chunk raises means the same
            return False

    def known(self, block: Block) -> Arrays | None:
        """Read what the store holds of a block before it is computed, if anything.

        That is what an extension took over, or the good points of a block that failed.
        """
        mark = int(np.asarray(self._known[block.index : block.index + 1])[0])
        if mark < 0:
            return None
        found = self.read(block)
        # a worker killed while writing the block leaves a mixture: then nothing is known
        return forget_failures(self.layout.spec, found) if checksum(found) == mark else None

    def start(self, block: Block) -> None:
        """Count an execution of a block."""
        here = slice(block.index, block.index + 1)
        self._executions[here] = np.asarray(self._executions[here]) + 1

    def write(self, block: Block, values: Arrays) -> None:
        """Store a block (checked by `conform`): data first, mark last."""
        self.write_data(block, values)
        self.set_mark(block, checksum(values))

    def write_known(self, block: Block, values: Arrays) -> None:
        """Store what is known of a block that has still to be computed."""
        self.write_data(block, values)
        self._known[block.index : block.index + 1] = checksum(values)

    def write_data(self, block: Block, values: Arrays) -> None:
        """Store arrays of a block without marking it."""
        for array in self._arrays.values():
            _require_aligned(array, block)
        each(self._place, lambda name: self._put(name, block, values[name]), self._arrays)

    def _put(self, name: str, block: Block, value: npt.NDArray[Any]) -> None:
        """Store one array of a block."""
        self._arrays[name][block.slices] = value

    def set_mark(self, block: Block, mark: int) -> None:
        """Set the mark of a block."""
        self._marks[block.index : block.index + 1] = mark

    def fail(self, block: Block, message: str, values: Arrays | None = None) -> None:
        """Mark a block as failed; keep the reason, and the points that could be computed."""
        if values is not None:
            self.write_known(block, values)
        self._messages[block.index : block.index + 1] = np.array([message], dtype=object)
        self.set_mark(block, BROKEN)

    def reset(self, block: Block) -> None:
        """Mark a block as to do, from scratch."""
        self._known[block.index : block.index + 1] = TO_DO
        self.set_mark(block, TO_DO)

    def retry(self, block: Block) -> None:
        """Mark a failed block as to do; what could be computed of it stays known."""
        self.set_mark(block, TO_DO)

    def conform(self, block: Block, values: Arrays) -> Arrays:
        """Cast what `evaluate` returned to the stored types, or raise ValueError."""
        wanted = {spec.name for spec in self.layout.spec.arrays}
        if set(values) != wanted:
            raise ValueError(f"evaluate returned arrays {sorted(values)}, not {sorted(wanted)}")
        return {
            spec.name: self._conform_one(spec, block, values[spec.name])
            for spec in self.layout.spec.arrays
        }

    def _conform_one(self, spec: ArraySpec, block: Block, value: Any) -> npt.NDArray[Any]:
        """Cast one array."""
        array = np.asarray(value)
        shape = block.shape + self.layout.spec.trailing(spec)
        if array.shape != shape:
            raise ValueError(f"array {spec.name} has shape {array.shape}, not {shape}")
        if not np.can_cast(array.dtype, spec.dtype, casting="same_kind"):
            raise ValueError(f"array {spec.name} has type {array.dtype}, not {spec.dtype}")
        return np.ascontiguousarray(array, dtype=spec.dtype)


def _in_parts(array: "zarr.Array[Any]") -> Marks:
    """Read one number of every block; zarr keeps a kilobyte for each file that it reads at once."""
    starts = range(0, array.shape[0], FILES_AT_ONCE)
    parts = [np.asarray(array[start : start + FILES_AT_ONCE]) for start in starts]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _require_aligned(array: "zarr.Array[Any]", block: Block) -> None:
    """Refuse a region that is not made of whole chunks."""
    for (start, stop), size, chunk in zip(block.region, array.shape, array.chunks, strict=False):
        if start % chunk or (stop % chunk and stop != size):
            raise RuntimeError(f"block {block} of {array.name} does not end at chunks of {chunk}")


def _array(root: zarr.Group, path: str) -> "zarr.Array[Any]":
    """Open an array of the store."""
    found = root[path]
    if not isinstance(found, zarr.Array):
        raise TypeError(f"{path} is no array")
    return found


def _mode(mode: str) -> Any:
    """Access mode with the type zarr wants."""
    return mode
