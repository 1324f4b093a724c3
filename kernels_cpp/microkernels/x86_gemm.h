// The matrix product of the x86 variants; x86_stage.h says who includes this.
//
//   V::kDotStep                             elements of depth per multiply_add of a dot product
//   V::dot_activations(at, n, offset)       n <= kDotStep elements of the left row, zeros or anything after them
//   V::dot_weights(at, n)                   n elements of a right row, zeros after them
//   V::kRemainder                           packed activations lack a part of the offset: remainder(offset) times the
//                                           weights is to be subtracted
//   V::sum_lanes(vectors)                   lane l: the sum over vector l
#pragma once

#include "kernels_cpp/microkernels/x86_int8.h"

namespace arenite::x86 {
namespace {

constexpr int32_t kDotRows = 8;  // right rows that share the loads of the left one

// sums[i] += lhs · rhs row i, with the offset of lhs; lanes are partial sums. Row kLast and those after it are one.
template <typename V, bool kSubtract>
inline void dot_rows(const GemmS8& gemm, const int8_t* lhs, const int8_t* rhs, int32_t last,
                     typename V::Int32 (&sums)[kDotRows]) {
  typename V::Int32 acc[kDotRows];
  typename V::Int32 less[kDotRows];
  const int8_t* rows[kDotRows];
#pragma GCC unroll 8
  for (int32_t i = 0; i < kDotRows; ++i) {
    acc[i] = less[i] = V::set(0);
    rows[i] = rhs + static_cast<ptrdiff_t>(at_most(i, last)) * gemm.depth;
  }
  const auto remainder = V::remainder(gemm.lhs_offset);
  for (int32_t k = 0; k < gemm.depth; k += V::kDotStep) {
    const int32_t count = at_most(gemm.depth - k, V::kDotStep);
    const auto x = V::dot_activations(lhs + k, count, gemm.lhs_offset);
#pragma GCC unroll 8
    for (int32_t i = 0; i < kDotRows; ++i) {
      const auto w = V::dot_weights(rows[i] + k, count);
      acc[i] = V::multiply_add(acc[i], x, w);
      if (kSubtract) less[i] = V::multiply_add(less[i], remainder, w);
    }
  }
#pragma GCC unroll 8
  for (int32_t i = 0; i < kDotRows; ++i) sums[i] = kSubtract ? V::sub(acc[i], less[i]) : acc[i];
}

// out[column + i], i < count <= kLanes. start: what all sums begin with besides their bias.
template <typename V>
inline void dot_columns(const GemmS8& gemm, const int8_t* lhs, int32_t start, int32_t column, int32_t count,
                        int8_t* out) {
  typename V::Int32 sums[V::kLanes / kDotRows][kDotRows];
  const bool subtract = V::kRemainder && gemm.lhs_offset != V::activation_offset(gemm.lhs_offset);
  for (int32_t i = 0; i < V::kLanes; i += kDotRows) {
    const int32_t first = at_most(i, count - 1);
    const int8_t* rhs = gemm.rhs + static_cast<ptrdiff_t>(column + first) * gemm.depth;
    if (subtract) {
      dot_rows<V, V::kRemainder>(gemm, lhs, rhs, count - 1 - first, sums[i / kDotRows]);
    } else {
      dot_rows<V, false>(gemm, lhs, rhs, count - 1 - first, sums[i / kDotRows]);
    }
  }
  const Stage<V> stage = load_stage<V>(gemm.stage, column, count, gemm.depth * kLargestProduct, V::set(start));
  const auto y = stage.apply(V::add(stage.bias, V::sum_lanes(&sums[0][0])), gemm.stage);
  const typename V::Int32 four[4] = {y, y, y, y};
  const auto bytes = V::pack_bytes(four, ByteLimits<V>(gemm.stage));
  alignas(64) int8_t spilled[sizeof bytes];
  std::memcpy(spilled, &bytes, sizeof bytes);
  V::store_first(out + column, spilled, count);
}

// Many left rows are the pixels of a 1x1 convolution: the right rows are then packed once for all of them.
constexpr int32_t kConvRows = 4;

inline ConvS8 as_conv(const GemmS8& gemm) {
  ConvS8 conv = {};
  WindowGeometry& w = conv.window;
  w.input_height = w.kernel_height = w.kernel_width = w.stride_height = w.stride_width = 1;
  w.dilation_height = w.dilation_width = 1;
  w.input_width = w.output_width = gemm.rows;
  w.input_pitch = conv.input_channels = gemm.depth;
  w.output_pitch = conv.output_channels = gemm.columns;
  // Only read; a RowBuffer serves inputs and outputs alike.
  conv.input = {reinterpret_cast<uint8_t*>(const_cast<int8_t*>(gemm.lhs)), gemm.rows * gemm.depth, 1};
  conv.output = {reinterpret_cast<uint8_t*>(gemm.out), gemm.rows * gemm.columns, 1};
  conv.weights = gemm.rhs;
  conv.input_offset = gemm.lhs_offset;
  conv.stage = gemm.stage;
  return conv;
}

template <typename V>
inline void gemm_s8(const GemmS8& gemm) {
  if (gemm.rhs_offset == 0 && gemm.rows >= kConvRows && convolve<ConvS8Kernel<V>>(as_conv(gemm), {0, 1})) return;
  const int8_t* lhs = gemm.lhs;
  int8_t* out = gemm.out;
  for (int32_t i = 0; i < gemm.rows; ++i, lhs += gemm.depth, out += gemm.columns) {
    int32_t start = 0;
    if (gemm.rhs_offset != 0) {
      for (int32_t k = 0; k < gemm.depth; ++k) start = wrap_add(start, lhs[k] + gemm.lhs_offset);
      start = wrap_mul(start, gemm.rhs_offset);
    }
    for (int32_t column = 0; column < gemm.columns; column += V::kLanes) {
      dot_columns<V>(gemm, lhs, start, column, at_most(gemm.columns - column, V::kLanes), out);
    }
  }
}

}  // namespace
}  // namespace arenite::x86
