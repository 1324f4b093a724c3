// For ARENITE_OPTIMIZE=size: the least code, one output channel at a time.
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::compact {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
using portable::add_s8;
using portable::dots_s16;
using portable::exponentials_s8;
constexpr void (*gemm_packed)(const GemmPacked&) = nullptr;
constexpr void (*gemm_s4)(const GemmS4&) = nullptr;  // unpacking is there anyway
using portable::max_s8;
constexpr void (*product_s8)(const ProductS8&) = nullptr;  // the operators have loops for any factor
using portable::softmax_s8;
using portable::sum_s8;
using portable::taps_s16;

}  // namespace arenite::compact
