// space_to_batch_nd and its inverse: axis 1 + i of the image holds block[i] interleaved images, which become batches.
#pragma once

#include "kernels_cpp/movement.h"

namespace arenite {

// Both operators between an image (padded by edges: before, after) and its batches.
struct SpaceBatch {
  Tensor image;
  Tensor batches;
  Tensor block;  // [axes], constant
  Tensor edges;  // [axes, 2], constant

  Status check() const;
  // to_batches: from image to batches, else back. Elements that no partner has are not written.
  void copy(bool to_batches) const;

 private:
  void copy_phase(int32_t phase, bool to_batches) const;
};

}  // namespace arenite
