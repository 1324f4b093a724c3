// For ARENITE_OPTIMIZE=size: the least code. One loop stands for both convolutions and the matrix product.
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::compact {

// Weights of int8, and of int4.
uint32_t products_s8(const ProductRun& run, const int8_t* in, int32_t first, uint32_t sum);
uint32_t products_s4(const ProductRun& run, const int8_t* in, int32_t first, uint32_t sum);
// All rows of one image.
void channel_s8(const ChannelS8& job);
void channel_s4(const ChannelS8& job);

void gemm_s8(const GemmS8& gemm);
using portable::add_s8;
using portable::conv_s8;  // packed weights alone take it: the other operators have channel_s8
using portable::depthwise_s8;
using portable::dots_s16;
using portable::exponentials_s8;
constexpr void (*gemm_packed)(const GemmPacked&) = nullptr;
constexpr void (*gemm_s4)(const GemmS4&) = nullptr;  // products_s4 reads int4 where it lies
using portable::max_s8;
constexpr void (*product_s8)(const ProductS8&) = nullptr;  // the operators have loops for any factor
using portable::softmax_s8;
using portable::sum_s8;
using portable::taps_s16;

}  // namespace arenite::compact
