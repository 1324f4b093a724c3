// DEPTHWISE_CONV_2D with any depth multiplier and dilation. Integer arithmetic as in TFLite Micro's reference kernel.
#include "kernels_cpp/convolution.h"
#include "kernels_cpp/hybrid.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/weight_blocks.h"

namespace arenite {
namespace {

namespace Options = format::DepthwiseConv2DOptions;

constexpr WindowFields kFields = {Options::padding,           Options::stride_w,
                                  Options::stride_h,          Options::fused_activation_function,
                                  Options::dilation_w_factor, Options::dilation_h_factor};
constexpr int32_t kChannelAxis = 3;

// The option depth_multiplier repeats what the shapes say (files may leave it 0), so the shapes decide.
int32_t depth_multiplier(const Convolution& conv) { return conv.outputs() / conv.input.dim(3); }

// Weights of one input channel.
int32_t depth_of(const Convolution& conv) { return conv.window.taps() * depth_multiplier(conv); }

// Input channels whose weights are unpacked together.
int32_t block_of(const Convolution& conv) { return channels_per_block(conv.filter, conv.input.dim(3), depth_of(conv)); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  Convolution conv(node);
  ARENITE_TRY(conv.load(node, kFields, kChannelAxis));
  ARENITE_TRY(conv.check());
  ARENITE_CHECK(conv.filter.dim(0) == 1 && conv.outputs() % conv.input.dim(3) == 0, kBadShape);
  if (is_hybrid(conv.input, conv.filter)) return conv.prepare_hybrid(scratch_bytes);
  if (is_float(conv.input)) return Status::kOk;
  *scratch_bytes = conv.multiplier_bytes();
  if (is_int16(conv.input)) return check_multipliers_s16(conv.input, conv.filter, conv.output);
  *scratch_bytes += block_bytes(conv.filter, conv.input.dim(3), depth_of(conv)) +
                    depthwise_s8_scratch_bytes(conv.window.taps(), block_of(conv) * depth_multiplier(conv));
  return Status::kOk;
}

// The weights [taps, count] of output channels [first, first + count).
const int8_t* block_weights(const Convolution& conv, int32_t first, int32_t count, int8_t* scratch) {
  if (!is_int4(conv.filter)) return conv.filter.as<int8_t>();
  for (int32_t tap = 0; tap < conv.window.taps(); ++tap) {
    unpacked_weights(conv.filter, tap * conv.outputs() + first, count, scratch + tap * count);
  }
  return scratch;
}

// One image, whose rows are the job's. Whole channels of int8 are one block.
void run_blocks(const Convolution& conv, DepthwiseS8 job, int8_t* unpacked, RowRange range) {
  const int32_t channels = job.input_channels;
  int32_t left = channels;
  do {
    if (is_int4(conv.filter)) job.input_channels = clamp(left, 0, block_of(conv));
    job.weights = block_weights(conv, (channels - left) * job.depth_multiplier, job.output_channels(), unpacked);
    isa::depthwise_s8(job, range);
    left -= job.input_channels;
    job.input.base += job.input_channels;
    job.output.base += job.output_channels();
    job.stage = job.stage.from_channel(job.output_channels());
  } while (is_int4(conv.filter) && left > 0);
}

void eval_s8(const Node& node, const Convolution& conv) {
  if constexpr (kLeastCode) return run_channels(conv, {1, conv.outputs(), 1, depth_multiplier(conv)});
  uint8_t* const scratch = static_cast<uint8_t*>(node.scratch());
  int8_t* const unpacked = reinterpret_cast<int8_t*>(scratch + conv.multiplier_bytes());
  DepthwiseS8 job = {};
  job.window = conv.window;
  job.input_channels = conv.input.dim(3);
  job.depth_multiplier = depth_multiplier(conv);
  job.input_offset = -conv.input.zero_point;
  job.stage = conv.stage_s8(reinterpret_cast<Multiplier*>(scratch));
  job.scratch = unpacked + block_bytes(conv.filter, job.input_channels, depth_of(conv));
  for_each_image(node, conv, [&](RowBuffer input, RowBuffer output, RowRange range) {
    job.input = input;
    job.output = output;
    run_blocks(conv, job, unpacked, range);
  });
}

// Sum of one output channel in the order of TFLite's reference kernel, so that floats round alike.
template <typename Sum, typename In, typename Weight>
Sum channel_sum(const Convolution& conv, RowBuffer input, const PixelWindow& at, int32_t channel) {
  const WindowGeometry& w = conv.window;
  const auto filter = WeightsFrom<Weight>::at(conv.filter, channel);
  Sum sum = 0;
  for (int32_t i = at.rows.begin; i < at.rows.end; ++i) {
    const In* in = input.row<In>(at.first_y + i * w.dilation_height) + channel / depth_multiplier(conv);
    for (int32_t j = at.columns.begin; j < at.columns.end; ++j) {
      const In value = in[(at.first_x + j * w.dilation_width) * w.input_pitch];
      sum += static_cast<Sum>(value * filter[(i * w.kernel_width + j) * w.output_pitch]);
    }
  }
  return sum;
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
    return isa::depthwise_f32({conv.window, conv.input.dim(3), depth_multiplier(conv), input, output,
                               conv.filter.as<float>(), bias.wide, range.min, range.max},
                              rows);
  });
}

template <typename Weight>
void eval_hybrid(const Node& node, const Convolution& conv) {
  const auto sum = [&](RowBuffer input, const PixelWindow& at, int32_t n) {
    return channel_sum<uint32_t, int16_t, Weight>(conv, input, at, n);
  };
  for_each_hybrid_output(node, conv, true, sum, [&](float acc, int32_t n, float scale) {
    return acc * (weight_scale(conv.filter, n) * scale);
  });
}

void eval_s16(const Node& node, const Convolution& conv) {
  const OutputStageS16 stage = conv.stage_s16(static_cast<Multiplier*>(node.scratch()), false);
  const bool narrow = depth_multiplier(conv) == 1 && conv.window.taps() <= kNarrowProducts;
  const auto pixel = [&](RowBuffer input, const PixelWindow& at, int16_t* out) {
    int32_t n = 0;
    const int32_t whole = narrow ? conv.outputs() & ~3 : 0;
    while (n < whole) {
      int64_t sums[kTapChannels];
      const int32_t count = clamp(whole - n, 0, kTapChannels);
      isa::taps_s16({conv.window, input, at, conv.filter.as<int8_t>(), n, count}, sums);
      stage.apply(sums, n, count, out + n);
      n += count;
    }
    for (; n < conv.outputs(); ++n) out[n] = stage.apply(channel_sum<int64_t, int16_t, int8_t>(conv, input, at, n), n);
  };
  for_each_pixel<int16_t>(node, conv, pixel, [&](RowBuffer input, RowBuffer output, RowRange rows) {
    return isa::depthwise_s16(
        {conv.window, conv.input.dim(3), depth_multiplier(conv), input, output, conv.filter.as<int8_t>(), &stage},
        rows);
  });
}

void eval_f32(const Node& node, const Convolution& conv) {
  is_half(conv.filter) ? eval_float<Half>(node, conv) : eval_float<float>(node, conv);
}

constexpr Bodies<Convolution> kBodies = {eval_hybrid<int8_t>, eval_hybrid<Int4>, eval_f32, eval_s16, eval_s8};

Status eval(const Node& node) { return eval_convolution(node, kFields, kChannelAxis, kBodies); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_READING_HALF(depthwise_conv_2d, 1 << 1 | 1 << 2);
