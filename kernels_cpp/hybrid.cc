#include "kernels_cpp/hybrid.h"

#include "kernels_cpp/fixed_point.h"

namespace arenite {
namespace {

struct Grid {
  float scale;
  float inverse;
  int32_t zero_point;
  int32_t low;
  int32_t high;
};

struct Range {
  float low;
  float high;
};

Range range_of(const float* x, int32_t count) {
  Range range = {x[0], x[0]};
  for (int32_t i = 1; i < count; ++i) {
    if (x[i] < range.low) range.low = x[i];
    if (x[i] > range.high) range.high = x[i];
  }
  return range;
}

float magnitude(float x) { return x < 0.0f ? -x : x; }

Grid symmetric_grid(Range range) {
  const float low = magnitude(range.low);
  const float high = magnitude(range.high);
  const float largest = low < high ? high : low;
  return {largest / 127.0f, 127.0f / largest, 0, -127, 127};
}

// round(x), halves away from zero, NaN to -1000. The cut comes before the conversion to an integer, which is undefined
// beyond its range.
int32_t nearest(float x) {
  x = x > -1000.0f ? x : -1000.0f;
  x = x < 1000.0f ? x : 1000.0f;
  const int32_t whole = static_cast<int32_t>(x);
  const float rest = x - static_cast<float>(whole);  // exact, unlike x + 0.5
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

// The zero point is computed from the end of the range whose rounding is finer.
Grid asymmetric_grid(Range range) {
  const float low = range.low < 0.0f ? range.low : 0.0f;
  const float high = range.high > 0.0f ? range.high : 0.0f;
  const float scale = (high - low) / 255.0f;
  const float below = low / scale;
  const float above = high / scale;
  const float zero_point = 128.0f - below < 127.0f + above ? -128.0f - below : 127.0f - above;
  return {scale, 1.0f / scale, clamp(nearest(zero_point), -128, 127), -128, 127};
}

int32_t code_of(float x, const Grid& grid) {
  return clamp(nearest(static_cast<float>(grid.zero_point) + x * grid.inverse), grid.low, grid.high);
}

}  // namespace

Status check_hybrid_weights(const Tensor& weights, int32_t channel_axis) {
  ARENITE_CHECK(weights.scale_count >= 1 && weights.zero_point == 0, kBadQuantization);
  if (weights.scale_count == 1) return Status::kOk;
  ARENITE_CHECK(weights.quantized_dimension == channel_axis, kBadQuantization);
  ARENITE_CHECK(weights.scale_count == weights.dim(channel_axis), kBadQuantization);
  return Status::kOk;
}

float quantize_dynamic(const float* x, int32_t count, bool asymmetric, int16_t* codes) {
  const Range range = range_of(x, count);
  const bool zeros = asymmetric ? !(range.low < 0.0f) && !(range.high > 0.0f) : range.low == 0.0f && range.high == 0.0f;
  if (zeros) {
    for (int32_t i = 0; i < count; ++i) codes[i] = 0;
    return 1.0f;
  }
  const Grid grid = asymmetric ? asymmetric_grid(range) : symmetric_grid(range);
  for (int32_t i = 0; i < count; ++i) codes[i] = static_cast<int16_t>(code_of(x[i], grid) - grid.zero_point);
  return grid.scale;
}

}  // namespace arenite
