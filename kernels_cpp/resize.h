// What resize_nearest_neighbor and resize_bilinear check, and how an output index becomes a place in the image.
#pragma once

#include "kernels_cpp/movement.h"

namespace arenite {

// Options as both operators have them.
struct ResizeOptions {
  bool align_corners;       // first and last pixels lie on each other
  bool half_pixel_centers;  // a pixel's place is its centre
};

// [N, H, W, C] to the constant size [H', W'] in operand 1.
inline Status check_resize(const Node& node) {
  const Tensor input = node.input(0);
  const Tensor size = node.input(1);
  const Tensor output = node.output(0);
  ARENITE_CHECK(size.constant, kBadOption);
  ARENITE_CHECK(input.rank == 4 && output.rank == 4 && size.count() == 2 && input.count() > 0, kBadShape);
  for (int32_t i = 0; i < 2; ++i) {
    ARENITE_CHECK(size.as<int32_t>()[i] > 0 && size.as<int32_t>()[i] == output.dim(i + 1), kBadShape);
  }
  ARENITE_CHECK(input.dim(0) == output.dim(0) && input.dim(3) == output.dim(3), kBadShape);
  ARENITE_CHECK(keeps_grid(input, output), kBadQuantization);
  return Status::kOk;
}

// Input pixels per output pixel, as TFLite divides.
inline float resize_scale(int32_t input, int32_t output, bool align_corners) {
  if (align_corners && output > 1) return static_cast<float>(input - 1) / static_cast<float>(output - 1);
  return static_cast<float>(input) / static_cast<float>(output);
}

}  // namespace arenite
