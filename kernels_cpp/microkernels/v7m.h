// Variants for Armv7-M and Armv8-M Mainline without the DSP extension (Cortex-M3): one multiplication of 32 bits does
// the work of two. Little-endian; unaligned word loads must not trap (CCR.UNALIGN_TRP is 0 after reset).
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/gemm_s8.h"

namespace arenite::v7m {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);

}  // namespace arenite::v7m
