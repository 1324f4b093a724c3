#include "kernels_cpp/microkernels/patch.h"
#include "kernels_cpp/microkernels/portable.h"

namespace arenite::portable {
namespace {

using Tile = PixelTile<kConvTile>;

// One slot of the tile, widened with the input offset added. Slots are interleaved so that one pointer reaches all:
// patch[k * kConvTile + slot].
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

inline uint32_t product(int32_t a, int32_t b) { return static_cast<uint32_t>(a * b); }

// Sums of one channel for the pixels of the tile: scalars, because compilers keep arrays in memory.
struct ChannelSums {
  uint32_t s0, s1, s2, s3;
  static_assert(kConvTile == 4, "one sum per pixel of the tile");

  explicit ChannelSums(int32_t bias) : s0(static_cast<uint32_t>(bias)), s1(s0), s2(s0), s3(s0) {}

  // Slot 0 is stored last (PixelTile::close).
  void store(const Tile& tile, int32_t channel, const OutputStage& stage) const {
    const Multiplier multiplier = stage.multiplier_of(channel);
    tile.out[3][channel] = stage.apply(static_cast<int32_t>(s3), multiplier);
    tile.out[2][channel] = stage.apply(static_cast<int32_t>(s2), multiplier);
    tile.out[1][channel] = stage.apply(static_cast<int32_t>(s1), multiplier);
    tile.out[0][channel] = stage.apply(static_cast<int32_t>(s0), multiplier);
  }
};

void one_channel(const ConvS8& conv, const int16_t* patch, const Tile& tile, int32_t channel) {
  const int32_t depth = conv.depth();
  const int8_t* weights = conv.weights + static_cast<ptrdiff_t>(channel) * depth;
  ChannelSums sums(conv.stage.bias_of(channel));
  for (int32_t k = 0; k < depth; ++k, patch += kConvTile) {
    const int32_t w = weights[k];
    sums.s0 += product(patch[0], w);
    sums.s1 += product(patch[1], w);
    sums.s2 += product(patch[2], w);
    sums.s3 += product(patch[3], w);
  }
  sums.store(tile, channel, conv.stage);
}

// Two channels share the loads of the patch.
void two_channels(const ConvS8& conv, const int16_t* patch, const Tile& tile, int32_t channel) {
  const int32_t depth = conv.depth();
  const int8_t* weights = conv.weights + static_cast<ptrdiff_t>(channel) * depth;
  const int8_t* const end = weights + depth;
  ChannelSums first(conv.stage.bias_of(channel));
  ChannelSums second(conv.stage.bias_of(channel + 1));
  for (; weights != end; ++weights, patch += kConvTile) {
    const int32_t w0 = weights[0];
    const int32_t w1 = weights[depth];
    int32_t x = patch[0];
    first.s0 += product(x, w0);
    second.s0 += product(x, w1);
    x = patch[1];
    first.s1 += product(x, w0);
    second.s1 += product(x, w1);
    x = patch[2];
    first.s2 += product(x, w0);
    second.s2 += product(x, w1);
    x = patch[3];
    first.s3 += product(x, w0);
    second.s3 += product(x, w1);
  }
  first.store(tile, channel, conv.stage);
  second.store(tile, channel + 1, conv.stage);
}

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  int16_t* const patch = static_cast<int16_t*>(conv.scratch);
  const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
    SlotWriter writer(patch + slot, conv.input_offset);
    walk_patch(conv, y, x, writer);
  };
  const auto compute = [&conv, patch](const Tile& tile) {
    int32_t channel = 0;
    for (; channel + 2 <= conv.output_channels; channel += 2) two_channels(conv, patch, tile, channel);
    if (channel < conv.output_channels) one_channel(conv, patch, tile, channel);
  };
  for_each_tile<kConvTile>(conv, rows, pack, compute);
}

}  // namespace arenite::portable
