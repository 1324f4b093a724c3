// CONV_2D, grouped and dilated too. Integer arithmetic as in TFLite Micro's reference kernel; a group is a convolution
// of its own with narrower channels.
#include <cstring>

#include "kernels_cpp/blockwise_convolution.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/row_s16.h"

namespace arenite {
namespace {

namespace Options = format::Conv2DOptions;

constexpr WindowFields kFields = {Options::padding,           Options::stride_w,
                                  Options::stride_h,          Options::fused_activation_function,
                                  Options::dilation_w_factor, Options::dilation_h_factor};
constexpr int32_t kChannelAxis = 0;

// int8 weights where they lie, int4 ones by blocks.
struct Weights {
  const Tensor& filter;
  int32_t channels_per_block(int32_t channels, int32_t depth) const {
    return arenite::channels_per_block(filter, channels, depth);
  }
  uint32_t block_bytes(int32_t channels, int32_t depth) const { return arenite::block_bytes(filter, channels, depth); }
  const int8_t* channels(int32_t first, int32_t count, int32_t depth, int8_t* scratch) const {
    return unpacked_weights(filter, first * depth, count * depth, scratch);
  }
};

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  Convolution conv(node);
  ARENITE_TRY(conv.load(node, kFields, kChannelAxis));
  ARENITE_TRY(conv.check());
  ARENITE_TRY(check_groups(conv));
  if (is_hybrid(conv.input, conv.filter)) return conv.prepare_hybrid(scratch_bytes);
  if (is_float(conv.input)) return Status::kOk;
  if (is_int16(conv.input)) {
    *scratch_bytes = conv.multiplier_bytes();
    *scratch_bytes += conv.window.taps() == 1 ? 0 : 2 * static_cast<uint32_t>(depth_of(conv));
    return check_multipliers_s16(conv.input, conv.filter, conv.output);
  }
  *scratch_bytes = blockwise_bytes(conv, Weights{conv.filter});
  return Status::kOk;
}

void eval_s8(const Node& node, const Convolution& conv) {
  if constexpr (kLeastCode) {
    const int32_t depth = conv.filter.dim(3);
    return run_channels(conv, {depth, depth, depth_of(conv), group_outputs(conv)});
  }
  convolve_blockwise(node, conv, Weights{conv.filter});
}

// Sum of one output channel in the order of TFLite's reference kernel, so that floats round alike.
template <typename Sum, typename In, typename Weight>
Sum channel_sum(const Convolution& conv, RowBuffer input, const PixelWindow& at, int32_t channel) {
  const WindowGeometry& w = conv.window;
  const int32_t inputs = conv.filter.dim(3);
  const int32_t first_input = channel / group_outputs(conv) * inputs;
  const auto filter = WeightsFrom<Weight>::at(conv.filter, channel * depth_of(conv));
  Sum sum = 0;
  for (int32_t i = at.rows.begin; i < at.rows.end; ++i) {
    const In* in = input.row<In>(at.first_y + i * w.dilation_height);
    for (int32_t j = at.columns.begin; j < at.columns.end; ++j) {
      const In* pixel = in + (at.first_x + j * w.dilation_width) * w.input_pitch + first_input;
      const auto weights = filter + (i * w.kernel_width + j) * inputs;
      for (int32_t c = 0; c < inputs; ++c) sum += static_cast<Sum>(pixel[c] * weights[c]);
    }
  }
  return sum;
}

// By a variant of this processor, group by group; false: the plain loop has to do it.
bool variant_f32(const Convolution& conv, ConvF32 job, RowRange rows) {
  for (int32_t left = conv.outputs(); left > 0; left -= job.output_channels) {
    if (!isa::conv_f32(job, rows)) return false;
    job.input.base += job.input_channels * static_cast<int32_t>(sizeof(float));
    job.output.base += job.output_channels * static_cast<int32_t>(sizeof(float));
    job.weights += job.output_channels * job.depth();
    if (job.bias != nullptr) job.bias += job.output_channels;
  }
  return true;
}

// Weight: float or Half. Variants take float32 throughout.
template <typename Weight>
void eval_float(const Node& node, const Convolution& conv) {
  const ActivationRange<float> range = activation_range_f32(conv.activation);
  const FloatBias bias(conv.bias);
  const auto sum = [&](RowBuffer input, const PixelWindow& at, int32_t n) {
    return channel_sum<float, float, Weight>(conv, input, at, n);
  };
  const auto finish = [=](float s, int32_t n) { return range.apply(bias.plus(s, n)); };
  for_each_output<float>(node, conv, sum, finish, [&](RowBuffer input, RowBuffer output, RowRange rows) {
    if (is_half(conv.filter) || is_half(conv.bias)) return false;
    const ConvF32 job = {conv.window, conv.filter.dim(3),      group_outputs(conv), input,
                         output,      conv.filter.as<float>(), bias.wide,           range.min,
                         range.max};
    return variant_f32(conv, job, rows);
  });
}

// The inputs [taps, inputs per group] of one group below a pixel, zero outside the image: in `patch`, or where they
// are.
const int16_t* gather_s16(const Convolution& conv, RowBuffer input, const PixelWindow& at, int32_t group,
                          int16_t* patch) {
  const WindowGeometry& w = conv.window;
  const int32_t inputs = conv.filter.dim(3);
  if (w.taps() == 1) return input.row<int16_t>(at.first_y) + at.first_x * w.input_pitch + group * inputs;
  std::memset(patch, 0, sizeof(int16_t) * static_cast<size_t>(depth_of(conv)));
  for (int32_t i = at.rows.begin; i < at.rows.end; ++i) {
    const int16_t* row = input.row<int16_t>(at.first_y + i * w.dilation_height) + group * inputs;
    for (int32_t j = at.columns.begin; j < at.columns.end; ++j) {
      const int16_t* in = row + (at.first_x + j * w.dilation_width) * w.input_pitch;
      int16_t* to = patch + (i * w.kernel_width + j) * inputs;
      for (int32_t c = 0; c < inputs; ++c) to[c] = in[c];
    }
  }
  return patch;
}

// By a variant of this processor, group by group; false: the loop over pixels has to do it.
bool variant_s16(const Convolution& conv, ConvS16 job, RowRange rows) {
  for (; job.first_channel < conv.outputs(); job.first_channel += job.output_channels) {
    if (!isa::conv_s16(job, rows)) return false;
    job.input.base += job.input_channels * static_cast<int32_t>(sizeof(int16_t));
    job.output.base += job.output_channels * static_cast<int32_t>(sizeof(int16_t));
    job.weights += job.output_channels * job.depth();
  }
  return true;
}

// As in LiteRT: a single channel takes the path of the older files with one scale, with symmetric codes and another
// order of the products.
template <typename Weight>
void eval_hybrid(const Node& node, const Convolution& conv) {
  const bool per_channel = conv.filter.scale_count > 1;
  const auto sum = [&](RowBuffer input, const PixelWindow& at, int32_t n) {
    return channel_sum<uint32_t, int16_t, Weight>(conv, input, at, n);
  };
  for_each_hybrid_output(node, conv, per_channel, sum, [&](float acc, int32_t n, float scale) {
    const float of_channel = weight_scale(conv.filter, n);
    return per_channel ? acc * of_channel * scale : acc * (of_channel * scale);
  });
}

void eval_s16(const Node& node, const Convolution& conv) {
  const bool narrow = conv.bias.present && conv.bias.type == Type::kInt32;
  const OutputStageS16 stage = conv.stage_s16(static_cast<Multiplier*>(node.scratch()), narrow);
  int16_t* const patch = reinterpret_cast<int16_t*>(static_cast<uint8_t*>(node.scratch()) + conv.multiplier_bytes());
  const int32_t depth = depth_of(conv);
  const int32_t per_group = group_outputs(conv);
  const auto pixel = [&](RowBuffer input, const PixelWindow& at, int16_t* out) {
    const int8_t* weights = conv.filter.as<int8_t>();
    for (int32_t first = 0; first < conv.outputs(); first += per_group, weights += per_group * depth) {
      const int16_t* in = gather_s16(conv, input, at, first / per_group, patch);
      row_s16(in, weights, depth, first, per_group, stage, out + first);
    }
  };
  for_each_pixel<int16_t>(node, conv, pixel, [&](RowBuffer input, RowBuffer output, RowRange rows) {
    const ConvS16 job = {conv.window, conv.filter.dim(3),       per_group, input,
                         output,      conv.filter.as<int8_t>(), &stage,    0};
    return variant_s16(conv, job, rows);
  });
}

void eval_f32(const Node& node, const Convolution& conv) {
  is_half(conv.filter) ? eval_float<Half>(node, conv) : eval_float<float>(node, conv);
}

constexpr Bodies<Convolution> kBodies = {eval_hybrid<int8_t>, eval_hybrid<Int4>, eval_f32, eval_s16, eval_s8};

Status eval(const Node& node) { return eval_convolution(node, kFields, kChannelAxis, kBodies); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(conv_2d, 1 << 1 | 1 << 2);
