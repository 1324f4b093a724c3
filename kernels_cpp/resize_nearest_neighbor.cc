// RESIZE_NEAREST_NEIGHBOR: each pixel is a copy of the one at its place in the image.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/resize.h"

namespace arenite {
namespace {

namespace Options = format::ResizeNearestNeighborOptions;

ResizeOptions options_of(const Node& node) {
  return {node.option_i8(Options::align_corners, 0) != 0, node.option_i8(Options::half_pixel_centers, 0) != 0};
}

// Index of the input pixel along one axis; places are float32 as in TFLite.
struct Nearest {
  float scale;
  float offset;
  bool rounds;
  int32_t last;

  Nearest(int32_t input, int32_t output, ResizeOptions options)
      : scale(resize_scale(input, output, options.align_corners)),
        offset(options.half_pixel_centers ? 0.5f : 0.0f),
        rounds(options.align_corners),
        last(input - 1) {}

  int32_t operator()(int32_t index) const {
    const float place = (static_cast<float>(index) + offset) * scale;
    const int32_t below = static_cast<int32_t>(place);
    const int32_t nearest = rounds && place - static_cast<float>(below) >= 0.5f ? below + 1 : below;
    return nearest < last ? nearest : last;
  }
};

Status prepare(const Node& node, uint32_t*) { return check_resize(node); }

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const Nearest row_of(input.dim(1), output.dim(1), options_of(node));
  const Nearest column_of(input.dim(2), output.dim(2), options_of(node));
  const int32_t pixel = pitch(input, 2);
  uint8_t* out = output.as<uint8_t>();
  for (int32_t n = 0; n < output.dim(0); ++n) {
    const uint8_t* image = input.as<uint8_t>() + static_cast<ptrdiff_t>(n) * pitch(input, 0);
    for (int32_t y = 0; y < output.dim(1); ++y) {
      const uint8_t* row = image + static_cast<ptrdiff_t>(row_of(y)) * pitch(input, 1);
      for (int32_t x = 0; x < output.dim(2); ++x, out += pixel) {
        copy_chunks(row + column_of(x) * pixel, 0, out, 0, pixel, 1);
      }
    }
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(resize_nearest_neighbor);
