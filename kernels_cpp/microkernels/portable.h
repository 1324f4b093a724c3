// The specification: plain C++ without assumptions about alignment or byte order. Every other variant gives its bytes.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/dots_s16.h"
#include "kernels_cpp/microkernels/gemm_s4.h"
#include "kernels_cpp/microkernels/gemm_s8.h"
#include "kernels_cpp/microkernels/int4.h"
#include "kernels_cpp/microkernels/packed.h"
#include "kernels_cpp/microkernels/pool_s8.h"
#include "kernels_cpp/microkernels/product_s8.h"
#include "kernels_cpp/microkernels/quantize_ratios.h"
#include "kernels_cpp/microkernels/softmax_s8.h"
#include "kernels_cpp/microkernels/sum_s8.h"
#include "kernels_cpp/microkernels/taps_s16.h"

namespace arenite::portable {

void conv_s8(const ConvS8& conv, RowRange rows);
void depthwise_s8(const DepthwiseS8& conv, RowRange rows);
void gemm_s8(const GemmS8& gemm);
void gemm_s4(const GemmS4& gemm);
void gemm_packed(const GemmPacked& gemm);
void dots_s16(const DotsS16& dots, int64_t* sums);
void taps_s16(const TapsS16& taps, int64_t* sums);
void max_s8(const MaxS8& job);
void add_s8(const AddS8& job);
void product_s8(const ProductS8& job);
void quantize_ratios(const QuantizeRatios& ratios);
void unpack_s4(const Int4Run& run, int8_t* out);
// The weights [count, rows.depth] of the first `count` rows.
void unpack_rows(const PackedRows& rows, int32_t count, int8_t* out);
// Null: the operator's own loop is the specification.
constexpr void (*exponentials_s8)(const ExponentialsS8&) = nullptr;
constexpr void (*softmax_s8)(const SoftmaxS8&) = nullptr;
constexpr void (*sum_s8)(const SumS8&) = nullptr;

}  // namespace arenite::portable
