// Contracts of the float32 microkernels. For variants of vector processors only: the plain loops are the operators'.
//
// Every output is summed alone, in the order of TFLite's reference kernels: from 0 on, products one after the other by
// kernel row, kernel column and input channel, taps outside the image left out; then the bias is added and the result
// clamped, a NaN staying NaN. Nothing is contracted, so all variants give the same bits.
// They return false, having done nothing or a part, when the plain loop has to do it.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"

namespace arenite {

// As ConvS8, dense weights [output_channels, kernel_height, kernel_width, input_channels].
struct ConvF32 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t output_channels;
  RowBuffer input;   // f32
  RowBuffer output;  // f32
  const float* weights;
  const float* bias;  // [output_channels] or null
  float min;
  float max;

  int32_t depth() const { return window.taps() * input_channels; }
};

// As DepthwiseS8, dense weights [kernel_height, kernel_width, input_channels * depth_multiplier].
struct DepthwiseF32 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t depth_multiplier;
  RowBuffer input;   // f32
  RowBuffer output;  // f32
  const float* weights;
  const float* bias;  // [output_channels()] or null
  float min;
  float max;

  int32_t output_channels() const { return input_channels * depth_multiplier; }
};

// out[i, n] = clamp(sum_k lhs[i, k] * rhs[n, k] + bias[n]). lhs [rows, depth] | rhs [columns, depth] | out [rows,
// columns].
struct GemmF32 {
  int32_t rows;
  int32_t columns;
  int32_t depth;
  const float* lhs;
  const float* rhs;
  float* out;
  const float* bias;  // [columns] or null
  float min;
  float max;
};

}  // namespace arenite
