// Every variant of the convolutions of int16 activations with int8 weights that this processor can run, against plain
// loops in 64 bits, also where sums would leave 32 bits.
#include <limits>

#include "kernels_cpp/isa.h"
#include "microkernel_cases.h"

namespace {

using namespace arenite;        // NOLINT: a test of this namespace
using namespace arenite::test;  // NOLINT

struct Variant {
  const char* name;
  bool (*conv_s16)(const ConvS16&, RowRange);
  bool (*depthwise_s16)(const DepthwiseS16&, RowRange);
};

std::vector<Variant> variants() {
  std::vector<Variant> list = {{"selected", isa::conv_s16, isa::depthwise_s16}};
#if defined(__x86_64__)
  for (const char* name : {"avx2", "avx512vnni"}) {
    if (const x86::Microkernels* found = x86::find(name)) {
      list.push_back({name, found->int16->conv_s16, found->int16->depthwise_s16});
    }
  }
#endif
  return list;
}

int failures = 0;
int done = 0;
constexpr int16_t kUntouched = 77;

// Any codes, or the two that make the largest sums.
std::unique_ptr<int16_t[]> codes(Random& random, int32_t count) {
  std::unique_ptr<int16_t[]> data(new int16_t[static_cast<size_t>(count)]);
  const bool extreme = random.in(0, 3) == 0;
  for (int32_t i = 0; i < count; ++i) {
    data[static_cast<size_t>(i)] = static_cast<int16_t>(extreme ? INT16_MIN : random.in(INT16_MIN, INT16_MAX));
  }
  return data;
}

// Multipliers of `channels`, a sum of `depth` products in range.
struct StageS16 {
  std::vector<Multiplier> multipliers;
  OutputStageS16 stage = {};
  StageS16(Random& random, int32_t channels, int32_t depth) {
    int32_t shift = -6;
    for (int32_t n = depth; n > 1; n /= 2) --shift;
    for (int32_t c = 0; c < channels; ++c) {
      multipliers.push_back({random.in(1 << 30, INT32_MAX), shift + random.in(-1, 2)});
    }
    stage.multipliers = multipliers.data();
    stage.multiplier_step = 1;
    stage.range = {INT16_MIN, INT16_MAX};
  }
};

template <typename AddTap>
std::vector<int16_t> plain(const WindowGeometry& w, int32_t height, int32_t channels, const OutputStageS16& stage,
                           int32_t first, AddTap add_tap) {
  return plain_windows<int64_t>(w, height, channels, kUntouched, add_tap,
                                [&](int64_t sum, int32_t n) { return stage.apply(sum, first + n); });
}

template <typename Job, typename Run>
void check(const char* what, int32_t seed, Job job, int32_t height, const std::vector<int16_t>& expected, Run run) {
  for_each_result(job, height, expected.size(), kUntouched, variants(), run,
                  [&](const Variant& variant, const std::vector<int16_t>& got) {
                    ++done;
                    if (got == expected || ++failures > 20) return;
                    std::printf("%s, %s, case %d differs\n", what, variant.name, int{seed});
                  });
}

void test_conv(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  ConvS16 conv = {};
  conv.input_channels = random.pick({1, 2, 3, 8, 16, random.in(1, 60), random.in(60, 600)});
  conv.output_channels = random.pick({1, 2, 8, 16, random.in(1, 40)});
  conv.first_channel = random.in(0, 3);
  int32_t height = 0;
  conv.window = random_window(random, {4, 12, 0}, conv.input_channels, conv.output_channels, &height);
  const WindowGeometry& w = conv.window;
  const int32_t stride = w.input_width * w.input_pitch;
  const auto input = codes(random, w.input_height * stride);
  const auto weights = random.bytes(conv.output_channels * conv.depth());
  const StageS16 stage(random, conv.first_channel + conv.output_channels, conv.depth());
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), stride * 2, w.input_height};
  conv.weights = weights.get();
  conv.stage = &stage.stage;
  const auto add_tap = [&](int64_t& sum, int32_t iy, int32_t ix, int32_t tap, int32_t n) {
    for (int32_t c = 0; c < conv.input_channels; ++c) {
      sum += input[static_cast<size_t>(iy * stride + ix * w.input_pitch + c)] *
             weights[static_cast<size_t>(n * conv.depth() + tap * conv.input_channels + c)];
    }
  };
  check("conv_s16", seed, conv, height,
        plain(w, height, conv.output_channels, stage.stage, conv.first_channel, add_tap),
        [](const Variant& v, const ConvS16& job, RowRange rows) { return v.conv_s16(job, rows); });
}

void test_depthwise(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  DepthwiseS16 conv = {};
  conv.depth_multiplier = random.pick({1, 1, 2, 3});
  conv.input_channels = random.pick({1, 2, 3, 8, 16, random.in(1, 200)});
  const int32_t channels = conv.output_channels();
  int32_t height = 0;
  conv.window = random_window(random, {4, 12, 0}, conv.input_channels, channels, &height);
  const WindowGeometry& w = conv.window;
  const int32_t stride = w.input_width * w.input_pitch;
  const auto input = codes(random, w.input_height * stride);
  const auto weights = random.bytes(channels * w.taps());
  const StageS16 stage(random, channels, w.taps());
  conv.input = {reinterpret_cast<uint8_t*>(input.get()), stride * 2, w.input_height};
  conv.weights = weights.get();
  conv.stage = &stage.stage;
  const auto add_tap = [&](int64_t& sum, int32_t iy, int32_t ix, int32_t tap, int32_t n) {
    sum += int64_t{input[static_cast<size_t>(iy * stride + ix * w.input_pitch + n / conv.depth_multiplier)]} *
           weights[static_cast<size_t>(tap * channels + n)];
  };
  check("depthwise_s16", seed, conv, height, plain(w, height, channels, stage.stage, 0, add_tap),
        [](const Variant& v, const DepthwiseS16& job, RowRange rows) { return v.depthwise_s16(job, rows); });
}

}  // namespace

int main() {
  for (int32_t seed = 0; seed < 600; ++seed) {
    test_conv(seed);
    test_depthwise(seed);
  }
  std::printf("%d comparisons, %d failures\n", done, failures);
  return failures == 0 ? 0 : 1;
}
