"""Quantization-aware training for Keras 3: a model that rounds in training as its file will round on the device.

>>> trained = arenite.qat.wrap(model, "int8")
>>> trained.compile(...); trained.fit(...); trained.save("trained.keras")
>>> arenite.convert(trained, "int8").save("model.tflite")

Importing this package makes its layers known to Keras, so that ``keras.models.load_model`` reads what was saved.
"""

from .layers import FakeQuantize, QuantizedLayer, RoundedResult
from .rewriting import SCHEMES, measure, options, wrap

__all__ = ["SCHEMES", "FakeQuantize", "QuantizedLayer", "RoundedResult", "measure", "options", "wrap"]
