"""The compiled module: interpreter/python/binding.cc. Numbers and buffers only; runtime.py makes names and sentences of it."""

#: status name, sentence, subgraph, node, detail; node and detail are -1 when they mean nothing (see interpreter/status.h).
Failure = tuple[str, str, int, int, int]
#: name, numpy dtype, shape, scales, zero points, quantized dimension, constant.
TensorRow = tuple[str, str, tuple[int, ...], list[float], list[int], int, bool]

class Interpreter:
    """The device's interpreter over ``model``, whose bytes it keeps alive. Calls that can fail return the failure."""

    def __init__(self, model: bytes, preserve_all_tensors: bool) -> None: ...
    def open(self) -> Failure | None: ...
    def allocate(self, arena_size: int) -> Failure | None: ...
    def allocate_in(self, sizes: list[int]) -> Failure | None: ...
    def regions_used(self) -> list[int]: ...
    def invoke(self) -> Failure | None:
        """Run once, without the GIL."""

    def invoke_step(self, operators: int) -> tuple[Failure | None, bool]:
        """Run the next operators of an invoke, without the GIL; and whether it is done."""

    def profile(self) -> tuple[Failure | None, list[int]]:
        """Run once, without the GIL; nanoseconds of each operator."""

    def reset_variables(self) -> None: ...
    def set_iteration_limit(self, limit: int) -> None: ...

    # After open:
    def tensors(self, subgraph: int) -> list[TensorRow]: ...
    def subgraph_count(self) -> int: ...
    def operators(self, subgraph: int) -> list[tuple[str, list[int], list[int]]]:
        """Name (lower case), input tensors, output tensors; -1 for absent operands."""

    def inputs(self) -> list[int]: ...
    def outputs(self) -> list[int]: ...

    # After allocate:
    def buffer(self, tensor: int) -> memoryview | None:
        """The tensor's bytes where they are, constants read-only; None for a tensor that nothing uses."""

    def arena_used(self) -> tuple[int, int, int, int]:
        """ArenaUse of interpreter.h: bytes of tensors, scratch, planning, persistent."""

    def plan(self) -> list[tuple[int, int, int, int, int, int, int, int]]:
        """Subgraph, tensor (-1: scratch), node (-1: tensor), offset, size, first and last tick of its life (planning.h), region
        of allocate_in (0: the first), which the offset counts from."""

def quantize_ratio(a: float, b: float, c: float) -> tuple[int, int]: ...
def quantize_multiplier(a: float) -> tuple[int, int]: ...
def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int: ...
def use_variant(name: str) -> bool:
    """Take the microkernels "portable", "avx2" or "avx512vnni" from now on; False when this processor lacks them."""
