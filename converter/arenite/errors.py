"""Every error that Arenite raises on purpose. All derive from :class:`AreniteError`; the CLI turns them into exit code 1.

A message says what, where, what was expected and what to do. Where ``tf.lite.Interpreter`` raises ValueError or
RuntimeError, ours is one too, so that code written for it keeps working.
"""

from __future__ import annotations


class AreniteError(Exception):
    """Base of all errors that a user can cause and mend."""


class UnsupportedError(AreniteError):
    """A part of the user's model has no equivalent here; names the layer, the reason and the remedy."""


class ModelError(AreniteError, ValueError):
    """A model file is malformed, truncated, or not what it claims to be."""


class GraphError(AreniteError):
    """A graph breaks an invariant of the IR: a defect of a pass or of the front end, never of the user."""


class QuantizationError(AreniteError):
    """A scale, range or calibration value cannot be used."""


class DataError(AreniteError, ValueError):
    """Input, calibration or test data does not fit the model: names the input, what was given and what was expected."""


class CalibrationError(QuantizationError):
    """Calibration data is missing, has the wrong shape, or is not finite."""


class StateError(AreniteError, RuntimeError, ValueError):
    """The interpreter is asked for something before ``allocate_tensors``."""


class ArenaError(AreniteError):
    """The arena is too small; the message says how many bytes are needed."""


class BoardError(AreniteError):
    """Firmware could not be built, faulted, or gave no result; the message holds what the tool printed."""


class ToolMissingError(BoardError):
    """A program that building or running firmware needs is not installed; names the Debian package."""
