"""Classes of keras.layers that no model of the zoo has, and why; aliases are found by identity."""

from __future__ import annotations

_ABSTRACT = "a base class or a wrapper, nothing by itself"
_THREE_D = "3-D: no kernel; fold one dimension into the channels or the batch"
_TRAINING = "augments training data"
_STRINGS = "works on strings or hashes; encode before the model"
_OTHER = "wraps a model of another framework"

ABSENT: dict[str, str] = {
    **dict.fromkeys(("Layer", "InputSpec", "Wrapper", "Pipeline"), _ABSTRACT),
    **dict.fromkeys(
        (
            "Conv3D", "Conv3DTranspose", "MaxPooling3D", "AveragePooling3D", "GlobalAveragePooling3D", "GlobalMaxPooling3D",
            "AdaptiveAveragePooling3D", "AdaptiveMaxPooling3D", "UpSampling3D", "ZeroPadding3D", "Cropping3D",
            "SpatialDropout3D", "ConvLSTM3D",
        ),
        _THREE_D,
    ),
    **dict.fromkeys(
        (
            "AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization",
            "MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration",
            "RandomColorJitter", "RandomCrop", "RandomElasticTransform", "RandomErasing", "RandomGaussianBlur",
            "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
            "RandomSaturation", "RandomSharpness", "RandomShear", "Solarization",
        ),
        _TRAINING,
    ),
    **dict.fromkeys(("HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"), _STRINGS),
    **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), _OTHER),
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), "spectra: compute them before the model"),
}  # fmt: skip
