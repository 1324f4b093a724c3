// ARENITE_GRU, a custom operator: Keras's gated recurrent unit. Per step with x the input and h the state:
//
//   z, r = sigmoid(W x + b + R h)     h = z h + (1 - z) g
//   g = tanh(W x + b + r (R h + b'))  with reset_after, else  g = tanh(W x + b + R (r h))
//
// int8 and int16 by analogy with TFLite Micro's LSTM: sums are Q3.12, gates Q0.15; the new state is summed with 7 more
// bits than its codes have. docs/int8_arithmetic.md has it in full.
#include <cmath>
#include <cstring>

#include "kernels_cpp/gates.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/sigmoid_f32.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

using gates::Extent, gates::Product, gates::kFractionScale, gates::saturate_s16;

// Operands; each group of three in the order of Gate. The recurrent bias is that of the candidate.
constexpr int32_t kInputWeights = 1, kRecurrentWeights = 4, kBiases = 7, kRecurrentBias = 10, kHidden = 11;
enum Gate : int32_t { kUpdate, kReset, kCandidate, kGates };

struct Options {
  bool time_major;
  bool reset_after;
  explicit Options(const Node& node) {
    const OptionMap map(node);
    time_major = map.i32("time_major", 0) != 0;
    reset_after = map.i32("reset_after", 1) != 0;
  }
};

Status check_shapes(const Node& node, const Options& options) {
  ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
  const Extent e(node.input(0), node.output(0), options.time_major);
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(gates::check_matrix(node.input(kInputWeights + gate), e.units, e.inputs));
    ARENITE_TRY(gates::check_matrix(node.input(kRecurrentWeights + gate), e.units, e.units));
    ARENITE_TRY(gates::check_bias(node.input(kBiases + gate), e));
  }
  const Tensor recurrent_bias = node.input(kRecurrentBias);
  ARENITE_CHECK(!recurrent_bias.present || options.reset_after, kBadArity);
  if (recurrent_bias.present) ARENITE_TRY(gates::check_bias(recurrent_bias, e));
  return gates::check_state(node.input(kHidden), e);
}

// --- float32 ---------------------------------------------------------------------------------------------------------

struct FloatGru {
  using Value = float;
  const float* input_weights[kGates];
  const float* recurrent_weights[kGates];
  const float* biases[kGates];
  const float* recurrent_bias;

  explicit FloatGru(const Node& node) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_weights[gate] = node.input(kInputWeights + gate).as<float>();
      recurrent_weights[gate] = node.input(kRecurrentWeights + gate).as<float>();
      biases[gate] = node.input(kBiases + gate).as<float>();
    }
    const Tensor bias = node.input(kRecurrentBias);
    recurrent_bias = bias.present ? bias.as<float>() : nullptr;
  }
  using Fraction = float;
  float input_sum(Gate gate, const float* x, const Extent& e, int32_t unit) const {
    return gates::dot(input_weights[gate], x, e.inputs, unit) + biases[gate][unit];
  }
  float recurrent_sum(Gate gate, const float* h, const Extent& e, int32_t unit) const {
    const float bias = gate == kCandidate && recurrent_bias != nullptr ? recurrent_bias[unit] : 0.0f;
    return gates::dot(recurrent_weights[gate], h, e.units, unit) + bias;
  }
  static float fraction(float a, float b) { return sigmoid_f32(a + b); }
  static float scaled(float fraction, float sum) { return fraction * sum; }
  static float scaled_state(float fraction, float h) { return fraction * h; }
  static float candidate(float a, float b) { return std::tanh(a + b); }
  static float blend(float update, float h, float candidate) { return update * h + (1.0f - update) * candidate; }
};

// --- int8 and int16 --------------------------------------------------------------------------------------------------

constexpr int32_t kExtraBits = 7;  // of the new state's sum
// The candidate's factor, 2^(kExtraBits - 30) / scale, stays below 1.
constexpr float kSmallestScale = 1.0f / 4194304.0f;

Status check_quantization(const Node& node) {
  const Tensor input = node.input(0), hidden = node.input(kHidden);
  ARENITE_CHECK(is_scaled(input) && is_scaled(hidden) && same_quantization(hidden, node.output(0)), kBadQuantization);
  ARENITE_CHECK(hidden.scale() >= kSmallestScale, kBadQuantization);
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(gates::check_weights(node.input(kInputWeights + gate), input));
    ARENITE_TRY(gates::check_weights(node.input(kRecurrentWeights + gate), hidden));
  }
  return Status::kOk;
}

// x * fraction: x any integer of 16 bits and a sign, fraction Q0.15.
int32_t scaled_by(int32_t fraction, int32_t x) { return rounding_divide_by_pot(fraction * x, 15); }

// T: of input, state and output. Sum: of the products, and of the biases.
template <typename T, typename Sum>
struct IntegerGru {
  using Value = T;
  using Fraction = int32_t;
  Product<T, Sum> input_products[kGates];
  Product<T, Sum> recurrent_products[kGates];
  const Sum* biases[kGates];
  const Sum* recurrent_bias;
  Multiplier blending;  // Q0.30 to the state's codes with kExtraBits
  int32_t zero_point;   // of the state

  explicit IntegerGru(const Node& node) {
    const Tensor input = node.input(0), hidden = node.input(kHidden), bias = node.input(kRecurrentBias);
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_products[gate] = {node.input(kInputWeights + gate), input};
      recurrent_products[gate] = {node.input(kRecurrentWeights + gate), hidden};
      biases[gate] = node.input(kBiases + gate).template as<Sum>();
    }
    recurrent_bias = bias.present ? bias.as<Sum>() : nullptr;
    blending = quantize_ratio(kFractionScale * static_cast<float>(1 << kExtraBits), kFractionScale, hidden.scale());
    zero_point = hidden.zero_point;
  }
  int32_t input_sum(Gate gate, const T* x, const Extent&, int32_t unit) const {
    return input_products[gate](x, unit, biases[gate][unit]);
  }
  int32_t recurrent_sum(Gate gate, const T* h, const Extent&, int32_t unit) const {
    const Sum bias = gate == kCandidate && recurrent_bias != nullptr ? recurrent_bias[unit] : Sum{0};
    return recurrent_products[gate](h, unit, bias);
  }
  static int32_t fraction(int32_t a, int32_t b) { return sigmoid_s16(3 * saturate_s16(a + b)); }
  static int32_t scaled(int32_t fraction, int32_t sum) { return scaled_by(fraction, sum); }
  T scaled_state(int32_t fraction, T h) const { return code(scaled_by(fraction, h - zero_point)); }
  static int32_t candidate(int32_t a, int32_t b) { return tanh_s16(3 * saturate_s16(a + b)); }
  T blend(int32_t update, T h, int32_t candidate) const {
    const int32_t kept = rounding_divide_by_pot(update * (h - zero_point), 15 - kExtraBits);
    const int32_t fresh = multiply_by_quantized_multiplier((32768 - update) * candidate, blending);
    return code(rounding_divide_by_pot(kept + fresh, kExtraBits));
  }
  T code(int32_t steps) const {
    constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN, kHigh = sizeof(T) == 1 ? INT8_MAX : INT16_MAX;
    return static_cast<T>(zero_point + clamp(steps, kLow - zero_point, kHigh - zero_point));
  }
};

// --- any type --------------------------------------------------------------------------------------------------------

template <typename Gru>
typename Gru::Fraction fraction(const Gru& gru, Gate gate, const typename Gru::Value* x, const typename Gru::Value* h,
                                const Extent& e, int32_t unit) {
  return gru.fraction(gru.input_sum(gate, x, e, unit), gru.recurrent_sum(gate, h, e, unit));
}

// The state after one step in `y`. reset_state: room for a state, when the reset comes before the product, else null.
template <typename Gru>
void step(const Gru& gru, const Extent& e, const typename Gru::Value* x, const typename Gru::Value* h,
          typename Gru::Value* reset_state, typename Gru::Value* y) {
  if (reset_state != nullptr) {
    for (int32_t unit = 0; unit < e.units; ++unit) {
      reset_state[unit] = gru.scaled_state(fraction(gru, kReset, x, h, e, unit), h[unit]);
    }
  }
  for (int32_t unit = 0; unit < e.units; ++unit) {
    const auto recurrent = reset_state != nullptr ? gru.recurrent_sum(kCandidate, reset_state, e, unit)
                                                  : gru.scaled(fraction(gru, kReset, x, h, e, unit),
                                                               gru.recurrent_sum(kCandidate, h, e, unit));
    const auto candidate = gru.candidate(gru.input_sum(kCandidate, x, e, unit), recurrent);
    y[unit] = gru.blend(fraction(gru, kUpdate, x, h, e, unit), h[unit], candidate);
  }
}

template <typename Gru>
void run(const Node& node, const Options& options) {
  using Value = typename Gru::Value;
  const Gru gru(node);
  const Extent e(node.input(0), node.output(0), options.time_major);
  Value* const reset_state = options.reset_after ? nullptr : static_cast<Value*>(node.scratch());
  for (int32_t entry = 0; entry < e.batch; ++entry) {
    Value* hidden = node.input(kHidden).as<Value>() + static_cast<ptrdiff_t>(entry) * e.units;
    for (int32_t time = 0; time < e.steps; ++time) {
      const ptrdiff_t vector = e.vector(entry, time);
      Value* const y = node.output(0).as<Value>() + vector * e.units;
      step(gru, e, node.input(0).as<Value>() + vector * e.inputs, hidden, reset_state, y);
      std::memcpy(hidden, y, static_cast<size_t>(e.units) * sizeof(Value));
    }
  }
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Options options(node);
  ARENITE_TRY(check_shapes(node, options));
  if (!options.reset_after)
    *scratch_bytes = static_cast<uint32_t>(node.output(0).back(0)) * type_size(node.input(0).type);
  return is_float(node.input(0)) ? Status::kOk : check_quantization(node);
}

Status eval(const Node& node) {
  const Options options(node);
  const Tensor input = node.input(0);
  if (!node.keeps_state()) gates::forget_state(node.input(kHidden));
  if (is_float(input)) {
    run<FloatGru>(node, options);
  } else if (is_int16(input)) {
    run<IntegerGru<int16_t, int64_t>>(node, options);
  } else {
    run<IntegerGru<int8_t, int32_t>>(node, options);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_gru);
