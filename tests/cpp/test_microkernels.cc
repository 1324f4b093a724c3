// Every variant of the int8 microkernels that this processor can run, against naive loops, byte for byte. Padding
// between pixels must stay untouched.
#include <cstring>

#include "kernels_cpp/isa.h"
#include "kernels_cpp/microkernels/compact.h"
#include "kernels_cpp/microkernels/portable.h"
#include "kernels_cpp/microkernels/v7m.h"
#if defined(__ARM_FEATURE_MVE)
#include "kernels_cpp/microkernels/mve.h"
#elif defined(__ARM_FEATURE_DSP)
#include "kernels_cpp/microkernels/dsp.h"
#endif
#include "compared_bytes.h"
#include "elementwise_cases.h"
#include "microkernel_cases.h"
#include "sum_cases.h"

namespace {

using namespace arenite;        // NOLINT: a test of this namespace
using namespace arenite::test;  // NOLINT

struct Variant {
  const char* name;
  void (*conv_s8)(const ConvS8&, RowRange);
  void (*depthwise_s8)(const DepthwiseS8&, RowRange);
  void (*gemm_s8)(const GemmS8&);
  void (*quantize_ratios)(const QuantizeRatios&);
  void (*dots_s16)(const DotsS16&, int64_t*) = isa::dots_s16;
};

struct UnpackVariant {
  const char* name;
  void (*unpack_s4)(const Int4Run&, int8_t*);
};
constexpr UnpackVariant kUnpackVariants[] = {{"portable", portable::unpack_s4}, {"selected", isa::unpack_s4}};

const uint8_t* bytes_of(const int8_t* weights) { return reinterpret_cast<const uint8_t*>(weights); }

// A range of rows as an image of its own, channel by channel.
template <typename Conv>
void by_channels(const Conv& conv, RowRange rows, int32_t channels, ChannelS8 job, int32_t channel_pitch,
                 int32_t sharing) {
  WindowGeometry window = conv.window;
  window.pad_top -= rows.begin * window.stride_height;
  job.window = &window;
  job.weights = bytes_of(conv.weights);
  job.input_offset = conv.input_offset;
  job.stage = conv.stage;
  for (int32_t n = 0; n < channels; ++n) {
    job.first_weight = n * channel_pitch;
    job.input = conv.input;
    job.input.base += n / sharing;
    job.output = {conv.output.base + rows.begin * conv.output.stride + n, conv.output.stride, rows.end - rows.begin};
    job.bias = conv.stage.bias_of(n);
    job.multiplier = conv.stage.multiplier_of(n);
    compact::channel_s8(job);
  }
}

void compact_conv_s8(const ConvS8& conv, RowRange rows) {
  ChannelS8 job = {};
  job.depth = job.tap_pitch = conv.input_channels;
  by_channels(conv, rows, conv.output_channels, job, conv.depth(), conv.output_channels);
}

void compact_depthwise_s8(const DepthwiseS8& conv, RowRange rows) {
  ChannelS8 job = {};
  job.depth = 1;
  job.tap_pitch = conv.output_channels();
  by_channels(conv, rows, conv.output_channels(), job, 1, conv.depth_multiplier);
}

std::vector<Variant> variants() {
  std::vector<Variant> list = {
      {"portable", portable::conv_s8, portable::depthwise_s8, portable::gemm_s8, portable::quantize_ratios,
       portable::dots_s16},
      {"compact", compact_conv_s8, compact_depthwise_s8, compact::gemm_s8, portable::quantize_ratios},
      {"selected", isa::conv_s8, isa::depthwise_s8, isa::gemm_s8, isa::quantize_ratios},
  };
#if defined(__arm__) && defined(__thumb2__) && !defined(__ARM_FEATURE_DSP)
  list.push_back({"v7m", v7m::conv_s8, v7m::depthwise_s8, v7m::gemm_s8, portable::quantize_ratios});
#endif
#if defined(__ARM_FEATURE_MVE)
  list.push_back({"mve", mve::conv_s8, mve::depthwise_s8, mve::gemm_s8, portable::quantize_ratios, mve::dots_s16});
#elif defined(__ARM_FEATURE_DSP)
  list.push_back({"dsp", dsp::conv_s8, dsp::depthwise_s8, dsp::gemm_s8, portable::quantize_ratios, dsp::dots_s16});
#endif
#if defined(__x86_64__)
  for (const char* name : {"avx2", "avx512vnni"}) {
    if (const x86::Microkernels* found = x86::find(name)) {
      const x86::Int8Microkernels& k = *found->int8;
      list.push_back({name, k.conv_s8, k.depthwise_s8, k.gemm_s8, k.quantize_ratios});
    }
  }
#endif
  return list;
}

constexpr int8_t kUntouched = 77;

void test_conv(int32_t seed, const Extent& extent) {
  Random random(static_cast<uint32_t>(seed));
  ConvS8 conv = {};
  conv.input_channels = random.pick({1, 2, 3, 4, 8, 16, random.in(1, extent.channels)});
  conv.output_channels = random.pick({1, 2, 3, 8, 16, random.in(1, 70)});
  int32_t output_height = 0;
  conv.window = random_window(random, extent, conv.input_channels, conv.output_channels, &output_height);
  const WindowGeometry& w = conv.window;
  const int32_t input_stride = w.input_width * w.input_pitch - (w.input_pitch - conv.input_channels);
  const auto input = random.bytes(w.input_height * input_stride);
  const auto weights = random.bytes(conv.output_channels * conv.depth(), random.pick({-128, -127}));
  const Stage stage(random, conv.output_channels, conv.depth());
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), input_stride, w.input_height};
  conv.weights = weights.get();
  conv.input_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  conv.stage = stage.get();
  std::vector<uint64_t> scratch(conv_s8_scratch_bytes(conv.depth()) / 8 + 2);
  conv.scratch = scratch.data();

  const int32_t output_stride = w.output_width * w.output_pitch;
  std::vector<int8_t> expected(static_cast<size_t>(output_height * output_stride), kUntouched);
  for (int32_t y = 0; y < output_height; ++y) {
    for (int32_t x = 0; x < w.output_width; ++x) {
      for (int32_t n = 0; n < conv.output_channels; ++n) {
        int64_t sum = 0;
        const int8_t* at = conv.weights + n * conv.depth();
        for (int32_t i = 0; i < w.kernel_height; ++i) {
          for (int32_t j = 0; j < w.kernel_width; ++j) {
            for (int32_t c = 0; c < conv.input_channels; ++c) {
              sum += tap(w, conv.input, conv.input_offset, y, x, i, j, c) * *at++;
            }
          }
        }
        expected[static_cast<size_t>(y * output_stride + x * w.output_pitch + n)] = finish(conv.stage, sum, n);
      }
    }
  }
  for (const Variant& variant : variants()) {
    std::vector<int8_t> got(expected.size(), kUntouched);
    conv.output = {reinterpret_cast<uint8_t*>(got.data()), output_stride, output_height};
    const int32_t split = output_height / 3;  // a range of rows is a part of the whole
    variant.conv_s8(conv, {0, split});
    variant.conv_s8(conv, {split, output_height});
    compare("conv_s8", variant.name, seed, expected, got);
  }
}

void test_depthwise(int32_t seed, const Extent& extent) {
  Random random(static_cast<uint32_t>(seed));
  DepthwiseS8 conv = {};
  conv.depth_multiplier = random.pick({1, 1, 1, 2, 3});
  conv.input_channels = random.pick({1, 2, 3, 4, 8, 16, random.in(1, extent.channels)});
  const int32_t channels = conv.output_channels();
  int32_t output_height = 0;
  conv.window = random_window(random, extent, conv.input_channels, channels, &output_height);
  const WindowGeometry& w = conv.window;
  const int32_t input_stride = w.input_width * w.input_pitch - (w.input_pitch - conv.input_channels);
  const auto input = random.bytes(w.input_height * input_stride);
  const auto weights = random.bytes(channels * w.taps(), random.pick({-128, -127}));
  const Stage stage(random, channels, w.taps());
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), input_stride, w.input_height};
  conv.weights = weights.get();
  conv.input_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  conv.stage = stage.get();
  std::vector<uint64_t> scratch(depthwise_s8_scratch_bytes(w.taps(), channels) / 8 + 2);
  conv.scratch = scratch.data();

  const int32_t output_stride = w.output_width * w.output_pitch;
  std::vector<int8_t> expected(static_cast<size_t>(output_height * output_stride), kUntouched);
  for (int32_t y = 0; y < output_height; ++y) {
    for (int32_t x = 0; x < w.output_width; ++x) {
      for (int32_t n = 0; n < channels; ++n) {
        int64_t sum = 0;
        for (int32_t i = 0; i < w.kernel_height; ++i) {
          for (int32_t j = 0; j < w.kernel_width; ++j) {
            sum += tap(w, conv.input, conv.input_offset, y, x, i, j, n / conv.depth_multiplier) *
                   conv.weights[(i * w.kernel_width + j) * channels + n];
          }
        }
        expected[static_cast<size_t>(y * output_stride + x * w.output_pitch + n)] = finish(conv.stage, sum, n);
      }
    }
  }
  for (const Variant& variant : variants()) {
    std::vector<int8_t> got(expected.size(), kUntouched);
    conv.output = {reinterpret_cast<uint8_t*>(got.data()), output_stride, output_height};
    const int32_t split = output_height / 3;
    variant.depthwise_s8(conv, {0, split});
    variant.depthwise_s8(conv, {split, output_height});
    compare("depthwise_s8", variant.name, seed, expected, got);
  }
}

void test_gemm(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  GemmS8 gemm = {};
  gemm.rows = random.pick({1, 1, 2, 3, random.in(1, 9)});
  gemm.columns = random.pick({1, 2, 3, 4, 10, 16, random.in(1, 80)});
  gemm.depth = random.pick({1, 2, 3, 4, 5, 16, 64, 128, random.in(1, 300)});
  const auto lhs = random.bytes(gemm.rows * gemm.depth);
  const auto rhs = random.bytes(gemm.columns * gemm.depth);
  const Stage stage(random, gemm.columns, gemm.depth);
  gemm.lhs = lhs.get();
  gemm.rhs = rhs.get();
  gemm.lhs_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  gemm.rhs_offset = random.pick({0, 0, -127, 128, random.in(-127, 128)});
  gemm.stage = stage.get();
  std::vector<int8_t> expected;
  for (int32_t i = 0; i < gemm.rows; ++i) {
    for (int32_t n = 0; n < gemm.columns; ++n) {
      int64_t sum = 0;
      for (int32_t k = 0; k < gemm.depth; ++k) {
        sum += (gemm.lhs[i * gemm.depth + k] + gemm.lhs_offset) * (gemm.rhs[n * gemm.depth + k] + gemm.rhs_offset);
      }
      expected.push_back(finish(gemm.stage, sum, n));
    }
  }
  for (const Variant& variant : variants()) {
    std::vector<int8_t> got(expected.size(), kUntouched);
    gemm.out = got.data();
    variant.gemm_s8(gemm);
    compare("gemm_s8", variant.name, seed, expected, got);
  }
}

void test_gemm_s4(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  GemmS4 gemm = {};
  gemm.columns = random.pick({1, 2, 4, 8, random.in(1, 20)});
  gemm.depth = 2 * random.pick({1, 2, 3, 4, 16, 32, 128, 530, random.in(1, 50), random.in(1, 400)});
  const auto lhs = random.bytes(gemm.depth);
  gemm.row_bytes = gemm.depth / 2 + random.pick({0, 0, random.in(1, 40)});
  const auto rhs = random.bytes((gemm.columns - 1) * gemm.row_bytes + gemm.depth / 2);
  const Stage stage(random, gemm.columns, gemm.depth);
  gemm.lhs = lhs.get();
  gemm.rhs = reinterpret_cast<const uint8_t*>(rhs.get());
  gemm.lhs_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  gemm.rhs_offset = random.pick({0, 0, -7, 8, random.in(-7, 8)});
  gemm.stage = stage.get();
  std::vector<uint64_t> scratch(gemm_s4_scratch_bytes(gemm.depth) / 8 + 1);
  gemm.scratch = scratch.data();
  std::vector<int8_t> expected;
  for (int32_t n = 0; n < gemm.columns; ++n) {
    int64_t sum = 0;
    for (int32_t k = 0; k < gemm.depth; ++k) {
      const int32_t weight = int4_at(gemm.rhs + n * gemm.row_bytes, k);
      sum += (gemm.lhs[k] + gemm.lhs_offset) * (weight + gemm.rhs_offset);
    }
    expected.push_back(finish(gemm.stage, sum, n));
  }
  for (const char* variant : {"portable", "selected"}) {
    std::vector<int8_t> got(expected.size(), kUntouched);
    gemm.out = got.data();
    const bool selected = std::strcmp(variant, "selected") == 0;
    if (!selected) portable::gemm_s4(gemm);
    if (!selected || isa::gemm_s4(gemm)) compare("gemm_s4", variant, seed, expected, got);
  }
}

// Scales of any exponent now and then, of all bits ones or none, subnormal ones.
float random_scale(Random& random) {
  const int32_t exponent = random.in(0, 15) == 0 ? random.in(0, 254) : random.in(110, 135);
  const int32_t fraction = random.pick({0, (1 << 23) - 1, 1, random.in(0, (1 << 23) - 1), random.in(0, (1 << 23) - 1)});
  const uint32_t bits = static_cast<uint32_t>(exponent) << 23 | static_cast<uint32_t>(fraction);
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return scale > 0.0f ? scale : 1.0f;
}

void test_ratios(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  const float a = random_scale(random);
  const float c = random_scale(random);
  std::vector<float> b(static_cast<size_t>(random.in(1, 40)));
  for (float& scale : b) scale = random_scale(random);
  const size_t bytes = b.size() * sizeof(Multiplier);
  std::vector<int8_t> expected;
  for (const float scale : b) {
    const Multiplier m = quantize_ratio(a, scale, c);
    const int8_t* at = reinterpret_cast<const int8_t*>(&m);
    expected.insert(expected.end(), at, at + sizeof m);
  }
  for (const Variant& variant : variants()) {
    std::vector<Multiplier> multipliers(b.size());
    variant.quantize_ratios({a, b.data(), c, static_cast<int32_t>(b.size()), multipliers.data()});
    std::vector<int8_t> got(bytes);
    std::memcpy(got.data(), multipliers.data(), bytes);
    compare("quantize_ratios", variant.name, seed, expected, got);
  }
}

void test_unpack(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  const int32_t size = random.in(1, 90);
  const int32_t first = random.in(0, size);
  const int32_t count = random.in(0, size - first);
  std::unique_ptr<uint8_t[]> packed(new uint8_t[static_cast<size_t>((size + 1) / 2)]());
  std::vector<int8_t> expected;
  for (int32_t i = 0; i < size; ++i) {
    const int32_t value = random.in(-8, 7);
    packed[static_cast<size_t>(i / 2)] |= static_cast<uint8_t>((value & 15) << (i % 2 * 4));
    if (i >= first && i < first + count) expected.push_back(static_cast<int8_t>(value));
  }
  expected.push_back(kUntouched);
  for (const UnpackVariant& variant : kUnpackVariants) {
    std::vector<int8_t> got(expected.size(), kUntouched);
    variant.unpack_s4({packed.get(), first, count}, got.data());
    compare("unpack_s4", variant.name, seed, expected, got);
  }
}

void test_dots_s16(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  DotsS16 dots = {};
  dots.count = random.pick({1, 3, 4, 8, 64, kNarrowProducts, kNarrowProducts + 1, random.in(1, 1200)});
  dots.pitch = dots.count + random.pick({0, 0, random.in(1, 9)});
  const auto weights = random.bytes((kDots - 1) * dots.pitch + dots.count);
  const std::unique_ptr<int16_t[]> x(new int16_t[static_cast<size_t>(dots.count)]);
  const bool extreme = random.in(0, 7) == 0;  // where sums of 32 bits would overflow
  for (int32_t k = 0; k < dots.count; ++k) {
    x[static_cast<size_t>(k)] = static_cast<int16_t>(extreme ? -32768 : random.in(-32768, 32767));
  }
  dots.x = x.get();
  dots.weights = weights.get();
  for (const Variant& variant : variants()) {
    int64_t sums[kDots] = {-1, -1, -1, -1};
    int64_t expected[kDots] = {};
    for (int32_t i = 0; i < kDots; ++i) {
      for (int32_t k = 0; k < dots.count; ++k) expected[i] += dots.x[k] * dots.weights[i * dots.pitch + k];
    }
    variant.dots_s16(dots, sums);
    if (std::memcmp(sums, expected, sizeof sums) == 0) continue;
    ++failures;
    std::printf("dots_s16, %s, case %d: wrong sum of %d products\n", variant.name, static_cast<int>(seed),
                static_cast<int>(dots.count));
  }
}

}  // namespace

#ifndef ARENITE_TEST_CASES
#define ARENITE_TEST_CASES 1500  // of each microkernel
#endif

int main() {
  for (int32_t seed = 0; seed < ARENITE_TEST_CASES; ++seed) {
    test_conv(seed, kSmall);
    test_depthwise(seed, kSmall);
    test_gemm(seed);
    test_gemm_s4(seed);
    test_packed(seed);
    test_ratios(seed);
    test_sum(seed);
    test_product(seed);
    test_dots_s16(seed);
    test_unpack(seed);
    test_taps_s16(seed);
    test_softmax(seed);
    test_pools(seed);
  }
#if defined(__x86_64__)
  for (int32_t seed = 0; seed < ARENITE_TEST_CASES / 30; ++seed) {
    test_conv(seed, kLarge);
    test_depthwise(seed, kLarge);
  }
#endif
  for (const Variant& variant : variants()) std::printf("%s ", variant.name);
  std::printf(": %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
