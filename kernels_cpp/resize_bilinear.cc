// RESIZE_BILINEAR: each pixel is the mean of the four around its place, weighted by nearness. int8 and int16 as in
// TFLite: places have 10 fraction bits, and codes are weighted as they are (the weights add up to one).
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/resize.h"

namespace arenite {
namespace {

namespace Options = format::ResizeBilinearOptions;

constexpr int32_t kOne = 1 << 10;

ResizeOptions options_of(const Node& node) {
  return {node.option_i8(Options::align_corners, 0) != 0, node.option_i8(Options::half_pixel_centers, 0) != 0};
}

// Two neighbouring pixels and the weight of the second; T: int32_t in steps of 1/kOne, or float.
template <typename T>
struct Neighbours {
  int32_t below;
  int32_t above;
  T weight;
};

class FixedAxis {
 public:
  using Weight = int32_t;
  static constexpr Weight kWhole = kOne;

  FixedAxis(int32_t input, int32_t output, ResizeOptions options)
      : last_(input - 1), centred_(options.half_pixel_centers) {
    const bool corners = options.align_corners && output > 1;
    const int32_t in = corners ? input - 1 : input;
    const int32_t out = corners ? output - 1 : output;
    scale_ = (kOne * in + out / 2) / out;
  }

  Neighbours<Weight> operator()(int32_t index) const {
    const int32_t place = index * scale_ + (centred_ ? scale_ / 2 - kOne / 2 : 0);
    const int32_t floor = place / kOne;
    const int32_t below = floor > 0 ? floor : 0;
    const int32_t ceiling = (place + kOne - 1) / kOne;
    return {below < last_ ? below : last_, ceiling < last_ ? ceiling : last_, place - kOne * below};
  }

 private:
  int32_t last_;
  int32_t scale_;
  bool centred_;
};

class FloatAxis {
 public:
  using Weight = float;
  static constexpr Weight kWhole = 1.0f;

  FloatAxis(int32_t input, int32_t output, ResizeOptions options)
      : last_(input - 1),
        scale_(resize_scale(input, output, options.align_corners)),
        centred_(options.half_pixel_centers) {}

  Neighbours<Weight> operator()(int32_t index) const {
    const float at = static_cast<float>(index);
    const float place = centred_ ? (at + 0.5f) * scale_ - 0.5f : at * scale_;
    const int32_t whole = static_cast<int32_t>(place);
    const int32_t below = whole > 0 ? whole : 0;
    const int32_t ceiling = whole + (place > static_cast<float>(whole) ? 1 : 0);
    return {below < last_ ? below : last_, ceiling < last_ ? ceiling : last_, place - static_cast<float>(below)};
  }

 private:
  int32_t last_;
  float scale_;
  bool centred_;
};

// Halves away from zero.
int8_t finished(int32_t sum, int8_t) {
  constexpr int32_t kHalf = kOne * kOne / 2;
  return static_cast<int8_t>((sum + (sum > 0 ? kHalf : -kHalf)) / (kOne * kOne));
}

int16_t finished(int64_t sum, int16_t) {
  constexpr int64_t kHalf = kOne * kOne / 2;
  return static_cast<int16_t>(sum > 0 ? (sum + kHalf) >> 20 : -((kHalf - sum) >> 20));
}

float finished(float sum, float) { return sum; }

// Sum holds a code times 2^20.
template <typename T, typename Sum, typename Axis>
void resize(const Node& node) {
  using Weight = typename Axis::Weight;
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  const Axis rows(input.dim(1), output.dim(1), options_of(node));
  const Axis columns(input.dim(2), output.dim(2), options_of(node));
  const int32_t channels = input.dim(3);
  const int32_t row = input.dim(2) * channels;
  T* out = output.as<T>();
  for (int32_t i = 0; i < output.dim(0) * output.dim(1); ++i) {
    const Neighbours<Weight> y = rows(i % output.dim(1));
    const T* image = input.as<T>() + static_cast<ptrdiff_t>(i / output.dim(1)) * input.dim(1) * row;
    for (int32_t j = 0; j < output.dim(2); ++j) {
      const Neighbours<Weight> x = columns(j);
      const T* upper = image + y.below * row;
      const T* lower = image + y.above * row;
      for (int32_t c = 0; c < channels; ++c) {
        const Sum sum = Sum{upper[x.below * channels + c] * (Axis::kWhole - y.weight)} * (Axis::kWhole - x.weight) +
                        Sum{lower[x.below * channels + c] * y.weight} * (Axis::kWhole - x.weight) +
                        Sum{upper[x.above * channels + c] * (Axis::kWhole - y.weight)} * x.weight +
                        Sum{lower[x.above * channels + c] * y.weight} * x.weight;
        *out++ = finished(sum, T{});
      }
    }
  }
}

Status prepare(const Node& node, uint32_t*) {
  const ResizeOptions options = options_of(node);
  ARENITE_CHECK(!(options.align_corners && options.half_pixel_centers), kBadOption);
  ARENITE_TRY(check_resize(node));
  for (int32_t axis = 1; axis < 3; ++axis) {
    ARENITE_CHECK(node.input(0).dim(axis) < (1 << 20) && node.output(0).dim(axis) < (1 << 20), kLimitExceeded);
  }
  return Status::kOk;
}

Status eval(const Node& node) {
  ARENITE_CHECK(node.window() == nullptr, kUnsupportedOp);
  if (is_float(node.input(0))) {
    resize<float, float, FloatAxis>(node);
  } else if (is_int16(node.input(0))) {
    resize<int16_t, int64_t, FixedAxis>(node);
  } else {
    resize<int8_t, int32_t, FixedAxis>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(resize_bilinear);
