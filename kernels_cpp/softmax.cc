// SOFTMAX over the innermost axis: exp(beta * x) / sum. int8: gemmlowp's fixed-point exponential as in TFLite. int16:
// tables, see softmax_s16.h.
// float32 links expf, about 1 KB of flash, with soft-float arithmetic 2 KB.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/exponential_terms.h"
#include "kernels_cpp/innermost.h"
#include "kernels_cpp/isa.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/map_s8.h"
#include "kernels_cpp/softmax_s16.h"

namespace arenite {
namespace {

constexpr int32_t kMaxDepth = 1 << 13;  // terms of at most 1 whose sum fits 32 unsigned bits

float beta_of(const Node& node) { return node.option_f32(format::SoftmaxOptions::beta, 0.0f); }

// Terms of a tensor are computed once: of all differences of codes when it has more elements than there are, else of
// the elements of one vector.
int32_t terms_of(const Tensor& input) { return uses_table(input) ? kCodes : input.back(0); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
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
  *scratch_bytes = static_cast<uint32_t>(terms_of(input)) * sizeof(int32_t);
  ARENITE_CHECK(input.back(0) < kMaxDepth, kLimitExceeded);
  ARENITE_CHECK(output.scale() == 1.0f / 256.0f && output.zero_point == INT8_MIN, kBadQuantization);
  return Status::kOk;
}

class SoftmaxS8 {
 public:
  explicit SoftmaxS8(const Node& node)
      : exponentials_(beta_of(node), node.input(0).scale()),
        terms_(static_cast<int32_t*>(node.scratch())),
        by_difference_(uses_table(node.input(0))) {
    if (!by_difference_) return;
    for (int32_t i = 0; i < kCodes; ++i) terms_[i] = -i;
    fill(kCodes);
  }

  void operator()(const int8_t* in, int8_t* out, int32_t depth) const {
    if (by_difference_ && isa::softmax_s8({in, out, depth, terms_})) return;
    const int32_t largest = ExponentialTerms::maximum(in, depth);
    if (!by_difference_) {
      for (int32_t i = 0; i < depth; ++i) terms_[i] = in[i] - largest;
      fill(depth);
    }
    const auto term = [=](int32_t i) { return terms_[by_difference_ ? largest - in[i] : i]; };
    uint32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) sum += ExponentialTerms::in_sum(term(i));
    const SoftmaxShare share(sum);
    for (int32_t i = 0; i < depth; ++i) out[i] = share(term(i));
  }

 private:
  // From differences of codes to terms.
  void fill(int32_t count) const {
    if (isa::exponentials_s8({exponentials_.multiplier, exponentials_.smallest, terms_, count})) return;
    for (int32_t i = 0; i < count; ++i) terms_[i] = exponentials_.term(terms_[i]);
  }

  ExponentialTerms exponentials_;
  int32_t* terms_;
  bool by_difference_;
};

// With the least code: each term is computed twice, none is kept.
void eval_least(const Node& node) {
  const Tensor input = node.input(0);
  const int32_t depth = input.back(0);
  const ExponentialTerms exponentials(beta_of(node), input.scale());
  const auto term = [&](int32_t codes) __attribute__((noinline)) { return exponentials.term(codes); };
  const int8_t* in = input.as<int8_t>();
  int8_t* out = node.output(0).as<int8_t>();
  for (const int8_t* const end = in + input.count(); in != end; in += depth, out += depth) {
    const int32_t largest = ExponentialTerms::maximum(in, depth);
    uint32_t sum = 0;
    for (int32_t i = 0; i < depth; ++i) sum += ExponentialTerms::in_sum(term(in[i] - largest));
    const SoftmaxShare share(sum);
    for (int32_t i = 0; i < depth; ++i) out[i] = share(term(in[i] - largest));
  }
}

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
  } else if constexpr (kLeastCode) {
    eval_least(node);
  } else {
    for_each_vector<int8_t>(node, SoftmaxS8(node));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(softmax);
