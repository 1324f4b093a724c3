"""Runs a graph on real values with the operators' float references, in numpy: for calibration, folding and comparison.

A quantized graph is simulated: constants are dequantized and each result is rounded to its tensor's grid. That is what
the int8 scheme costs before any rounding inside the integer kernels (the kernels themselves are in the runtime).

State: the reference of an operator with variables gets their real values as arrays of its own and writes into them.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .elements import limits, numpy_dtype
from .errors import GraphError, UnsupportedError
from .graph import STATELESS, Graph, Op, Quantization, Value
from .opdef import CUSTOM, data_operands, declaration, title
from .places import Place

#: Called with each input and result, in the order in which they are computed.
Observer = Callable[[Value, np.ndarray], None]
#: What happens to an array on the way to its readers; gives another array.
Change = Callable[[np.ndarray], np.ndarray]


#: Real values of a graph's variables.
State = dict[Value, np.ndarray]


def evaluate(
    graph: Graph,
    inputs: Sequence[np.ndarray],
    observe: Observer | None = None,
    state: State | None = None,
    resources: dict[str, np.ndarray] | None = None,
    inside: bool = False,
) -> list[np.ndarray]:
    """The graph's outputs for ``inputs``, real values in the order of ``graph.inputs``.

    inputs   as declared, or with a leading axis that is a multiple of it (a batch) if :func:`keeps_samples_apart`.
    observe  sees every input and result once, and all values together that a variable takes in an operator. Results are
             dropped after their last reader, so memory stays near the largest live set.
    state    what the variables hold before; left with what they hold afterwards. None, or none of them: zeros.
    resources  the same for resource variables, by name; None: as in a first run.
    inside   observe what happens in subgraphs that are called too, every round of it.
    """
    execution = Execution(graph, inputs, observe, state, resources, inside)
    for op in graph.ops:
        execution.step(op)
    return execution.outputs(state)


class Execution:
    """A run of a graph, one operator at a time in the graph's order; arguments as of :func:`evaluate`."""

    def __init__(
        self,
        graph: Graph,
        inputs: Sequence[np.ndarray],
        observe: Observer | None = None,
        state: State | None = None,
        resources: dict[str, np.ndarray] | None = None,
        inside: bool = False,
    ) -> None:
        self._graph, self._observe = graph, observe
        self._observe_inside = observe if inside else None
        self._variables = graph.variables()
        self._readers = Counter(value for op in graph.ops for value in op.inputs if value is not None)
        self._readers.update(graph.outputs)
        self._readers.update(self._variables)
        self._results = _state(self._variables, graph, inputs, state or {})
        self._resources = {} if resources is None else resources
        for value, array in zip(graph.inputs, inputs, strict=True):
            self._store(value, np.asarray(array))

    def operands(self, op: Op) -> list[np.ndarray | None]:
        """What ``op`` reads, real values as op.inputs; all before it has been run."""
        if op.name == CUSTOM:
            raise UnsupportedError(
                f"{title(op)} of {op.origin} cannot be evaluated: only its own kernel knows what it does"
            )
        return [_operand(op, i, self._results) for i in range(len(op.inputs))]

    def step(self, op: Op, results: Sequence[np.ndarray] | None = None) -> None:
        """Run ``op``, or take its ``results`` as given."""
        operands = self.operands(op)
        if self._observe is not None:
            _observe_state(op, operands, self._observe)
        made = _results(op, operands, self._resources, self._observe_inside) if results is None else results
        for value, array in zip(op.outputs, made, strict=True):
            self._store(value, array)
        for value in [v for v in self._variables if v in op.inputs]:
            self._results[value] = _as_stored(value, self._results[value])
        _release(op, self._readers, self._results)

    def outputs(self, state: State | None = None) -> list[np.ndarray]:
        """The graph's outputs, all operators run; ``state`` gets what the variables hold."""
        if state is not None:
            state.update({value: self._results[value] for value in self._variables})
        return [real_constant(v) if v.is_constant else self._results[v] for v in self._graph.outputs]

    def _store(self, value: Value, array: np.ndarray) -> None:
        self._results[value] = _as_stored(value, array)
        if self._observe is not None:
            self._observe(value, self._results[value])


def evaluate_behind(
    graph: Graph, exact: Mapping[Value, np.ndarray], changes: Mapping[Value, Change]
) -> dict[Value, np.ndarray]:
    """What a graph's values become when some are changed: those that differ from ``exact`` for that reason, by value.

    exact    every input and result of one evaluation; untouched.
    changes  what is done to a value before anything reads it.
    Operators that call subgraphs or keep resources cannot be evaluated alone: see :func:`runs_by_parts`. Variables are zero.
    """
    changed = {value: changes[value](exact[value]) for value in graph.inputs if value in changes}
    known = ChainMap(changed, dict(exact))
    variables, inputs = graph.variables(), [exact[value] for value in graph.inputs]
    for op in graph.ops:
        if any(value in changed for value in op.inputs if value is not None):
            known.maps[1].update(_state([v for v in variables if v in op.inputs], graph, inputs, {}))
            results = _results(op, [_operand(op, i, known) for i in range(len(op.inputs))], {})
            changed.update(zip(op.outputs, results, strict=True))
        for value in op.outputs:
            if value in changes:
                changed[value] = changes[value](changed.get(value, exact[value]))
    return changed


def runs_by_parts(graph: Graph) -> bool:
    """Whether each operator's results follow from its operands alone."""
    return not any(op.callees or declaration(op.name).resource is not None for op in graph.ops)


def keeps_resources(graph: Graph) -> bool:
    """Whether runs depend on those before them by resource variables."""
    return any(declaration(op.name).resource is not None for part in graph.subgraphs() for op in part.ops)


def takes_one_path(graph: Graph) -> bool:
    """Whether all inputs take the same branches and as many rounds, and none leaves anything for the next."""
    if keeps_resources(graph):
        return False
    ops = [op for part in graph.subgraphs() for op in part.ops]
    moved = set(graph.inputs)  # what depends on them
    before = 0
    while before < len(moved):
        before = len(moved)
        for op in ops:
            if any(value in moved for value in op.inputs):
                moved.update(op.outputs if not op.callees else ())
            for places in declaration(op.name).carried(op):
                values = [place.value for place in places if isinstance(place, Place)]
                moved.update(values if any(value in moved for value in values) else ())
    return not any(value in moved for op in ops for value in declaration(op.name).decided_by(op))


def _as_stored(value: Value, array: np.ndarray) -> np.ndarray:
    return array if value.quant is None else on_grid(array, value.quant, value.dtype)


def _observe_state(op: Op, operands: list[np.ndarray | None], observe: Observer) -> None:
    """Show what the variables of ``op`` go through; they themselves stay as they are."""
    trajectory = declaration(op.name).trajectory
    if trajectory is not None:
        for index, array in trajectory(op, [x if x is None else x.copy() for x in operands]).items():
            observe(op.operand(index), array)


def _results(
    op: Op,
    operands: Sequence[np.ndarray | None],
    resources: dict[str, np.ndarray],
    observe: Observer | None = None,
) -> list[np.ndarray]:
    """``observe`` sees what happens in the subgraphs that it calls."""
    decl = declaration(op.name)

    def run(graph: Graph, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        if any(not inner.attrs.get(STATELESS) for inner in graph.ops if _has_variables(inner)):
            raise GraphError(f"{op.name} of {op.origin} keeps state in a subgraph; only the interpreter can run that")
        return evaluate(graph, inputs, observe, resources=resources, inside=True)

    if decl.resource is not None:
        return decl.resource(op, operands, resources, run)
    return decl.reference(op, operands) if decl.calls is None else decl.calls(op, operands, run)


def calls_made(op: Op, operands: Sequence[np.ndarray | None]) -> list[tuple[Graph, list[np.ndarray]]]:
    """The subgraphs that ``op`` calls for ``operands``, real values, one after the other, and what each gets."""
    made: list[tuple[Graph, list[np.ndarray]]] = []

    def run(graph: Graph, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        made.append((graph, list(inputs)))
        return evaluate(graph, inputs)

    calls = declaration(op.name).calls
    if calls is not None:
        calls(op, operands, run)
    return made


def _has_variables(op: Op) -> bool:
    return any(value is not None and value.is_variable for value in op.inputs)


def _state(variables: Sequence[Value], graph: Graph, inputs: Sequence[np.ndarray], before: State) -> State:
    """An array for each variable that operators may write into; zeros when it had no content.

    As many times the declared leading axis as the inputs hold the declared batch.
    """
    sizes = [(len(x), value.shape[0]) for value, x in zip(graph.inputs, inputs, strict=True) if value.shape]
    copies = max((given // declared for given, declared in sizes if declared), default=1)
    shapes = [(copies * v.shape[0], *v.shape[1:]) if v.shape else () for v in variables]
    kinds = [value.dtype if value.quant is None else "float32" for value in variables]
    return {
        value: before[value].copy() if value in before else np.zeros(shape, kind)
        for value, shape, kind in zip(variables, shapes, kinds, strict=True)
    }


def run_operator(op: Op) -> list[np.ndarray]:
    """Results of an operator whose operands are all constant, as float references compute them."""
    return declaration(op.name).reference(op, real_operands(op))


def _release(op: Op, readers: Counter[Value], results: dict[Value, np.ndarray]) -> None:
    """Forget values that nobody reads after ``op``."""
    for value in op.inputs:
        if value is not None:
            readers[value] -= 1
    for value in (*op.inputs, *op.outputs):
        if value is not None and not readers[value]:
            results.pop(value, None)


def _operand(op: Op, index: int, results: Mapping[Value, np.ndarray]) -> np.ndarray | None:
    value = op.inputs[index]
    if value is None or not value.is_constant:
        return None if value is None else results[value]
    if index == declaration(op.name).bias and value.dtype in ("int32", "int64"):
        return _real_bias(op, value)
    return real_constant(value)


def _real_bias(op: Op, value: Value) -> np.ndarray:
    """An integer bias as float: its scale is input times weight, which need not be stored with it."""
    weight = declaration(op.name).weight
    assert weight is not None and value.data is not None
    x, w = data_operands(op)[0][1].quant, op.operand(weight[0]).quant
    assert x is not None and w is not None
    result: np.ndarray = (value.data * (x.scale.astype(np.float64) * w.scale)).astype(np.float32)
    return result


def real_operands(op: Op) -> list[np.ndarray | None]:
    """The operands that are constant, as real values; None for the others."""
    constant = [value is not None and value.is_constant for value in op.inputs]
    return [_operand(op, i, {}) if known else None for i, known in enumerate(constant)]


def real_constant(value: Value) -> np.ndarray:
    """A constant's data as real values: dequantized when it is quantized, else as it stands."""
    assert value.data is not None
    return value.data if value.quant is None else dequantize(value.data, value.quant)


def _along(values: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """A scale or zero-point vector shaped so that it broadcasts along ``axis`` of a tensor of ``rank``."""
    return values.reshape(()) if values.size == 1 else values.reshape([-1 if i == axis else 1 for i in range(rank)])


def dequantize(q: np.ndarray, quant: Quantization) -> np.ndarray:
    """real = scale · (q − zero_point), float32."""
    offset = q.astype(np.int64) - _along(quant.zero_point, quant.axis, q.ndim)
    result: np.ndarray = offset.astype(np.float32) * _along(quant.scale, quant.axis, q.ndim)
    return result


def quantize(x: np.ndarray, quant: Quantization, dtype: str = "int8") -> np.ndarray:
    """The nearest steps of the grid, halves away from zero as TFLite's QUANTIZE does, saturated to ``dtype``."""
    shifted = _steps(x, quant).astype(np.float64) + _along(quant.zero_point, quant.axis, np.ndim(x))
    result: np.ndarray = np.clip(shifted, *limits(dtype)).astype(numpy_dtype(dtype))
    return result


def _steps(x: np.ndarray, quant: Quantization) -> np.ndarray:
    """``x`` in steps of the grid's scale, to the nearest whole number, float32."""
    steps: np.ndarray = np.asarray(np.asarray(x, np.float32) / _along(quant.scale, quant.axis, np.ndim(x)))
    steps += np.copysign(np.float32(0.5), steps)
    np.trunc(steps, out=steps)
    return steps


#: Integers that float32 holds, with any zero point of theirs.
NARROW = frozenset({"int4", "int8", "uint8", "int16"})


def on_grid(x: np.ndarray, quant: Quantization, dtype: str) -> np.ndarray:
    """Real values rounded to those that the quantized tensor can hold: ``dequantize`` of ``quantize``."""
    if dtype not in NARROW:
        return dequantize(quantize(x, quant, dtype), quant)
    zero = _along(quant.zero_point, quant.axis, np.ndim(x))
    low, high = ((limit - zero).astype(np.float32) for limit in limits(dtype))
    steps = _steps(x, quant)
    np.fmax(steps, low, out=steps)  # NaN is the lowest
    np.minimum(steps, high, out=steps)
    steps += np.float32(0)  # -0 is no integer
    steps *= _along(quant.scale, quant.axis, np.ndim(x))
    return steps


def keeps_samples_apart(graph: Graph) -> bool:
    """Whether a batch gives the same results as its samples one by one: no operator mixes or moves the leading axis.

    Decided by trying two random samples, so it holds for every operator without a trait.
    """
    if not graph.inputs or any(not value.shape or value.shape[0] != 1 for value in graph.inputs):
        return False
    if not takes_one_path(graph):
        return False
    rng = np.random.default_rng(0)
    pairs = [rng.random((2, *value.shape[1:])).astype(value.dtype) for value in graph.inputs]
    try:
        with np.errstate(all="ignore"):
            together = evaluate(graph, pairs)
            apart = [evaluate(graph, [x[i : i + 1] for x in pairs]) for i in range(2)]
    except (ValueError, IndexError):  # a reference met a batch where its shape allows none
        return False
    return all(_equal(both, singles) for both, *singles in zip(together, *apart, strict=True))


def _equal(both: np.ndarray, singles: Sequence[np.ndarray]) -> bool:
    """Whether a batch of two is its samples, one behind the other."""
    if any(single.ndim == 0 for single in singles):
        return False
    stacked = np.concatenate(singles)
    return both.shape == stacked.shape and np.allclose(both, stacked, rtol=1e-4, atol=1e-5, equal_nan=True)
