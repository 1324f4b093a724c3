// Weights of one or two bits as a custom operator has them: uint32 [outputs, words of a row] beside float32 scales.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/weight_blocks.h"

namespace arenite {

// Operand indices.
constexpr int32_t kPackedWords = 1, kPackedScales = 2, kPackedBias = 3;

// depth: weights of one output.
inline PackedRows packed_rows(const Node& node, const OptionMap& options, int32_t depth) {
  return {node.input(kPackedWords).as<uint32_t>(), options.i32("bits", 2), depth};
}

// A filter of the operator's scales and of `rank` dimensions, which it refers to; without data.
inline Tensor packed_filter(const Node& node, const int32_t* dims, int32_t rank) {
  const Tensor scales = node.input(kPackedScales);
  Tensor filter;
  filter.dims = dims;
  filter.rank = rank;
  filter.type = Type::kInt8;
  filter.present = filter.constant = true;
  filter.scales = scales.as<float>();
  filter.scale_count = scales.count();
  return filter;
}

// Everything about words and scales of `outputs` rows. In prepare, before the scales are used.
Status check_packed(const Node& node, const PackedRows& rows, int32_t outputs);

// Blocks of rows, unpacked. As blockwise_convolution.h wants them.
struct PackedBlocks {
  PackedRows rows;
  static int32_t channels_per_block(int32_t channels, int32_t depth) {
    return arenite::channels_per_block(channels, depth);
  }
  static uint32_t block_bytes(int32_t channels, int32_t depth) { return arenite::block_bytes(channels, depth); }
  const int8_t* channels(int32_t first, int32_t count, int32_t, int8_t* scratch) const {
    isa::unpack_rows(rows.from_row(first), count, scratch);
    return scratch;
  }
};

}  // namespace arenite
