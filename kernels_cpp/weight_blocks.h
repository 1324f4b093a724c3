// int8 weights where they lie, int4 weights unpacked into scratch a block of output channels at a time: a whole tensor
// unpacked would cost the RAM that int4 is meant to save.
#pragma once

#include "interpreter/tensor.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/types.h"

namespace arenite {

// Bytes of scratch that a block should fill. Small blocks repeat what a microkernel does once per call.
constexpr int32_t kBlockBytes = 4096;
constexpr int32_t kBlockStep = 4;  // channels that microkernels take together

// Channels of one block when a channel has `depth` weights.
inline int32_t channels_per_block(int32_t channels, int32_t depth) {
  int32_t block = kBlockBytes / depth / kBlockStep * kBlockStep;
  if (block < kBlockStep) block = kBlockStep;
  return block < channels ? block : channels;
}

// Scratch of one block, a multiple of 16.
inline uint32_t block_bytes(int32_t channels, int32_t depth) {
  return (static_cast<uint32_t>(channels_per_block(channels, depth) * depth) + 15) & ~15u;
}

// The same for a tensor whose weights are a single block when they are int8, without scratch.
inline int32_t channels_per_block(const Tensor& weights, int32_t channels, int32_t depth) {
  return is_int4(weights) ? channels_per_block(channels, depth) : channels;
}
inline uint32_t block_bytes(const Tensor& weights, int32_t channels, int32_t depth) {
  return is_int4(weights) ? block_bytes(channels, depth) : 0;
}

// Weights [first, first + count) of the flattened tensor, in `scratch` when they are int4.
inline const int8_t* unpacked_weights(const Tensor& weights, int32_t first, int32_t count, int8_t* scratch) {
  if (!is_int4(weights)) return weights.as<int8_t>() + first;
  isa::unpack_s4({weights.as<uint8_t>(), first, count}, scratch);
  return scratch;
}

}  // namespace arenite
