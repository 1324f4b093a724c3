// Variants for Armv7-M and Armv8-M Mainline without the DSP extension (Cortex-M3): one multiplication of 32 bits does
// the work of two. Little-endian; unaligned word loads must not trap (CCR.UNALIGN_TRP is 0 after reset).
#pragma once

#include "kernels_cpp/microkernels/portable.h"

namespace arenite::v7m {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
using portable::add_s8;
using portable::dots_s16;
using portable::exponentials_s8;
using portable::gemm_packed;
using portable::gemm_s4;
using portable::max_s8;
using portable::product_s8;
using portable::softmax_s8;
using portable::sum_s8;
using portable::taps_s16;

}  // namespace arenite::v7m
