// Microkernels that compute element by element, against their definitions.
#pragma once

#include "compared_bytes.h"
#include "kernels_cpp/exponential_terms.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/microkernels/portable.h"
#include "microkernel_cases.h"

namespace arenite::test {

// Null: the operator's own loop.
struct ElementwiseVariant {
  const char* name;
  void (*sum_s8)(const SumS8&);
  void (*product_s8)(const ProductS8&);
  void (*max_s8)(const MaxS8&);
  void (*add_s8)(const AddS8&);
};

inline std::vector<ElementwiseVariant> elementwise_variants() {
  std::vector<ElementwiseVariant> list = {
      {"portable", nullptr, portable::product_s8, portable::max_s8, portable::add_s8},
      {"selected", isa::sum_s8_kernel(), isa::product_s8_kernel(), isa::max_s8, isa::add_s8}};
#if defined(__x86_64__)
  for (const char* name : {"avx2", "avx512vnni"}) {
    if (const x86::Microkernels* found = x86::find(name)) {
      list.push_back({name, found->int8->sum_s8, found->int8->product_s8, found->int8->max_s8, found->int8->add_s8});
    }
  }
#endif
  return list;
}

// What every variant of a kernel gives for `job`, whose `out` is set here.
template <typename Job>
void compare_variants(const char* name, void (*ElementwiseVariant::*kernel)(const Job&), Job job, int32_t seed,
                      const std::vector<int8_t>& expected) {
  for (const ElementwiseVariant& variant : elementwise_variants()) {
    if (variant.*kernel == nullptr) continue;
    std::vector<int8_t> got(expected.size());
    job.out = got.data();
    (variant.*kernel)(job);
    compare(name, variant.name, seed, expected, got);
  }
}

inline void test_sum(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  SumS8 sum = {};
  sum.count = random.pick({1, 64, random.in(1, 300)});
  const auto wide = random.bytes(sum.count);
  const auto other = random.bytes(sum.count);
  sum.wide = wide.get();
  sum.other = other.get();
  sum.wide_step = random.in(0, 7) == 0 ? 0 : 1;
  sum.other_step = random.in(0, 7) == 0 ? 0 : 1;
  sum.scaled = random.in(0, 1) != 0;
  sum.wide_factor = random.pick({-1, 1}) * (1 << 20);
  sum.wide_offset = random.in(-128, 127) * sum.wide_factor;
  sum.other_factor = sum.scaled ? 1 << 21 : random.pick({-1, 1}) * (1 << 20);
  sum.other_offset = random.in(-128, 127) * sum.other_factor;
  sum.sign_of_two = random.pick({-2, 2});
  sum.other_scaling = Scaling({random.in(1 << 30, INT32_MAX), -random.in(1, 12)});
  sum.total = Scaling({random.in(1 << 30, INT32_MAX), -random.in(14, 31)});
  sum.zero_point = random.in(-128, 127);
  sum.min = random.pick({-128, random.in(-128, 127)});
  sum.max = random.in(sum.min, 127);
  std::vector<int8_t> expected;
  for (int32_t i = 0; i < sum.count; ++i) {
    const int32_t w = sum.wide[i * sum.wide_step] * sum.wide_factor - sum.wide_offset;
    int32_t o = sum.other[i * sum.other_step] * sum.other_factor - sum.other_offset;
    if (sum.scaled) o = sum.sign_of_two * sum.other_scaling(o);
    expected.push_back(static_cast<int8_t>(clamp(sum.zero_point + sum.total(w + o), sum.min, sum.max)));
  }
  compare_variants("sum_s8", &ElementwiseVariant::sum_s8, sum, seed, expected);
}

inline void test_product(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  ProductS8 job = {};
  job.count = random.pick({1, 64, random.in(1, 300)});
  const auto a = random.bytes(job.count);
  const auto b = random.bytes(job.count);
  job.a = a.get();
  job.b = b.get();
  job.b_step = random.in(0, 2) == 0 ? 0 : 1;
  job.a_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  job.b_offset = random.pick({-127, 128, 0, random.in(-127, 128)});
  job.multiplier = {random.in(1 << 30, INT32_MAX), random.pick({-1, 0, -31, kMostProductShift, random.in(-16, 3)})};
  if (random.in(0, 15) == 0) job.multiplier = {0, -1};
  job.zero_point = random.in(-128, 127);
  job.min = random.pick({-128, random.in(-128, 127)});
  job.max = random.pick({127, random.in(job.min, 127)});
  std::vector<int8_t> expected;
  for (int32_t i = 0; i < job.count; ++i) {
    const int32_t product = (job.a[i] + job.a_offset) * (job.b[i * job.b_step] + job.b_offset);
    const int32_t code = job.zero_point + requantize_reference(product, job.multiplier);
    expected.push_back(static_cast<int8_t>(clamp(code, job.min, job.max)));
  }
  compare_variants("product_s8", &ElementwiseVariant::product_s8, job, seed, expected);
}

// Not where the operator's own loops run, which Python tests compare with TFLite Micro.
inline void test_softmax(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  const ExponentialTerms plain(1.0f, static_cast<float>(random.in(1, 4000)) * 0.001f);
  std::vector<int32_t> differences(static_cast<size_t>(random.pick({256, random.in(1, 40)})));
  for (size_t i = 0; i < differences.size(); ++i) differences[i] = -static_cast<int32_t>(i);
  std::vector<int32_t> terms = differences;
  std::vector<int32_t> expected = differences;
  for (int32_t& value : expected) value = plain.term(value);
  const int32_t size = static_cast<int32_t>(terms.size());
  if (!isa::exponentials_s8({plain.multiplier, plain.smallest, terms.data(), size})) return;
  if (terms != expected) {
    ++failures;
    std::printf("exponentials_s8, case %d: wrong term\n", static_cast<int>(seed));
  }
  expected.resize(256);
  const int32_t depth = random.pick({1, 64, random.in(1, 300)});
  std::vector<int8_t> in, shares, got(static_cast<size_t>(depth));
  for (int32_t i = 0; i < depth; ++i) in.push_back(static_cast<int8_t>(random.in(-(size / 2), size - size / 2 - 1)));
  const int32_t largest = ExponentialTerms::maximum(in.data(), depth);
  uint32_t sum = 0;
  for (const int8_t code : in) sum += ExponentialTerms::in_sum(expected[static_cast<size_t>(largest - code)]);
  int32_t bits_over_unit;
  const int32_t scale = reciprocal(sum, &bits_over_unit);
  for (const int8_t code : in) {
    const int32_t share = saturating_rounding_doubling_high_mul(scale, expected[static_cast<size_t>(largest - code)]);
    const int32_t right = bits_over_unit + 31 - 8;
    shares.push_back(
        static_cast<int8_t>(clamp((right > 31 ? 0 : rounding_divide_by_pot(share, right)) - 128, -128, 127)));
  }
  isa::softmax_s8({in.data(), got.data(), depth, expected.data()});
  compare("softmax_s8", "selected", seed, shares, got);
}

inline void test_pools(int32_t seed) {
  Random random(static_cast<uint32_t>(seed));
  const int32_t count = random.in(1, 40);
  const int32_t pixels = random.pick({1, 2, random.in(1, 9), random.in(250, 600)});
  const int32_t pitch = count + random.pick({0, 0, random.in(1, 9)});
  const auto in = random.bytes((pixels - 1) * pitch + count);
  const auto before = random.bytes(count);
  std::vector<int8_t> largest(before.get(), before.get() + count);
  std::vector<int32_t> sums(static_cast<size_t>(count), 1 << 30);
  for (int32_t p = 0; p < pixels; ++p) {
    for (int32_t c = 0; c < count; ++c) {
      const int8_t code = in[static_cast<size_t>(p * pitch + c)];
      int8_t& most = largest[static_cast<size_t>(c)];
      most = code > most ? code : most;
      sums[static_cast<size_t>(c)] += code;
    }
  }
  for (const ElementwiseVariant& variant : elementwise_variants()) {
    std::vector<int8_t> got(before.get(), before.get() + count);
    variant.max_s8({got.data(), in.get(), count, pixels, pitch});
    compare("max_s8", variant.name, seed, largest, got);
    std::vector<int32_t> added(static_cast<size_t>(count), 1 << 30);
    variant.add_s8({added.data(), in.get(), count, pixels, pitch});
    if (added == sums) continue;
    ++failures;
    std::printf("add_s8, %s, case %d: wrong sum\n", variant.name, static_cast<int>(seed));
  }
}

}  // namespace arenite::test
