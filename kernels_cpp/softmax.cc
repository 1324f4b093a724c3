// SOFTMAX over the innermost axis: exp(beta * x) / sum. int8: gemmlowp's fixed-point exponential as in TFLite. int16:
// tables, see softmax_s16.h.
// float32 links expf, about 1 KB of flash, with soft-float arithmetic 2 KB.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/exponential_terms.h"
#include "kernels_cpp/innermost.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/softmax_s16.h"

namespace arenite {
namespace {

constexpr int32_t kMaxDepth = 1 << 13;  // terms of at most 1 whose sum fits 32 unsigned bits

float beta_of(const Node& node) { return node.option_f32(format::SoftmaxOptions::beta, 0.0f); }

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  ARENITE_CHECK(input.rank >= 1 && input.back(0) > 0, kBadShape);
  const float beta = beta_of(node);
  constexpr float kLargest = 3.40282347e+38f;
  ARENITE_CHECK(beta >= -kLargest && beta <= kLargest, kBadOption);
  if (is_float(input)) return Status::kOk;
  ARENITE_CHECK(is_int16(input) ? beta >= 0.0f : beta > 0.0f, kBadOption);
  if (is_int16(input)) {
    ARENITE_CHECK(input.back(0) < SoftmaxS16::kMaxDepth, kLimitExceeded);
    ARENITE_CHECK(output.scale() == 1.0f / 32768.0f, kBadQuantization);
    return Status::kOk;
  }
  ARENITE_CHECK(input.back(0) < kMaxDepth, kLimitExceeded);
  ARENITE_CHECK(output.scale() == 1.0f / 256.0f && output.zero_point == INT8_MIN, kBadQuantization);
  return Status::kOk;
}

struct SoftmaxS8 {
  ExponentialTerms terms;

  // A sum of 512 or more leaves every share below 1/512, half a step: all results are 0 (TFLite aborts).
  void operator()(const int8_t* in, int8_t* out, int32_t depth) const {
    const int32_t largest = ExponentialTerms::maximum(in, depth);
    int32_t bits_over_unit;
    const int32_t scale = reciprocal(terms.sum(in, largest, depth), &bits_over_unit);
    const int32_t exponent = bits_over_unit + 31 - 8;
    for (int32_t i = 0; i < depth; ++i) {
      int32_t q = 0;
      if (in[i] - largest >= terms.smallest && exponent <= 31) {
        const int32_t share = saturating_rounding_doubling_high_mul(scale, terms.exponential(in[i] - largest));
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

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_float(input)) {
    for_each_vector<float>(node, SoftmaxF32{beta_of(node)});
  } else if (is_int16(input)) {
    for_each_vector<int16_t>(node, SoftmaxS16(beta_of(node), input.scale()));
  } else {
    for_each_vector<int8_t>(node, SoftmaxS8{ExponentialTerms(beta_of(node), input.scale())});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(softmax);
