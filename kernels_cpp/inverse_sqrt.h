// Fixed-point 1 / sqrt(x) of TFLite (GetInvSqrtQuantizedMultiplierExp), bit for bit.
#pragma once

#include "kernels_cpp/fixed_point.h"

namespace arenite {

// 1 / sqrt(x) for x >= 0; 0 counts as 1. The multiplier is in [2^28, 2^31).
Multiplier inverse_sqrt(int32_t x);

}  // namespace arenite
