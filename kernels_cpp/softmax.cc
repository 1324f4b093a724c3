// SOFTMAX over the innermost axis: exp(beta * x) / sum. int8: gemmlowp's fixed-point exponential as in TFLite.
// float32 links expf, about 1 KB of flash, with soft-float arithmetic 2 KB.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/exponential.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kDiffIntegerBits = 5;  // differences from the maximum are Q5.26
constexpr int32_t kSumIntegerBits = 12;  // the sum is Q12.19
constexpr int32_t kMaxDepth = 1 << 13;   // terms of at most 1 whose sum fits 32 unsigned bits

float beta_of(const Node& node) { return node.option_f32(format::SoftmaxOptions::beta, 0.0f); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  ARENITE_CHECK(input.rank >= 1 && input.back(0) > 0, kBadShape);
  const float beta = beta_of(node);
  ARENITE_CHECK(beta > 0.0f && beta <= 3.40282347e+38f, kBadOption);
  if (is_float(input)) return Status::kOk;
  ARENITE_CHECK(input.back(0) < kMaxDepth, kLimitExceeded);
  ARENITE_CHECK(output.scale() == 1.0f / 256.0f && output.zero_point == INT8_MIN, kBadQuantization);
  return Status::kOk;
}

// Differences of input codes to Q5.26. Where TFLite would stop at a factor of 1 or less, this goes on.
Multiplier difference_multiplier(float beta, float scale) {
  Multiplier m = quantize_ratio(beta, scale, 1.0f);
  m.shift += 31 - kDiffIntegerBits;
  if (m.shift > 31) return {INT32_MAX, 31};
  return m;
}

// The smallest difference from the maximum whose exponential counts: those below would leave Q5.26.
int32_t smallest_difference(Multiplier m) {
  constexpr int32_t kLargest = ((1 << kDiffIntegerBits) - 1) << (31 - kDiffIntegerBits);
  return -(kLargest >> (m.shift > 0 ? m.shift : 0));
}

struct SoftmaxS8 {
  Multiplier multiplier;
  int32_t smallest;

  int32_t exponential(int32_t difference) const {
    return exp_on_negative_values(multiply_by_quantized_multiplier(difference, multiplier), kDiffIntegerBits);
  }

  // A sum of 512 or more leaves every share below 1/512, half a step: all results are 0 (TFLite aborts).
  void operator()(const int8_t* in, int8_t* out, int32_t depth) const {
    int32_t largest = INT8_MIN;
    for (int32_t i = 0; i < depth; ++i) largest = in[i] > largest ? in[i] : largest;
    uint32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) {
      if (in[i] - largest < smallest) continue;
      sum += static_cast<uint32_t>(rounding_divide_by_pot(exponential(in[i] - largest), kSumIntegerBits));
    }
    int32_t bits_over_unit;
    const int32_t scale = reciprocal(sum, &bits_over_unit);
    const int32_t exponent = bits_over_unit + 31 - 8;
    for (int32_t i = 0; i < depth; ++i) {
      int32_t q = 0;
      if (in[i] - largest >= smallest && exponent <= 31) {
        const int32_t share = saturating_rounding_doubling_high_mul(scale, exponential(in[i] - largest));
        q = rounding_divide_by_pot(share, exponent);
      }
      out[i] = static_cast<int8_t>(clamp(q + INT8_MIN, INT8_MIN, INT8_MAX));
    }
  }
};

struct SoftmaxF32 {
  float beta;

  void operator()(const float* in, float* out, int32_t depth) const {
    float largest = in[0];
    for (int32_t i = 1; i < depth; ++i) largest = in[i] > largest ? in[i] : largest;
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) {
      out[i] = std::exp((in[i] - largest) * beta);
      sum += out[i];
    }
    for (int32_t i = 0; i < depth; ++i) out[i] /= sum;
  }
};

// Applies `softmax` to every vector of the innermost axis.
template <typename T, typename Softmax>
void for_each_vector(const Node& node, Softmax softmax) {
  const int32_t depth = node.output(0).back(0);
  for_each_run<T, T>(node, [=](const T* in, T* out, int32_t n) {
    for (int32_t i = 0; i < n; i += depth) softmax(in + i, out + i, depth);
  });
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_float(input)) {
    for_each_vector<float>(node, SoftmaxF32{beta_of(node)});
  } else {
    const Multiplier m = difference_multiplier(beta_of(node), input.scale());
    for_each_vector<int8_t>(node, SoftmaxS8{m, smallest_difference(m)});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(softmax);
