"""What the figures of a comparison mean, in words: where the loss is, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arenite.wording import percent

from .result import Advice, LayerError

#: Rows that cost less than this share of the noise at the outputs are not worth a word.
WORTH = 0.05
#: An output above this many dB lost nothing that anyone would notice: only what is plainly wrong is told.
GOOD_DB = 40.0
#: Half of the channels use this many bits fewer than the whole range: one scale does not serve them.
UNEVEN_BITS = 3.0
#: Bits of a type's range that samples leave empty.
EMPTY_BITS = 1.5
#: Share of values beyond the ends of the grid.
CUT_OFF = 1e-3
#: Part of an operator's own noise that rounding its result must explain to be called its cause.
MOSTLY = 0.5


def advise(inputs: Sequence[LayerError], layers: Sequence[LayerError], output_sqnr_db: float | None) -> list[Advice]:
    """Advice for rows that matter: inputs of uneven features, whose first layers suffer with them, then the costliest first."""
    good = output_sqnr_db is not None and output_sqnr_db >= GOOD_DB
    found = [advice for row in (*inputs, *layers) for advice in _of_row(row, good)]
    return sorted(found, key=lambda advice: (advice.kind != "uneven input", -(advice.share or 0.0)))


def _of_row(row: LayerError, good: bool) -> Iterator[Advice]:
    matters = not good and (row.share is None or row.share >= WORTH)
    known = False
    for kind, text in (*_uneven(row), *_cut_off(row), *_empty(row)):
        if matters:
            known = True
            yield Advice(row.place, kind, f"{row.place}{text}{_costs(row)}", row.share)
    if matters and not known and row.share is not None:
        yield Advice(row.place, *_costly(row), row.share)
    yield from (Advice(row.place, kind, f"{row.place}{text}", row.share) for kind, text in _dead(row))


def _costs(row: LayerError) -> str:
    return "" if row.share is None else f" (costs {percent(row.share)} of the outputs' noise)"


def _uneven(row: LayerError) -> Iterator[tuple[str, str]]:
    """Channels of very different size under one scale."""
    if row.channel_bits is None or row.range_bits is None or row.range_bits - row.channel_bits < UNEVEN_BITS:
        return
    differ = "" if row.spread is None else f": features differ {row.spread:,.0f}×"
    what = f": half of its channels use {row.channel_bits:.0f} of {row.bits} bits or fewer{differ}; "
    if row.operator == "input":
        yield (
            "uneven input",
            what
            + (
                "give each feature the same size before the model: normalize in the data preparation and train on that; or"
                " --io float32, with which fully connected layers get them in one size. 16 bits for the input alone do not"
                f" help: the weights that make up for the sizes have one scale too; {_in_float(row)}"
            ),
        )
    else:
        yield "uneven channels", what + (f"put BatchNormalization before it, or {_sixteen(row)}")


def _cut_off(row: LayerError) -> Iterator[tuple[str, str]]:
    if row.saturation is not None and row.saturation >= CUT_OFF:
        yield (
            "saturation",
            (
                f": {percent(row.saturation)} of its values lie beyond the calibrated range and are cut off; calibrate with"
                " more samples like these"
            ),
        )


def _empty(row: LayerError) -> Iterator[tuple[str, str]]:
    if (
        row.range_bits is not None
        and row.bits is not None
        and row.bits == 8
        and row.bits - row.range_bits >= EMPTY_BITS
    ):
        yield (
            "empty range",
            (
                f": these samples use {row.range_bits:.1f} of {row.bits} bits; the range was calibrated on larger values: leave"
                " outliers out of the calibration data, or give samples here that are as large"
            ),
        )


def _dead(row: LayerError) -> Iterator[tuple[str, str]]:
    if row.operator != "input" and row.lost_channels:
        yield (
            "lost channels",
            (
                f": {row.lost_channels} of {row.channels} channels vary in the float model but never change here: their values"
                f" are smaller than one step; {_sixteen(row)}, or scale them up in training"
            ),
        )
    if row.operator != "input" and row.dead_channels and row.channels and row.dead_channels < row.channels:
        yield (
            "dead channels",
            (
                f": {row.dead_channels} of {row.channels} channels never change on these samples, in the float model neither:"
                " the layer can be made that much narrower"
            ),
        )


def _costly(row: LayerError) -> tuple[str, str]:
    """(kind, text) for a row that costs much without a plain fault."""
    if row.operator == "input":
        return "costly rounding", (
            f"{row.place}: rounding it to {row.bits} bits alone leaves the outputs {row.output_sqnr_db:.1f} dB{_costs(row)};"
            " where the board has the memory, --quantize 16x8, or a float input: --io float32"
        )
    keeps = f"{row.place}: alone it leaves the outputs {row.output_sqnr_db:.1f} dB{_costs(row)}; "
    if row.rounding is not None and row.rounding >= MOSTLY:
        return "costly rounding", keeps + f"most of that is the rounding of its result: {_sixteen(row)}"
    return "costly weights", keeps + (
        "most of that are its weights: int8 instead of int4 where they are int4, or training that sees the rounding"
        " (arenite.qat)"
    )


def _in_float(row: LayerError) -> str:
    """How what reads an input computes in float."""
    names = " ".join(f"--layer '{layer}=float'" for layer in row.layers) or "--layer 'name=float'"
    return f"where the board computes floats: {names} --io float32"


def _sixteen(row: LayerError) -> str:
    """How its result gets sixteen bits."""
    layer = row.layers[0] if row.layers else row.tensor
    return f"give it 16 bits: --layer '{layer}=int16', or let --min-sqnr choose such layers"
