// Grouped int8 convolution whose weights are a block of output channels at a time.
#pragma once

#include "kernels_cpp/convolution.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/weight_blocks.h"

namespace arenite {

// Of filters [outputs, h, w, inputs per group].
inline int32_t depth_of(const Convolution& conv) { return conv.window.taps() * conv.filter.dim(3); }
inline int32_t group_outputs(const Convolution& conv) {
  return conv.outputs() / (conv.input.dim(3) / conv.filter.dim(3));
}

inline Status check_groups(const Convolution& conv) {
  const int32_t inputs = conv.filter.dim(3);
  ARENITE_CHECK(inputs > 0 && conv.input.dim(3) % inputs == 0, kBadShape);
  ARENITE_CHECK(conv.outputs() % (conv.input.dim(3) / inputs) == 0, kBadShape);
  return Status::kOk;
}

// Weights: channels_per_block(channels, depth); block_bytes(channels, depth); channels(first, count, depth, scratch),
// the weights of `count` channels as int8.
template <typename Weights>
inline uint32_t blockwise_bytes(const Convolution& conv, const Weights& weights) {
  const int32_t depth = depth_of(conv);
  return conv.multiplier_bytes() + weights.block_bytes(group_outputs(conv), depth) + conv_s8_scratch_bytes(depth);
}

// Scratch as blockwise_bytes.
template <typename Weights>
inline void convolve_blockwise(const Node& node, const Convolution& conv, const Weights& weights) {
  uint8_t* const scratch = static_cast<uint8_t*>(node.scratch());
  const OutputStage stage = conv.stage_s8(reinterpret_cast<Multiplier*>(scratch));
  int8_t* const unpacked = reinterpret_cast<int8_t*>(scratch + conv.multiplier_bytes());
  const int32_t per_group = group_outputs(conv);
  const int32_t block = weights.channels_per_block(per_group, depth_of(conv));
  ConvS8 job = {};
  job.window = conv.window;
  job.input_channels = conv.filter.dim(3);
  job.input_offset = -conv.input.zero_point;
  job.scratch = unpacked + weights.block_bytes(per_group, depth_of(conv));
  for_each_image(node, conv, [&](RowBuffer input, RowBuffer output, RowRange range) {
    for (int32_t first = 0; first < conv.outputs(); first += job.output_channels) {
      const int32_t group = first / per_group;
      job.output_channels = clamp((group + 1) * per_group - first, 0, block);
      job.input = input;
      job.input.base += group * job.input_channels;
      job.output = output;
      job.output.base += first;
      job.weights = weights.channels(first, job.output_channels, job.depth(), unpacked);
      job.stage = stage.from_channel(first);
      isa::conv_s8(job, range);
    }
  });
}

}  // namespace arenite
