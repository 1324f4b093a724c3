"""``arenite.Interpreter``: the device's own interpreter, in Python, with the methods of ``tf.lite.Interpreter``.

The compiled module knows tensors by number and reports failures as codes; names, numpy and sentences are added here.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from .elements import numpy_dtype, unpack
from .errors import ArenaError, DataError, ModelError, StateError

if TYPE_CHECKING:
    from .signatures import Signature, SignatureRunner

#: first try in bytes when no arena size is given; a refusal says what is needed.
FIRST_ARENA = 4096
#: environment variable that names the microkernels to use instead of the best; see docs/microkernels.md.
VARIANT = "ARENITE_VARIANT"
#: statuses whose detail is a byte offset in the file; of the others it is a tensor (interpreter/status.h).
_AT_BYTE = ("Truncated", "Misaligned", "BadIdentifier", "BadStructure")


@dataclass(frozen=True)
class ArenaUse:
    """Bytes of arena, the same on the host and on every board.

    tensors     inputs, outputs and intermediate results, which share memory over time.
    scratch     what operators' scratch adds to the peak.
    planning    what the planner's lists add to the peak while allocating; 0 but for very small models.
    persistent  what the interpreter keeps.
    """

    tensors: int
    scratch: int
    planning: int
    persistent: int

    @property
    def used(self) -> int:
        """The whole arena."""
        return self.tensors + self.scratch + self.planning + self.persistent

    @property
    def planned(self) -> int:
        """Tensors and scratch: what the memory plan shows."""
        return self.tensors + self.scratch

    def __int__(self) -> int:
        return self.used

    def __str__(self) -> str:
        parts = {"tensors": self.tensors, "scratch": self.scratch, "planning": self.planning}
        named = [f"{size:,} B {name}" for name, size in parts.items() if size or name == "tensors"]
        return f"arena {self.used:,} B = {' + '.join(named)} + {self.persistent:,} B persistent"


@dataclass(frozen=True)
class PlannedTensor:
    """A piece of the arena: ``size`` bytes at ``offset``, in use from operator ``first`` to ``last`` inclusive.

    An operator that calls subgraphs counts as all of theirs together.
    kind    "tensor", or "scratch" of the operator that it is named after.
    region  of ``arena_regions``, which ``offset`` counts from; 0 for the only one.
    """

    name: str
    kind: str
    offset: int
    size: int
    first: int
    last: int
    region: int = 0


def _choose_variant() -> None:
    name = os.environ.get(VARIANT)
    if name and not _core.use_variant(name):
        raise StateError(f"{VARIANT}={name}: this processor has no such microkernels; unset it, or name 'portable'")


_choose_variant()


@dataclass(frozen=True)
class _Subgraph:
    """What reports and errors say of a subgraph: names of tensors; name, operands and results of operators."""

    names: list[str]
    operators: list[tuple[str, list[int], list[int]]]

    @staticmethod
    def of(core: _core.Interpreter, index: int) -> _Subgraph:
        names = [name or f"tensor_{number}" for number, (name, *_) in enumerate(core.tensors(index))]
        return _Subgraph(names, core.operators(index))


class Interpreter:
    """Runs a ``.tflite`` model inside one arena. Test code written for ``tf.lite.Interpreter`` runs unchanged.

    model_path, model_content  exactly one of them.
    arena_size                 bytes; None takes as much as the model needs.
    arena_regions              instead: bytes of two to four parts of the arena, the fast ones first. The first also holds what
                               lasts; each takes what is used for the shortest time, as ``allocate_in`` on a board.
    preserve_all_tensors       no tensor shares memory, so that ``get_tensor`` shows every intermediate result.

    One interpreter belongs to one thread at a time; ``invoke`` releases the GIL, so several run in parallel.
    """

    def __init__(
        self,
        model_path: str | Path | None = None,
        model_content: bytes | None = None,
        *,
        arena_size: int | None = None,
        arena_regions: Sequence[int] | None = None,
        preserve_all_tensors: bool = False,
    ) -> None:
        if (model_path is None) == (model_content is None):
            raise DataError("give either model_path or model_content")
        if arena_size is not None and arena_size < 0:
            raise DataError(f"arena_size is {arena_size}; it is a number of bytes, 0 or more")
        regions = list(arena_regions or ())
        if regions and (
            arena_size is not None or preserve_all_tensors or not 2 <= len(regions) <= 4 or min(regions) < 0
        ):
            raise DataError("arena_regions is two to four numbers of bytes, without arena_size or preserve_all_tensors")
        content = bytes(model_content) if model_content is not None else _read(Path(str(model_path)))
        self._content = content
        self._arena_size = arena_size
        self._regions = regions
        self._allocated = False
        self._core = _core.Interpreter(content, preserve_all_tensors)
        self._subgraphs: list[_Subgraph] = []
        self._check(self._core.open())
        self._subgraphs = [_Subgraph.of(self._core, index) for index in range(self._core.subgraph_count())]
        tensors = self._core.tensors(0)
        named = zip(self._subgraphs[0].names, tensors, strict=True)
        self._details = [_detail(index, name, tensor) for index, (name, tensor) in enumerate(named)]
        self._constant = [tensor[-1] for tensor in tensors]
        self._packed = [tensor[1] == "int4" for tensor in tensors]

    # --- tf.lite.Interpreter ----------------------------------------------------------------------------------------
    def allocate_tensors(self) -> None:
        """Plan the arena and prepare every operator. Again: start anew. Raises ArenaError, ModelError."""
        self._allocated = False
        if self._regions:
            self._allocate_regions()
            return
        failure = self._try_arena(FIRST_ARENA if self._arena_size is None else self._arena_size)
        if failure is not None and failure[0] == "ArenaTooSmall":
            failure = self._grow(failure)
        self._check(failure)
        self._allocated = True

    def get_input_details(self) -> list[dict[str, Any]]:
        """One dict per model input, in the model's order; the keys of ``tf.lite.Interpreter``."""
        return [self._details[index] for index in self._core.inputs()]

    def get_output_details(self) -> list[dict[str, Any]]:
        """One dict per model output, in the model's order."""
        return [self._details[index] for index in self._core.outputs()]

    def get_tensor_details(self) -> list[dict[str, Any]]:
        """One dict per tensor of the file."""
        return list(self._details)

    def set_tensor(self, tensor_index: int, value: Any) -> None:
        """Copy ``value`` into a tensor. DataError (a ValueError) when dtype or shape differ, or when it is constant."""
        detail = self._detail(tensor_index)
        array = np.asarray(value)
        if array.dtype != detail["dtype"] or array.shape != tuple(detail["shape"]):
            raise DataError(
                f"cannot set tensor {tensor_index} '{detail['name']}': got {array.dtype}{list(array.shape)},"
                f" expected {np.dtype(detail['dtype'])}{list(map(int, detail['shape']))}{_hint(array, detail)}"
            )
        if self._constant[tensor_index]:
            raise DataError(f"cannot set tensor {tensor_index} '{detail['name']}': it is a constant of the model")
        self._view(tensor_index)[...] = array

    def get_tensor(self, tensor_index: int) -> np.ndarray:
        """A copy of a tensor's value. Intermediate results share memory unless ``preserve_all_tensors`` is set."""
        return self._view(tensor_index).copy()

    def tensor(self, tensor_index: int) -> Callable[[], np.ndarray]:
        """A function that gives a view of the tensor's memory, without a copy. Do not keep views over a new allocation.

        int4 constants are unpacked, one element to a byte, here and in ``get_tensor``.
        """
        self._detail(tensor_index)
        return lambda: self._view(tensor_index)

    def invoke(self) -> bool:
        """Run the model once. Releases the GIL.

        False when the outputs are not new: an operator (CIRCULAR_BUFFER) waits for more input. Always True otherwise.
        """
        self._require_allocation()
        failure = self._core.invoke()
        if failure is not None and failure[0] == "NotDue":
            return False
        self._check(failure)
        return True

    def invoke_step(self, operators: int = 1) -> bool | None:
        """Run the next ``operators`` of an invoke, as firmware does in a cooperative loop; the first step begins one.

        None while there are more to run: set no inputs and do not call ``invoke`` until then. At the end True, or False
        where ``invoke`` gives False. IF and WHILE are one operator with all that they call.
        """
        self._require_allocation()
        if operators < 1:
            raise DataError(f"a step of {operators} operators runs nothing; give 1 or more")
        failure, done = self._core.invoke_step(operators)
        if failure is not None and failure[0] == "NotDue":
            return False
        self._check(failure)
        return True if done else None

    def reset_all_variables(self) -> None:
        """Start anew: state tensors are 0 as at first, variables unassigned, and what initialises them runs again."""
        self._require_allocation()
        self._core.reset_variables()

    def get_signature_list(self) -> dict[str, dict[str, list[str]]]:
        """Signature key → names of its inputs and outputs."""
        return {
            key: {"inputs": list(signature.inputs), "outputs": list(signature.outputs)}
            for key, signature in self._signatures().items()
        }

    def get_signature_runner(self, signature_key: str | None = None) -> SignatureRunner:
        """A function from arrays by input name to arrays by output name. The key may be left out when there is only one.

        Raises DataError (a ValueError) for an unknown key.
        """
        from .signatures import SignatureRunner

        signatures = self._signatures()
        key = next(iter(signatures)) if signature_key is None and len(signatures) == 1 else signature_key
        if key not in signatures:
            known = ", ".join(f"'{name}'" for name in signatures) or "none"
            raise DataError(f"the model has no signature {key!r}; it has {known}")
        if not self._allocated:
            self.allocate_tensors()
        return SignatureRunner(self, signatures[key])

    # --- Arenite's own ----------------------------------------------------------------------------------------------
    def arena_used(self) -> ArenaUse:
        """How many bytes of arena the model takes, on this machine and on every board."""
        self._require_allocation()
        return ArenaUse(*self._core.arena_used())

    def regions_used(self) -> list[int]:
        """Bytes that the model needs of each of ``arena_regions``; the first with what the interpreter keeps at its end."""
        self._require_allocation()
        if not self._regions:
            raise StateError("the interpreter has one arena; give arena_regions, or ask arena_used()")
        return self._core.regions_used()

    def op_counts(self) -> dict[str, int]:
        """Operator name → how often in all subgraphs, most frequent first."""
        return dict(Counter(name for part in self._subgraphs for name, _, _ in part.operators).most_common())

    def memory_plan(self) -> list[PlannedTensor]:
        """Where every tensor and every scratch buffer lies, and how long it lives."""
        self._require_allocation()
        plan = []
        for subgraph, tensor, node, *place in self._core.plan():
            part = self._subgraphs[subgraph]
            name = part.names[tensor] if tensor >= 0 else part.operators[node][0]
            where = f" [subgraph {subgraph}]" if subgraph else ""
            plan.append(PlannedTensor(name + where, "tensor" if tensor >= 0 else "scratch", *place))
        return plan

    def set_iteration_limit(self, limit: int) -> None:
        """Rounds that all loops of the model may make together in one run, 1,000,000 unless set; until the next allocation.

        More end in ModelError, so that no file can loop for ever.
        """
        self._require_allocation()
        self._core.set_iteration_limit(limit)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _signatures(self) -> dict[str, Signature]:
        from .signatures import read_signatures

        return read_signatures(self._content)

    def _require_allocation(self) -> None:
        if not self._allocated:
            raise StateError("call allocate_tensors() first")

    def _detail(self, index: int) -> dict[str, Any]:
        if not 0 <= index < len(self._details):
            raise DataError(f"there is no tensor {index}; the model has {len(self._details)}")
        return self._details[index]

    def _view(self, index: int) -> np.ndarray:
        detail = self._detail(index)
        self._require_allocation()
        buffer = self._core.buffer(index)
        if buffer is None:
            raise DataError(f"tensor {index} '{detail['name']}' has no memory: no operator reads or writes it")
        view = np.frombuffer(buffer, detail["dtype"])
        if self._packed[index]:
            view = unpack(view.view(np.uint8), math.prod(detail["shape"]))
        return view.reshape(detail["shape"])

    def _allocate_regions(self) -> None:
        failure = self._core.allocate_in(self._regions)
        if failure is not None and failure[0] == "ArenaTooSmall":
            sizes = " + ".join(f"{size:,}" for size in self._regions)
            raise ArenaError(
                f"the arena's parts of {sizes} bytes are too small: a piece of {failure[-1]:,} bytes finds no room; make one "
                "of them larger, the first if the piece keeps its value between runs"
            )
        self._check(failure)
        self._allocated = True

    def _try_arena(self, size: int) -> _core.Failure | None:
        try:
            return self._core.allocate(size)
        except MemoryError:
            raise ArenaError(f"this machine does not give the {size:,} bytes of arena that are asked for") from None

    def _grow(self, failure: _core.Failure) -> _core.Failure | None:
        """Allocate as much as the model needs; where the user has given an arena, raise ArenaError with that number."""
        enlarged: _core.Failure | None = failure
        while enlarged is not None and enlarged[0] == "ArenaTooSmall":  # the first number may be for planning alone
            enlarged = self._try_arena(enlarged[-1])
        if enlarged is not None or self._arena_size is None:
            return enlarged
        needed = ArenaUse(*self._core.arena_used()).used
        self._core.allocate(self._arena_size)  # as it was: nothing can be invoked
        raise ArenaError(
            f"the arena of {self._arena_size:,} bytes is too small: the model needs {needed:,} bytes; "
            f"give arena_size={needed}"
        )

    def _check(self, failure: _core.Failure | None) -> None:
        """Raise what a failure of the compiled module means, with its place and a remedy."""
        if failure is None:
            return
        status, sentence, subgraph, node, detail = failure
        raise ModelError(f"{self._place(status, subgraph, node, detail)}{sentence}")

    def _place(self, status: str, subgraph: int, node: int, detail: int) -> str:
        """``operator 3 (conv_2d → 'conv1/relu'), tensor 7 'conv1/bias': ``, as far as it is known."""
        words = []
        part = self._subgraphs[subgraph] if subgraph < len(self._subgraphs) else _Subgraph([], [])
        names = part.names
        if 0 <= node < len(part.operators):
            name, _, outputs = part.operators[node]
            name = _builtin_name(detail, name) if status == "UnsupportedOp" else name
            result = f" → '{names[outputs[0]]}'" if outputs and 0 <= outputs[0] < len(names) else ""
            words.append(f"operator {node} ({name}{result})")
        elif node >= 0:
            words.append(f"operator {node}")
        if status in _AT_BYTE and detail >= 0:
            words.append(f"at byte {detail}")
        elif status != "UnsupportedOp" and detail >= 0:
            words.append(f"tensor {detail}" + (f" '{names[detail]}'" if detail < len(names) else ""))
        if subgraph:
            words.append(f"subgraph {subgraph}")
        return f"{', '.join(words)}: " if words else ""


def _builtin_name(code: int, custom: str) -> str:
    """TFLite's name of an operator that we have no kernel for; of a custom one, the file's."""
    from . import flat

    if code == flat.schema().enums["BuiltinOperator"].values["CUSTOM"]:
        return f"custom {custom!r}"
    return flat.schema().enums["BuiltinOperator"].names.get(code, f"builtin {code}").lower()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read '{path}': {error.strerror}") from None


def _detail(index: int, name: str, tensor: _core.TensorRow) -> dict[str, Any]:
    """A tensor in the form of ``tf.lite.Interpreter.get_tensor_details``."""
    _, dtype, shape, scales, zero_points, axis, _ = tensor
    per_tensor = (float(scales[0]), int(zero_points[0])) if len(scales) == 1 else (0.0, 0)
    return {
        "name": name,
        "index": index,
        "shape": np.array(shape, np.int32),
        "shape_signature": np.array(shape, np.int32),
        "dtype": np.object_ if dtype == "resource" else numpy_dtype(dtype).type,
        "quantization": per_tensor,
        "quantization_parameters": {
            "scales": np.array(scales, np.float32),
            "zero_points": np.array(zero_points, np.int32),
            "quantized_dimension": axis,
        },
        "sparsity_parameters": {},
    }


def _hint(array: np.ndarray, detail: dict[str, Any]) -> str:
    """What would make the value fit, when that is plain."""
    if array.shape == tuple(detail["shape"])[1:] and detail["shape"][0] == 1:
        return "; add the batch axis: value[None]"
    if array.shape == tuple(detail["shape"]) and array.dtype.kind == "f" and detail["quantization"][0]:
        scale, zero_point = detail["quantization"]
        return f"; quantize it: round(value / {scale:.7g}) + {zero_point}, clipped to the type's range"
    return f"; convert it: value.astype('{np.dtype(detail['dtype'])}')" if array.shape == tuple(detail["shape"]) else ""
