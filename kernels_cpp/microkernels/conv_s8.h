// Contracts of the sliding-window microkernels: convolution and depthwise convolution of a range of output rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "interpreter/kernel.h"
#include "kernels_cpp/microkernels/output_stage.h"

namespace arenite {

// Where the window of output pixel (y, x) lies: rows y * stride_height - pad_top + i * dilation_height for i <
// kernel_height, columns alike. Taps outside the image count as the input's zero point; a 1x1 window never leaves it.
struct WindowGeometry {
  int32_t input_height;
  int32_t input_width;
  int32_t input_pitch;  // elements from one pixel of the input to the next
  int32_t output_width;
  int32_t output_pitch;  // elements from one pixel of the output to the next
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t pad_top;
  int32_t pad_left;

  int32_t taps() const { return kernel_height * kernel_width; }
};

// out[y, x, n] = stage(sum_{i, j, c} (in[window(y, x, i, j), c] + input_offset) * weights[n, i, j, c]).
// A group of a grouped convolution is the same with narrower channels and wider pitches.
// Reads nothing outside input rows, weights and stage; sums wrap.
struct ConvS8 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t output_channels;
  RowBuffer input;        // s8
  RowBuffer output;       // s8
  const int8_t* weights;  // [output_channels, kernel_height, kernel_width, input_channels], any alignment
  int32_t input_offset;   // -zero_point, in [-127, 128]
  OutputStage stage;
  void* scratch;  // conv_s8_scratch_bytes, 16-byte aligned

  int32_t depth() const { return window.taps() * input_channels; }
};

// Pixels whose patches are packed at a time on targets that pack patches into scratch.
constexpr int32_t kConvTile = 4;

// kConvTile patches of `depth` int16 (padded to a multiple of 4), and one of int8 to align what arrives in odd pieces.
// The same for every ISA.
constexpr uint32_t conv_s8_scratch_bytes(int32_t depth) {
  const uint32_t padded = (static_cast<uint32_t>(depth) + 3) & ~3u;
  return padded * (2 * kConvTile + 1);
}

// out[y, x, c * multiplier + m] = stage(sum_{i, j} (in[window(y, x, i, j), c] + input_offset) *
// weights[i, j, c * multiplier + m]). Same conditions as ConvS8.
struct DepthwiseS8 {
  WindowGeometry window;
  int32_t input_channels;
  int32_t depth_multiplier;
  RowBuffer input;        // s8
  RowBuffer output;       // s8
  const int8_t* weights;  // [kernel_height, kernel_width, input_channels * depth_multiplier], any alignment
  int32_t input_offset;   // -zero_point, in [-127, 128]
  OutputStage stage;
  void* scratch;  // depthwise_s8_scratch_bytes, 16-byte aligned

  int32_t output_channels() const { return input_channels * depth_multiplier; }
};

// Weights widened to int16 for the targets that want them so. The same for every ISA.
constexpr uint32_t depthwise_s8_scratch_bytes(int32_t taps, int32_t output_channels) {
  return 2 * static_cast<uint32_t>(taps) * ((static_cast<uint32_t>(output_channels) + 3) & ~3u);
}

// What the least code is made of: sum + sum_{k < count} (in[k * in_step] + input_offset) *
// (weights[first + k * weight_step] + weight_offset), where in and first are the caller's.
struct ProductRun {
  const uint8_t* weights;  // s8, or two int4 to a byte
  int32_t input_offset;    // -zero_point, in [-127, 128]
  int32_t weight_offset;   // -zero_point
  int32_t count;           // > 0
  int32_t in_step;
  int32_t weight_step;
};

// One output channel of either convolution, grouped or not:
// out[y, x] = stage(sum_{i, j, c < depth} (in[window(y, x, i, j), c] + input_offset) *
// weights[first_weight + (i * kernel_width + j) * tap_pitch + c] + bias). Same conditions as ConvS8, but for rows,
// which do not wrap around.
struct ChannelS8 {
  const WindowGeometry* window;
  int32_t depth;           // inputs below one tap
  int32_t tap_pitch;       // weights from one tap to the next
  const uint8_t* weights;  // s8, or two int4 to a byte
  int32_t first_weight;
  int32_t input_offset;  // -zero_point, in [-127, 128]
  RowBuffer input;       // s8, from the channel's first input on
  RowBuffer output;      // s8, from the channel on
  int32_t bias;
  Multiplier multiplier;
  OutputStage stage;  // without biases and multipliers
};

}  // namespace arenite
