#include "kernels_cpp/softmax_s16.h"

#include "kernels_cpp/constant_exp.h"
#include "kernels_cpp/line_table.h"

namespace arenite {
namespace {

// In float32, as in TFLite Micro: two entries of kReciprocal are others in double.
template <typename Function>
constexpr LineTable table_of(float first, float last, Function function) {
  LineTable table = {};
  fill_lines(&table, first, last, [=](float x) { return function(x) * 32768.0f; });
  return table;
}

constexpr float exp_of(float x) { return static_cast<float>(constant_exp(static_cast<double>(x))); }
constexpr float reciprocal_of(float x) { return 1.0f / (1.0f + x); }

constexpr LineTable kExp = table_of(-10.0f, 0.0f, exp_of);
constexpr LineTable kReciprocal = table_of(0.0f, 1.0f, reciprocal_of);

}  // namespace

// Differences of codes to steps of 10 / 65535: beta * scale * 13107 / 2.
SoftmaxS16::SoftmaxS16(float beta, float scale) : multiplier_{0, -1}, smallest_(0) {
  if (beta > 0.0f) multiplier_ = quantize_product(beta, scale, 13107);
  if (beta > 0.0f && --multiplier_.shift < -31) multiplier_ = {0, -1};
  smallest_ = -(INT32_MAX >> (multiplier_.shift > 0 ? multiplier_.shift : 0));
}

int32_t SoftmaxS16::exponential(int32_t difference) const {
  const int32_t cut = difference < smallest_ ? smallest_ : difference;
  const int32_t steps = multiply_by_quantized_multiplier(cut, multiplier_);
  return kExp.at(steps < -65535 ? INT16_MIN : steps + INT16_MAX);
}

// The sum in Q16.15 becomes mantissa * 2^n with a mantissa in [1, 2).
void SoftmaxS16::operator()(const int16_t* in, int16_t* out, int32_t depth) const {
  int32_t largest = INT16_MIN;
  for (int32_t i = 0; i < depth; ++i) largest = in[i] > largest ? in[i] : largest;
  uint32_t sum = 0;
  for (int32_t i = 0; i < depth; ++i) {
    out[i] = static_cast<int16_t>(exponential(in[i] - largest));
    sum += static_cast<uint32_t>(out[i]);
  }
  const int32_t zeros = __builtin_clz(sum) - 1;
  const int32_t mantissa = static_cast<int32_t>(((sum << zeros) + (1u << 13)) >> 14);  // Q1.16
  const int32_t code = clamp(mantissa - (1 << 16) + INT16_MIN, INT16_MIN, INT16_MAX);
  const int32_t reciprocal = kReciprocal.at(code);
  const int32_t shift = 30 - zeros;
  for (int32_t i = 0; i < depth; ++i) {
    out[i] = static_cast<int16_t>(clamp((out[i] * reciprocal + (1 << (shift - 1))) >> shift, 0, INT16_MAX));
  }
}

}  // namespace arenite
