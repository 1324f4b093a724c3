// Random cases for the int8 microkernels and their specification in naive loops, independent of the kernels' code.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "kernels_cpp/microkernels/conv_s8.h"
#include "kernels_cpp/microkernels/gemm_s8.h"

namespace arenite::test {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  int32_t in(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(engine_() % (static_cast<uint32_t>(high - low) + 1));
  }
  int32_t pick(std::initializer_list<int32_t> values) {
    return values.begin()[in(0, static_cast<int32_t>(values.size()) - 1)];
  }
  // Exactly `count` bytes on the heap, so that the address sanitizer sees a read past the end. Now and then all of them
  // are extreme, where sums in narrow lanes would overflow.
  std::unique_ptr<int8_t[]> bytes(int32_t count, int32_t low = -128) {
    std::unique_ptr<int8_t[]> data(new int8_t[static_cast<size_t>(count)]);
    const bool extreme = in(0, 7) == 0;
    const int32_t high = extreme && in(0, 1) == 0 ? low : 127;
    for (int32_t i = 0; i < count; ++i) {
      data[static_cast<size_t>(i)] = static_cast<int8_t>(extreme ? pick({low, high}) : in(low, 127));
    }
    return data;
  }

 private:
  std::mt19937 engine_;
};

// gemmlowp's requantization as it is written there: nudge and truncating division.
inline int32_t requantize_reference(int32_t acc, Multiplier m) {
  const int32_t left = m.shift > 0 ? m.shift : 0;
  const int32_t right = m.shift > 0 ? 0 : -m.shift;
  const int64_t x = static_cast<int32_t>(static_cast<uint32_t>(acc) << left);
  const int64_t product = x * m.multiplier;
  const int64_t nudge = product >= 0 ? (int64_t{1} << 30) : 1 - (int64_t{1} << 30);
  const int64_t high = (product + nudge) / (int64_t{1} << 31);
  const int64_t unit = int64_t{1} << right;
  const int64_t magnitude = ((high < 0 ? -high : high) + unit / 2) / unit;  // half away from zero
  return static_cast<int32_t>(high < 0 ? -magnitude : magnitude);
}

// Bias, multipliers and clamp of `channels` outputs whose sums have about `depth` products.
class Stage {
 public:
  Stage(Random& random, int32_t channels, int32_t depth) {
    const bool per_channel = random.in(0, 3) != 0;
    const bool extreme = random.in(0, 7) == 0;  // shifts and biases that only dead channels have
    for (int32_t c = 0; c < channels; ++c) {
      const int32_t range = 64 * depth;
      bias_.push_back(extreme ? random.in(INT32_MIN / 2, INT32_MAX / 2) * 2 : random.in(-range, range));
    }
    const int32_t highest = random.pick({-1, 8});
    int32_t shift = -5;
    for (int32_t n = depth; n > 1; n /= 2) --shift;
    for (int32_t c = 0; c < (per_channel ? channels : 1); ++c) {
      const int32_t low = random.in(1 << 30, INT32_MAX);
      multipliers_.push_back({low, extreme ? random.in(-31, highest) : shift + random.in(-1, 2)});
      if (random.in(0, 31) == 0) multipliers_.back() = {0, -1};
    }
    stage_ = {random.in(0, 5) == 0 ? nullptr : bias_.data(),
              multipliers_.data(),
              per_channel ? 1 : 0,
              random.pick({-128, 127, 0, random.in(-128, 127)}),
              -128,
              127};
    if (random.in(0, 2) == 0) {
      stage_.min = random.in(-128, 20);
      stage_.max = random.in(stage_.min, 127);
    }
  }
  const OutputStage& get() const { return stage_; }

 private:
  std::vector<int32_t> bias_;
  std::vector<Multiplier> multipliers_;
  OutputStage stage_;
};

inline int8_t finish(const OutputStage& stage, int64_t sum, int32_t channel) {
  const int64_t bias = stage.bias == nullptr ? 0 : stage.bias[channel];
  const int32_t acc = static_cast<int32_t>(static_cast<uint32_t>(sum + bias));
  const int64_t value =
      int64_t{requantize_reference(acc, stage.multipliers[channel * stage.multiplier_step])} + stage.zero_point;
  return static_cast<int8_t>(value < stage.min ? stage.min : value > stage.max ? stage.max : value);
}

// What a case may be like. Large ones are more than variants hold at a time.
struct Extent {
  int32_t height;
  int32_t width;
  int32_t channels;
};
constexpr Extent kSmall = {9, 19, 70};
constexpr Extent kLarge = {3, 300, 1100};

// A window with padding on all sides, strides and dilations; sometimes a plain 1x1.
inline WindowGeometry random_window(Random& random, const Extent& extent, int32_t input_channels,
                                    int32_t output_channels, int32_t* output_height) {
  WindowGeometry w = {};
  const bool pointwise = random.in(0, 2) == 0;
  w.kernel_height = pointwise ? 1 : random.pick({1, 3, 3, 5, random.in(1, 7)});
  w.kernel_width = pointwise ? 1 : random.pick({1, 3, 3, 5, random.in(1, 7)});
  w.dilation_height = random.pick({1, 1, 2, 3});
  w.dilation_width = random.pick({1, 1, 2, 3});
  w.stride_height = random.pick({1, 1, 2, 3});
  w.stride_width = random.pick({1, 1, 2, 3});
  w.input_height = random.in(1, extent.height);
  w.input_width = random.in(1, extent.width);
  w.pad_top = random.in(0, (w.kernel_height - 1) * w.dilation_height / 2);
  w.pad_left = random.in(0, (w.kernel_width - 1) * w.dilation_width / 2);
  w.output_width = (w.input_width - 1 + w.pad_left) / w.stride_width + 1;
  *output_height = (w.input_height - 1 + w.pad_top) / w.stride_height + 1;
  w.input_pitch = input_channels + random.pick({0, 0, 0, 3});
  w.output_pitch = output_channels + random.pick({0, 0, 0, 5});
  return w;
}

// (in + offset) of one tap, 0 outside the image.
inline int32_t tap(const WindowGeometry& w, const RowBuffer& input, int32_t offset, int32_t y, int32_t x, int32_t i,
                   int32_t j, int32_t c) {
  const int32_t iy = y * w.stride_height - w.pad_top + i * w.dilation_height;
  const int32_t ix = x * w.stride_width - w.pad_left + j * w.dilation_width;
  if (iy < 0 || iy >= w.input_height || ix < 0 || ix >= w.input_width) return 0;
  return input.row<int8_t>(iy)[ix * w.input_pitch + c] + offset;
}

// [height, output_width, output_pitch]: finish(sum, n), sum by add_tap(sum, row, column, tap, n) for the taps inside
// the image. What no channel takes is `untouched`.
template <typename Sum, typename Out, typename AddTap, typename Finish>
std::vector<Out> plain_windows(const WindowGeometry& w, int32_t height, int32_t channels, Out untouched, AddTap add_tap,
                               Finish finish) {
  std::vector<Out> out(static_cast<size_t>(height * w.output_width * w.output_pitch), untouched);
  for (int32_t y = 0; y < height; ++y) {
    for (int32_t x = 0; x < w.output_width; ++x) {
      for (int32_t n = 0; n < channels; ++n) {
        Sum sum = 0;
        for (int32_t tap = 0; tap < w.taps(); ++tap) {
          const int32_t iy = y * w.stride_height - w.pad_top + tap / w.kernel_width * w.dilation_height;
          const int32_t ix = x * w.stride_width - w.pad_left + tap % w.kernel_width * w.dilation_width;
          if (iy >= 0 && iy < w.input_height && ix >= 0 && ix < w.input_width) add_tap(sum, iy, ix, tap, n);
        }
        out[static_cast<size_t>((y * w.output_width + x) * w.output_pitch + n)] = finish(sum, n);
      }
    }
  }
  return out;
}

// compare(variant, rows of output) for each variant whose run(variant, job, rows) does all, in two parts.
template <typename Job, typename Out, typename Variants, typename Run, typename Compare>
void for_each_result(Job job, int32_t height, size_t count, Out untouched, const Variants& variants, Run run,
                     Compare compare) {
  for (const auto& variant : variants) {
    std::vector<Out> got(count, untouched);
    const int32_t stride = job.window.output_width * job.window.output_pitch;
    job.output = {reinterpret_cast<uint8_t*>(got.data()), stride * static_cast<int32_t>(sizeof(Out)), height};
    const int32_t split = height / 3;
    if (run(variant, job, RowRange{0, split}) && run(variant, job, RowRange{split, height})) compare(variant, got);
  }
}

}  // namespace arenite::test
