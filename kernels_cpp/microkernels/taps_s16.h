// Contract of the sums of a depthwise convolution of int16 activations.
#pragma once

#include "kernels_cpp/microkernels/dots_s16.h"
#include "kernels_cpp/microkernels/patch.h"

namespace arenite {

constexpr int32_t kTapChannels = 16;  // channels of one call, at most

// sums[c] = sum over the taps of one output pixel that lie inside the image, of channels [channel, channel + count).
// Exact: the depth multiplier is 1, and there are at most kNarrowProducts taps. Any alignment that the types allow.
struct TapsS16 {
  const WindowGeometry& window;
  RowBuffer input;  // s16
  const PixelWindow& at;
  const int8_t* filter;  // [kernel_height, kernel_width, output_pitch]
  int32_t channel;
  int32_t count;  // 4, 8, 12 or 16

  int32_t step() const { return window.dilation_width * window.input_pitch; }  // elements from tap to tap
  int32_t columns() const { return at.columns.end - at.columns.begin; }
  // The first tap of kernel row i that lies inside the image, and its weights.
  const int16_t* first_tap(int32_t i) const {
    const int16_t* row = input.row<int16_t>(at.first_y + i * window.dilation_height);
    return row + at.first_x * window.input_pitch + at.columns.begin * step() + channel;
  }
  const int8_t* first_weight(int32_t i) const {
    return filter + (i * window.kernel_width + at.columns.begin) * window.output_pitch + channel;
  }
};

}  // namespace arenite
