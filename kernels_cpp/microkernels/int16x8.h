// Contracts of convolutions of int16 activations with int8 weights. For variants of vector processors only: the
// operators have their own loops. They return false, having done nothing or a part, when those have to do it.
#pragma once

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/requantization.h"

namespace arenite {

// As ConvS8 without offset: out[y, x, n] = stage.apply(sum, first_channel + n).
struct ConvS16 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t output_channels;
  RowBuffer input;   // s16
  RowBuffer output;  // s16
  const int8_t* weights;
  const OutputStageS16* stage;
  int32_t first_channel;

  int32_t depth() const { return window.taps() * input_channels; }
};

// As DepthwiseS8 without offset.
struct DepthwiseS16 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t depth_multiplier;
  RowBuffer input;   // s16
  RowBuffer output;  // s16
  const int8_t* weights;
  const OutputStageS16* stage;

  int32_t output_channels() const { return input_channels * depth_multiplier; }
};

}  // namespace arenite
