// Variants for Armv8.1-M with the Helium vector extension, integer part (Cortex-M52, M55, M85): vectors of 16 bytes.
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::mve {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
void gemm_s4(const GemmS4& gemm);
constexpr void (*gemm_packed)(const GemmPacked&) = nullptr;  // unpacked, the weights go through vectors
void dots_s16(const DotsS16& dots, int64_t* sums);
void taps_s16(const TapsS16& taps, int64_t* sums);
void max_s8(const MaxS8& job);
void add_s8(const AddS8& job);
void sum_s8(const SumS8& sum);
void product_s8(const ProductS8& job);
void exponentials_s8(const ExponentialsS8& job);
void softmax_s8(const SoftmaxS8& row);

}  // namespace arenite::mve
