// One output of a depthwise convolution, tap by tap.
#pragma once

#include "kernels_cpp/microkernels/patch.h"

namespace arenite {

// Bias and products of output channel `channel` at one pixel, any depth multiplier: it reads input channel
// channel / depth_multiplier.
inline int32_t sum_of_taps(const DepthwiseS8& conv, const PixelWindow& taps, int32_t channel) {
  const WindowGeometry& w = conv.window;
  const int32_t channels = conv.output_channels();
  const int32_t step = w.dilation_width * w.input_pitch;
  const int32_t first = taps.first_x * w.input_pitch + taps.columns.begin * step + channel / conv.depth_multiplier;
  uint32_t sum = static_cast<uint32_t>(conv.stage.bias_of(channel));
  for (int32_t i = taps.rows.begin; i < taps.rows.end; ++i) {
    const int8_t* in = conv.input.row<int8_t>(taps.first_y + i * w.dilation_height) + first;
    const int8_t* weights = conv.weights + (i * w.kernel_width + taps.columns.begin) * channels + channel;
    for (int32_t j = taps.columns.begin; j < taps.columns.end; ++j, in += step, weights += channels) {
      sum += wrapped_product(*in + conv.input_offset, *weights);
    }
  }
  return static_cast<int32_t>(sum);
}

}  // namespace arenite
