// The patches of plain convolutions: int16 with the input offset added, the pixels of a tile interleaved so that one
// pointer reaches all: patch[k * kConvTile + slot].
#pragma once

#include "kernels_cpp/microkernels/patch.h"

namespace arenite {

using ConvTile = PixelTile<kConvTile>;

// Fills one slot.
class SlotWriter {
 public:
  SlotWriter(int16_t* slot, int32_t offset) : to_(slot), offset_(offset) {}
  void copy(const int8_t* source, int32_t count) {
    for (int32_t i = 0; i < count; ++i) put(source[i] + offset_);
  }
  void fill(int32_t count) {
    for (int32_t i = 0; i < count; ++i) put(0);
  }

 private:
  void put(int32_t value) {
    *to_ = static_cast<int16_t>(value);
    to_ += kConvTile;
  }
  int16_t* to_;
  int32_t offset_;
};

// Sums of one channel for the pixels of the tile: scalars, because compilers keep arrays in memory.
struct ChannelSums {
  uint32_t s0, s1, s2, s3;
  static_assert(kConvTile == 4, "one sum per pixel of the tile");

  explicit ChannelSums(int32_t bias) : s0(static_cast<uint32_t>(bias)), s1(s0), s2(s0), s3(s0) {}

  // Slot 0 is stored last (PixelTile::close).
  void store(const ConvTile& tile, int32_t channel, const OutputStage& stage) const {
    const Multiplier multiplier = stage.multiplier_of(channel);
    tile.out[3][channel] = stage.apply(static_cast<int32_t>(s3), multiplier);
    tile.out[2][channel] = stage.apply(static_cast<int32_t>(s2), multiplier);
    tile.out[1][channel] = stage.apply(static_cast<int32_t>(s1), multiplier);
    tile.out[0][channel] = stage.apply(static_cast<int32_t>(s0), multiplier);
  }
};

inline void one_channel(const ConvS8& conv, const int16_t* patch, const ConvTile& tile, int32_t channel) {
  const int32_t depth = conv.depth();
  const int8_t* weights = conv.weights + static_cast<ptrdiff_t>(channel) * depth;
  ChannelSums sums(conv.stage.bias_of(channel));
  for (int32_t k = 0; k < depth; ++k, patch += kConvTile) {
    const int32_t w = weights[k];
    sums.s0 += wrapped_product(patch[0], w);
    sums.s1 += wrapped_product(patch[1], w);
    sums.s2 += wrapped_product(patch[2], w);
    sums.s3 += wrapped_product(patch[3], w);
  }
  sums.store(tile, channel, conv.stage);
}

// compute(patch, tile) for every tile of output pixels in `rows`, once its patches are packed into the scratch.
template <typename Compute>
inline void for_each_interleaved_tile(const ConvS8& conv, RowRange rows, Compute compute) {
  int16_t* const patch = static_cast<int16_t*>(conv.scratch);
  const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
    SlotWriter writer(patch + slot, conv.input_offset);
    walk_patch(conv, y, x, writer);
  };
  for_each_tile<kConvTile>(conv, rows, pack, [&](const ConvTile& tile) { compute(patch, tile); });
}

}  // namespace arenite
