"""keras.applications, as narrow and small as they go."""

from __future__ import annotations

from typing import Any

from keras import applications as A
from keras.src.applications.efficientnet import EfficientNet
from keras.src.applications.efficientnet_v2 import EfficientNetV2

from .registry import register

SMALL: dict[str, Any] = {"weights": None, "classes": 10}


def efficientnet(scale: float, depth: float, size: int) -> Any:
    """EfficientNet B0 with narrower layers."""
    return EfficientNet(
        scale, depth, size, weights=None, classes=10, input_shape=(size, size, 3), name="efficientnet_b0",
        weights_name="b0",
    )  # fmt: skip


def efficientnet_v2(scale: float, depth: float, size: int) -> Any:
    """EfficientNetV2 B0 with narrower layers, without preprocessing."""
    return EfficientNetV2(
        scale, depth, size, name="efficientnetv2-b0", weights=None, classes=10, input_shape=(size, size, 3),
        include_preprocessing=False,
    )  # fmt: skip


register(
    "application",
    {
        "MobileNet V1 0.25": lambda: A.MobileNet((64, 64, 3), alpha=0.25, **SMALL),
        "MobileNet V2 0.35": lambda: A.MobileNetV2((64, 64, 3), alpha=0.35, **SMALL),
        "MobileNet V3 small 0.35": lambda: A.MobileNetV3Small(
            (64, 64, 3), alpha=0.35, include_preprocessing=False, **SMALL
        ),
        "MobileNet V3 small minimalistic": lambda: A.MobileNetV3Small(
            (64, 64, 3), alpha=0.35, minimalistic=True, include_preprocessing=False, **SMALL
        ),
        "EfficientNet B0 narrow": lambda: efficientnet(0.3, 0.5, 48),
        "EfficientNet V2 B0 narrow": lambda: efficientnet_v2(0.3, 0.5, 48),
    },
)
