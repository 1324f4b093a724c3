"""A whole audio front end in one model: 30 ms of samples at 16 kHz to the logarithms of 40 channels, cleaned of noise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from arenite.graph import Graph, Op, Value
from arenite.opdef import declaration
from arenite.writer import write

SAMPLES, FFT, CHANNELS = 480, 512, 40
#: spectrum's lines that count: 125 Hz to 7500 Hz.
FIRST_LINE, LAST_LINE = 4, 241


def constant(name: str, data: np.ndarray) -> Value:
    array = np.asarray(data).astype(np.int16)
    return Value(name, "int16", array.shape, array)


def filter_bank() -> list[Value]:
    """Triangles of equal width on the mel scale, 12-bit weights: operands 1 to 5 of SignalFilterBank."""
    mel = np.log1p(np.arange(FFT // 2 + 1) * (16000 / FFT) / 700)
    edges = np.linspace(mel[FIRST_LINE], mel[LAST_LINE], CHANNELS + 2)
    lines = [np.nonzero((mel >= low) & (mel < high))[0] for low, high in pairwise(edges)]
    starts = np.array([band[0] if band.size else 0 for band in lines])
    widths = np.array([band.size for band in lines])
    rising = [(high - mel[band]) / (high - low) for band, low, high in zip(lines, edges[:-1], edges[1:], strict=True)]
    weights = np.round(4096 * np.concatenate(rising))
    places = np.cumsum(np.append(0, widths))[:-1]
    tables = {"weights": weights, "unweights": 4096 - weights, "lines": starts, "places": places, "widths": widths}
    return [constant(name, table) for name, table in tables.items()]


def gains() -> Value:
    """Gain falling with the noise, as straight pieces: the table of SignalPCAN."""

    def gain(x: float) -> int:
        return round(0.98 * 2**14 / (1 + x / 80_000) ** 0.95)

    table = [gain(0), gain(1), gain(2)]
    for length in range(3, 33):
        low, high = gain(2 ** (length - 1)), gain(2**length)
        table += [0] * (4 * length - 6 - len(table)) + [low, high - low, 0]
    return constant("gains", np.array(table + [0] * (125 - len(table))))


def model() -> bytes:
    """int16 [480] → int16 [40]; keeps its noise estimates from one frame to the next."""
    x = Value("samples", "int16", (SAMPLES,))
    ops: list[Op] = []

    def add(name: str, operands: list[Value], results: dict[str, str], **attrs: object) -> list[Value]:
        op = Op(name, list(operands), [], attrs)
        shapes = declaration(name).shape(op)
        op.outputs = [Value(n, t, s) for (n, t), s in zip(results.items(), shapes, strict=True)]
        ops.append(op)
        return op.outputs

    hann = constant("hann", np.round(2**11 * (1 - np.cos(2 * np.pi * (np.arange(SAMPLES) + 0.5) / SAMPLES))))
    (windowed,) = add("signal_window", [x, hann], {"windowed": "int16"}, shift=12)
    scaled, shift = add("signal_fft_auto_scale", [windowed], {"scaled": "int16", "shift": "int32"})
    (spectrum,) = add("signal_rfft", [scaled], {"spectrum": "int16"}, T=7, fft_length=FFT)
    (energy,) = add("signal_energy", [spectrum], {"energy": "uint32"}, start_index=FIRST_LINE, end_index=LAST_LINE + 1)
    (bank,) = add("signal_filter_bank", [energy, *filter_bank()], {"bank": "uint64"}, num_channels=CHANNELS)
    (roots,) = add("signal_filter_bank_square_root", [bank, shift], {"roots": "uint32"})
    smoothing = {"smoothing": 410, "one_minus_smoothing": 15974, "alternate_smoothing": 983,
                 "alternate_one_minus_smoothing": 15401, "smoothing_bits": 10, "spectral_subtraction_bits": 14,
                 "min_signal_remaining": 819, "num_channels": CHANNELS, "clamping": False}  # fmt: skip
    clean, noise = add(
        "signal_filter_bank_spectral_subtraction", [roots], {"clean": "uint32", "noise": "uint32"}, **smoothing
    )
    (levelled,) = add("signal_pcan", [clean, noise, gains()], {"levelled": "uint32"}, snr_shift=6)
    (logs,) = add("signal_filter_bank_log", [levelled], {"logs": "int16"}, output_scale=1600, input_correction_bits=3)
    return write(Graph("front_end", [x], [logs], ops, ["samples"], ["logs"]))


def frames(count: int) -> list[np.ndarray]:
    """Noise, a tone that rises, silence, and clicks at full scale."""
    rng = np.random.default_rng(7)
    time = np.arange(SAMPLES) / 16000
    result = []
    for i in range(count):
        x = rng.normal(0, [300, 20, 3000][i // 10 % 3], SAMPLES)
        x += [0, 9000, 30000][i % 3] * np.sin(2 * np.pi * (200 + 60 * i) * time)
        if i % 16 == 15:
            x = np.zeros(SAMPLES)
        if i % 13 == 12:
            x[::97] = 32767
        result.append(np.clip(np.round(x), -32767, 32767).astype(np.int16))
    return result
