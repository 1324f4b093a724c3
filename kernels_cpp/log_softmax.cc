// LOG_SOFTMAX over the innermost axis: x - max - log(sum of exp(x - max)). int8: gemmlowp's fixed-point functions as in
// TFLite, the result always at scale 1/16 and zero point 127. float32 links expf and logf.
#include <cmath>

#include "kernels_cpp/elementwise.h"
#include "kernels_cpp/exponential_terms.h"
#include "kernels_cpp/innermost.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/logarithm.h"

namespace arenite {
namespace {

constexpr int32_t kMaxDepth = 1 << 12;  // terms of at most 1 whose sum fits Q12.19
constexpr int32_t kOutputBits = 4;      // a step is 2^-4

Status prepare(const Node& node, uint32_t*) {
  const Tensor input = node.input(0);
  const Tensor output = node.output(0);
  ARENITE_TRY(check_elementwise(node));
  ARENITE_CHECK(input.rank >= 1 && input.back(0) > 0, kBadShape);
  if (is_float(input)) return Status::kOk;
  ARENITE_CHECK(input.back(0) < kMaxDepth, kLimitExceeded);
  ARENITE_CHECK(output.scale() == 1.0f / (1 << kOutputBits) && output.zero_point == INT8_MAX, kBadQuantization);
  return Status::kOk;
}

struct LogSoftmaxS8 {
  ExponentialTerms terms;

  void operator()(const int8_t* in, int8_t* out, int32_t depth) const {
    const int32_t largest = ExponentialTerms::maximum(in, depth);
    const int32_t log_sum = log_of_at_least_one(static_cast<int32_t>(terms.sum(in, largest, depth)));
    for (int32_t i = 0; i < depth; ++i) {
      const int32_t codes = in[i] - largest;
      out[i] = codes < terms.smallest ? INT8_MIN : result(terms.difference(codes), log_sum);
    }
  }

  // Both Q5.26. Anything below -16 is the lowest code.
  static int8_t result(int32_t difference, int32_t log_sum) {
    if (difference < INT32_MIN + log_sum) return INT8_MIN;
    const int32_t steps =
        rounding_divide_by_pot(difference - log_sum, 31 - ExponentialTerms::kIntegerBits - kOutputBits);
    return static_cast<int8_t>(clamp(steps + INT8_MAX, INT8_MIN, INT8_MAX));
  }
};

void log_softmax_f32(const float* in, float* out, int32_t depth) {
  float largest = in[0];
  for (int32_t i = 1; i < depth; ++i) largest = in[i] > largest ? in[i] : largest;
  float sum = 0.0f;
  for (int32_t i = 0; i < depth; ++i) sum += std::exp(in[i] - largest);
  const float log_sum = std::log(sum);
  for (int32_t i = 0; i < depth; ++i) out[i] = in[i] - largest - log_sum;
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (is_float(input)) {
    for_each_vector<float>(node, log_softmax_f32);
  } else {
    for_each_vector<int8_t>(node, LogSoftmaxS8{ExponentialTerms(1.0f, input.scale())});
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(log_softmax);
