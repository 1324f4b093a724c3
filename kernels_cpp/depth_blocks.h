// space_to_depth and its inverse: block × block pixels [N, H, W, C] against the channels of one pixel.
#pragma once

#include "kernels_cpp/movement.h"

namespace arenite {

// wide: many pixels; deep: many channels, ordered row of the block, column, channel.
struct DepthBlocks {
  Tensor wide;
  Tensor deep;
  int32_t block;

  Status check() const {
    ARENITE_CHECK(block > 0 && block < (1 << 15), kBadOption);
    ARENITE_CHECK(wide.rank == 4 && deep.rank == 4 && wide.dim(0) == deep.dim(0), kBadShape);
    ARENITE_CHECK(wide.dim(1) == int64_t{deep.dim(1)} * block && wide.dim(2) == int64_t{deep.dim(2)} * block,
                  kBadShape);
    ARENITE_CHECK(deep.dim(3) == int64_t{wide.dim(3)} * block * block, kBadShape);
    ARENITE_CHECK(keeps_grid(wide, deep), kBadQuantization);
    return Status::kOk;
  }

  void copy(bool to_deep) const {
    CopyLoops loops;
    const int32_t row = pitch(wide, 1);
    const int32_t pixel = pitch(wide, 2);
    const auto add = [&](int32_t size, int32_t wide_step, int32_t deep_step) {
      loops.add(size, to_deep ? wide_step : deep_step, to_deep ? deep_step : wide_step);
    };
    add(wide.dim(0) * deep.dim(1), block * row, pitch(deep, 1));
    add(deep.dim(2), block * pixel, pitch(deep, 2));
    add(block, row, block * pixel);
    add(block * wide.dim(3), element_bytes(wide), element_bytes(wide));
    const Tensor& from = to_deep ? wide : deep;
    const Tensor& to = to_deep ? deep : wide;
    copy_strided(loops, from.as<uint8_t>(), to.as<uint8_t>(), element_bytes(wide));
  }
};

}  // namespace arenite
