// One row of int16 activations times rows of int8 weights: the matrix operators of 16x8 models.
#pragma once

#include "kernels_cpp/requantization.h"

namespace arenite {

// out[n] = stage.apply(sum_k in[k] * weights[n, k], first + n), n < count.   in [depth] | weights [count, depth]
void row_s16(const int16_t* in, const int8_t* weights, int32_t depth, int32_t first, int32_t count,
             const OutputStageS16& stage, int16_t* out);

}  // namespace arenite
