// Sums over packed weights and over the taps of a window, against naive loops.
#pragma once

#include "compared_bytes.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/microkernels/portable.h"
#include "microkernel_cases.h"

namespace arenite::test {

// [rows, depth] weights -1 and 1, of two bits also 0, as words; `weights` gets them as int8.
inline std::vector<uint32_t> random_packed(Random& random, int32_t bits, int32_t rows, int32_t depth,
                                           std::vector<int8_t>* weights) {
  const int32_t row_words = (depth * bits + 31) / 32;
  std::vector<uint32_t> words(static_cast<size_t>(rows * row_words));
  const bool extreme = random.in(0, 7) == 0;  // where sums that are not brought down would overflow
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t k = 0; k < depth; ++k) {
      const int32_t weight = extreme ? -1 : bits == 1 ? random.pick({-1, 1}) : random.in(-1, 1);
      const uint32_t field = bits == 1 ? weight < 0 : static_cast<uint32_t>(weight) & 3;
      words[static_cast<size_t>(row * row_words + k * bits / 32)] |= field << (k * bits % 32);
      weights->push_back(static_cast<int8_t>(weight));
    }
  }
  return words;
}

inline void test_packed(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  GemmPacked gemm = {};
  gemm.columns = random.pick({1, 2, 4, 8, random.in(1, 20)});
  gemm.rhs.bits = random.pick({1, 2});
  gemm.rhs.depth = random.pick({1, 15, 16, 17, 31, 32, 33, 64, 256, 1100, random.in(1, 100), random.in(1, 700)});
  std::vector<int8_t> weights;
  const auto words = random_packed(random, gemm.rhs.bits, gemm.columns, gemm.rhs.depth, &weights);
  const auto lhs = random.bytes(gemm.rhs.depth);
  gemm.lhs_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  if (random.in(0, 7) == 0)
    std::memset(lhs.get(), gemm.lhs_offset > 0 ? 127 : -128, static_cast<size_t>(gemm.rhs.depth));
  const Stage stage(random, gemm.columns, gemm.rhs.depth);
  gemm.rhs.words = words.data();
  gemm.lhs = lhs.get();
  gemm.stage = stage.get();
  std::vector<uint64_t> scratch(gemm_packed_scratch_bytes(gemm.rhs.depth) / 8 + 1);
  gemm.scratch = scratch.data();
  std::vector<int8_t> unpacked(weights.size());
  isa::unpack_rows(gemm.rhs, gemm.columns, unpacked.data());
  compare("unpack_rows", "selected", seed, weights, unpacked);
  std::vector<int8_t> expected;
  for (int32_t n = 0; n < gemm.columns; ++n) {
    int64_t sum = 0;
    for (int32_t k = 0; k < gemm.rhs.depth; ++k) {
      sum += (gemm.lhs[k] + gemm.lhs_offset) * weights[static_cast<size_t>(n * gemm.rhs.depth + k)];
    }
    expected.push_back(finish(gemm.stage, sum, n));
  }
  for (const bool selected : {false, true}) {
    std::vector<int8_t> got(expected.size(), -1);
    gemm.out = got.data();
    if (!selected) portable::gemm_packed(gemm);
    if (selected && !isa::gemm_packed(gemm)) continue;
    compare("gemm_packed", selected ? "selected" : "portable", seed, expected, got);
  }
}

inline void test_taps_s16(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  const int32_t channels = 4 * random.in(1, 4);
  int32_t height = 0;
  const WindowGeometry w = random_window(random, {4, 9, 0}, channels, channels, &height);
  const int32_t stride = w.input_width * w.input_pitch;
  const size_t count = static_cast<size_t>(w.input_height * stride);
  const std::unique_ptr<int16_t[]> input(new int16_t[count]);
  const bool extreme = random.in(0, 7) == 0;
  for (size_t i = 0; i < count; ++i) {
    input[i] = static_cast<int16_t>(extreme ? INT16_MIN : random.in(INT16_MIN, INT16_MAX));
  }
  const auto filter = random.bytes(w.taps() * w.output_pitch);
  const RowBuffer rows = {reinterpret_cast<uint8_t*>(input.get()), 2 * stride, w.input_height};
  const int32_t y = random.in(0, height - 1), x = random.in(0, w.output_width - 1);
  const int32_t channel = 4 * random.in(0, channels / 4 - 1);
  const int32_t outputs = 4 * random.in(1, (channels - channel) / 4);
  std::vector<int64_t> expected(static_cast<size_t>(outputs));
  for (int32_t tap = 0; tap < w.taps(); ++tap) {
    const int32_t iy = y * w.stride_height - w.pad_top + tap / w.kernel_width * w.dilation_height;
    const int32_t ix = x * w.stride_width - w.pad_left + tap % w.kernel_width * w.dilation_width;
    if (iy < 0 || iy >= w.input_height || ix < 0 || ix >= w.input_width) continue;
    for (int32_t c = 0; c < outputs; ++c) {
      expected[static_cast<size_t>(c)] += input[static_cast<size_t>(iy * stride + ix * w.input_pitch + channel + c)] *
                                          filter[static_cast<size_t>(tap * w.output_pitch + channel + c)];
    }
  }
  const PixelWindow at(w, y, x);
  for (const auto taps_s16 : {portable::taps_s16, isa::taps_s16}) {
    int64_t got[kTapChannels];
    taps_s16({w, rows, at, filter.get(), channel, outputs}, got);
    if (std::vector<int64_t>(got, got + outputs) == expected) continue;
    ++failures;
    std::printf("taps_s16, case %d: wrong sum\n", static_cast<int>(seed));
  }
}

}  // namespace arenite::test
