// For ARENITE_OPTIMIZE=size: the least code, one output value at a time.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/gemm_s8.h"

namespace arenite::compact {

void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);

}  // namespace arenite::compact
