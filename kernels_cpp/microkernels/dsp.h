// Variants for Armv7E-M and Armv8-M Mainline with the DSP extension (Cortex-M4, M7, M33, M35P): two 16-bit products per
// instruction. Little-endian; unaligned word loads must not trap (CCR.UNALIGN_TRP is 0 after reset).
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::dsp {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
void gemm_s4(const GemmS4& gemm);
void gemm_packed(const GemmPacked& gemm);
void dots_s16(const DotsS16& dots, int64_t* sums);
void taps_s16(const TapsS16& taps, int64_t* sums);
void max_s8(const MaxS8& job);
void add_s8(const AddS8& job);
void sum_s8(const SumS8& sum);
void product_s8(const ProductS8& job);
using portable::exponentials_s8;
using portable::softmax_s8;

}  // namespace arenite::dsp
