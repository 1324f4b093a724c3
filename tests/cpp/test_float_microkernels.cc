// Every variant of the float32 microkernels that this processor can run, against plain loops, bit for bit; also where
// weights or activations are infinite or no numbers.
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels_cpp/isa.h"
#include "microkernel_cases.h"

namespace {

using namespace arenite;        // NOLINT: a test of this namespace
using namespace arenite::test;  // NOLINT

struct Variant {
  const char* name;
  bool (*conv_f32)(const ConvF32&, RowRange);
  bool (*depthwise_f32)(const DepthwiseF32&, RowRange);
  bool (*gemm_f32)(const GemmF32&);
};

std::vector<Variant> variants() {
  std::vector<Variant> list = {{"selected", isa::conv_f32, isa::depthwise_f32, isa::gemm_f32}};
#if defined(__x86_64__)
  for (const char* name : {"avx2", "avx512vnni"}) {
    if (const x86::Microkernels* found = x86::find(name)) {
      const x86::Float32Microkernels& k = *found->float32;
      list.push_back({name, k.conv_f32, k.depthwise_f32, k.gemm_f32});
    }
  }
#endif
  return list;
}

int failures = 0;
int done = 0;

// A NaN's bits are free.
bool same(float a, float b) { return std::isnan(a) ? std::isnan(b) : std::memcmp(&a, &b, sizeof a) == 0; }

void compare(const char* what, const char* variant, int32_t seed, const std::vector<float>& expected,
             const std::vector<float>& got) {
  ++done;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (same(expected[i], got[i])) continue;
    if (++failures <= 20) {
      std::printf("%s, %s, case %d: element %u is %a, expected %a\n", what, variant, static_cast<int>(seed),
                  static_cast<unsigned>(i), static_cast<double>(got[i]), static_cast<double>(expected[i]));
    }
    return;
  }
}

// Exactly `count` numbers on the heap; in some cases a few are not finite.
std::unique_ptr<float[]> floats(Random& random, int32_t count) {
  std::unique_ptr<float[]> data(new float[static_cast<size_t>(count)]);
  const bool wild = random.in(0, 7) == 0;
  for (int32_t i = 0; i < count; ++i) {
    float& x = data[static_cast<size_t>(i)];
    x = static_cast<float>(random.in(-(1 << 20), 1 << 20)) * 0x1p-17f;
    if (wild && random.in(0, 20) == 0) x = random.in(0, 1) != 0 ? std::numeric_limits<float>::infinity() : NAN;
    if (random.in(0, 9) == 0) x = random.in(0, 1) != 0 ? -0.0f : 0.0f;
  }
  return data;
}

struct Limits {
  float min;
  float max;
  float apply(float x) const { return x < min ? min : (x > max ? max : x); }
};

Limits limits_of(Random& random) {
  const float largest = std::numeric_limits<float>::max();
  return random.in(0, 1) != 0 ? Limits{0.0f, 6.0f} : Limits{-largest, largest};
}

constexpr float kUntouched = 77.0f;

template <typename AddTap>
std::vector<float> plain(const WindowGeometry& w, int32_t height, int32_t channels, const float* bias, Limits limits,
                         AddTap add_tap) {
  return plain_windows<float>(w, height, channels, kUntouched, add_tap, [=](float sum, int32_t n) {
    return limits.apply(bias == nullptr ? sum : sum + bias[n]);
  });
}

template <typename Job, typename Run>
void check(const char* what, int32_t seed, Job job, int32_t height, const std::vector<float>& expected, Run run) {
  for_each_result(
      job, height, expected.size(), kUntouched, variants(), run,
      [&](const Variant& variant, const std::vector<float>& got) { compare(what, variant.name, seed, expected, got); });
}

void test_conv(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  ConvF32 conv = {};
  conv.input_channels = random.pick({1, 2, 3, 8, 16, random.in(1, 40)});
  conv.output_channels = random.pick({1, 2, 8, 16, random.in(1, 40)});
  int32_t height = 0;
  conv.window = random_window(random, kSmall, conv.input_channels, conv.output_channels, &height);
  const WindowGeometry& w = conv.window;
  const auto input = floats(random, w.input_height * w.input_width * w.input_pitch);
  const auto weights = floats(random, conv.output_channels * conv.depth());
  const auto bias = floats(random, conv.output_channels);
  const Limits limits = limits_of(random);
  const int32_t stride = w.input_width * w.input_pitch;
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), stride * static_cast<int32_t>(sizeof(float)), w.input_height};
  conv.weights = weights.get();
  conv.bias = random.in(0, 3) == 0 ? nullptr : bias.get();
  conv.min = limits.min;
  conv.max = limits.max;
  const auto add_tap = [&](float& sum, int32_t iy, int32_t ix, int32_t tap, int32_t n) {
    for (int32_t c = 0; c < conv.input_channels; ++c) {
      sum += input[static_cast<size_t>(iy * stride + ix * w.input_pitch + c)] *
             weights[static_cast<size_t>(n * conv.depth() + tap * conv.input_channels + c)];
    }
  };
  check("conv_f32", seed, conv, height, plain(w, height, conv.output_channels, conv.bias, limits, add_tap),
        [](const Variant& v, const ConvF32& job, RowRange rows) { return v.conv_f32(job, rows); });
}

void test_depthwise(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  DepthwiseF32 conv = {};
  conv.depth_multiplier = random.pick({1, 1, 2, 3});
  conv.input_channels = random.pick({1, 2, 3, 8, 16, random.in(1, 200)});
  const int32_t channels = conv.output_channels();
  int32_t height = 0;
  conv.window = random_window(random, kSmall, conv.input_channels, channels, &height);
  const WindowGeometry& w = conv.window;
  const auto input = floats(random, w.input_height * w.input_width * w.input_pitch);
  const auto weights = floats(random, channels * w.taps());
  const auto bias = floats(random, channels);
  const Limits limits = limits_of(random);
  const int32_t stride = w.input_width * w.input_pitch;
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), stride * static_cast<int32_t>(sizeof(float)), w.input_height};
  conv.weights = weights.get();
  conv.bias = random.in(0, 3) == 0 ? nullptr : bias.get();
  conv.min = limits.min;
  conv.max = limits.max;
  const auto add_tap = [&](float& sum, int32_t iy, int32_t ix, int32_t tap, int32_t n) {
    sum += input[static_cast<size_t>(iy * stride + ix * w.input_pitch + n / conv.depth_multiplier)] *
           weights[static_cast<size_t>(tap * channels + n)];
  };
  check("depthwise_f32", seed, conv, height, plain(w, height, channels, conv.bias, limits, add_tap),
        [](const Variant& v, const DepthwiseF32& job, RowRange rows) { return v.depthwise_f32(job, rows); });
}

void test_gemm(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  GemmF32 gemm = {};
  gemm.rows = random.pick({1, 1, 2, 3, random.in(1, 20)});
  gemm.columns = random.pick({1, 2, 3, 10, 16, random.in(1, 80)});
  gemm.depth = random.pick({1, 3, 16, 64, random.in(1, 200)});
  const auto lhs = floats(random, gemm.rows * gemm.depth);
  const auto rhs = floats(random, gemm.columns * gemm.depth);
  const auto bias = floats(random, gemm.columns);
  const Limits limits = limits_of(random);
  gemm.lhs = lhs.get();
  gemm.rhs = rhs.get();
  gemm.bias = random.in(0, 3) == 0 ? nullptr : bias.get();
  gemm.min = limits.min;
  gemm.max = limits.max;
  std::vector<float> expected;
  for (int32_t i = 0; i < gemm.rows; ++i) {
    for (int32_t n = 0; n < gemm.columns; ++n) {
      float sum = 0.0f;
      for (int32_t k = 0; k < gemm.depth; ++k) sum += gemm.lhs[i * gemm.depth + k] * gemm.rhs[n * gemm.depth + k];
      expected.push_back(limits.apply(gemm.bias == nullptr ? sum : sum + gemm.bias[n]));
    }
  }
  for (const Variant& variant : variants()) {
    std::vector<float> got(expected.size());
    gemm.out = got.data();
    if (variant.gemm_f32(gemm)) compare("gemm_f32", variant.name, seed, expected, got);
  }
}

}  // namespace

int main() {
  for (int32_t seed = 0; seed < 1000; ++seed) {
    test_conv(seed);
    test_depthwise(seed);
    test_gemm(seed);
  }
  std::printf("%d comparisons, %d failures\n", done, failures);
  return failures == 0 ? 0 : 1;
}
