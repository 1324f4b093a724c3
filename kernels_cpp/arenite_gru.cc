// ARENITE_GRU, a custom operator: Keras's gated recurrent unit. Per step with x the input and h the state:
//
//   z, r = sigmoid(W x + b + R h)     h = z h + (1 - z) g
//   g = tanh(W x + b + r (R h + b'))  with reset_after, else  g = tanh(W x + b + R (r h))
//
// int8 and int16 by analogy with TFLite Micro's LSTM: sums are Q3.12, gates Q0.15; the new state is summed with 7 more
// bits than its codes have. Float activations with int8 weights by analogy with LiteRT's. docs/int8_arithmetic.md has
// it in full.
#include <cmath>

#include "kernels_cpp/gates.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/requantization.h"
#include "kernels_cpp/sigmoid_f32.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

using gates::Extent, gates::Product, gates::kFractionScale, gates::saturate_s16;

// Operands; each group of three in the order of Gate. The recurrent bias is that of the candidate.
constexpr int32_t kInputWeights = 1, kRecurrentWeights = 4, kBiases = 7, kRecurrentBias = 10, kHidden = 11, kMask = 12;
enum Gate : int32_t { kUpdate, kReset, kCandidate, kGates };

struct Options {
  bool time_major;
  bool reset_after;
  bool asymmetric;
  explicit Options(const Node& node) {
    const OptionMap map(node);
    time_major = map.i32("time_major", 0) != 0;
    reset_after = map.i32("reset_after", 1) != 0;
    asymmetric = map.i32("asymmetric_quantize_inputs", 0) != 0;
  }
};

Status check_shapes(const Node& node, const Options& options) {
  ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
  ARENITE_TRY(gates::check_mask(node.input(kMask), node.input(0)));
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

// W: of the weights.
template <typename W>
struct RealGru {
  using Value = float;
  using Fraction = float;
  using Factor = gates::Factor<W>;
  gates::Matrix<W> input_weights[kGates];
  gates::Matrix<W> recurrent_weights[kGates];
  const float* biases[kGates];
  const float* recurrent_bias;
  const float* inputs;
  Factor x;
  Factor h;
  Factor reset_h;  // the state that the candidate's weights multiply, when the reset comes before the product
  bool asymmetric;

  RealGru(const Node& node, const Options& options, const Extent& e, uint8_t* scratch)
      : inputs(node.input(0).as<float>()), asymmetric(options.asymmetric) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_weights[gate] = gates::Matrix<W>(node.input(kInputWeights + gate));
      recurrent_weights[gate] = gates::Matrix<W>(node.input(kRecurrentWeights + gate));
      biases[gate] = node.input(kBiases + gate).as<float>();
    }
    const Tensor bias = node.input(kRecurrentBias);
    recurrent_bias = bias.present ? bias.as<float>() : nullptr;
    x.place(e.inputs, &scratch);
    h.place(e.units, &scratch);
    if (!options.reset_after) reset_h.place(e.units, &scratch);
  }
  static uint32_t scratch_bytes(const Options& options, const Extent& e) {
    return Factor::scratch_bytes(e.inputs) + Factor::scratch_bytes(e.units) * (options.reset_after ? 1 : 2);
  }
  void begin(ptrdiff_t vector, const float* hidden) {
    x.set(inputs + vector * x.count, asymmetric);
    h.set(hidden, asymmetric);
  }
  void begin_candidate(const float* reset_state) { reset_h.set(reset_state, asymmetric); }
  float input_sum(Gate gate, int32_t unit) const { return product(input_weights[gate], x, unit) + biases[gate][unit]; }
  float recurrent_sum(Gate gate, int32_t unit) const {
    const float bias = gate == kCandidate && recurrent_bias != nullptr ? recurrent_bias[unit] : 0.0f;
    return product(recurrent_weights[gate], gate == kCandidate && reset_h.count > 0 ? reset_h : h, unit) + bias;
  }
  static float fraction(float a, float b) { return sigmoid_f32(a + b); }
  static float scaled(float fraction, float sum) { return fraction * sum; }
  static float scaled_state(float fraction, float state) { return fraction * state; }
  static float candidate(float a, float b) { return std::tanh(a + b); }
  static float blend(float update, float state, float candidate) {
    return update * state + (1.0f - update) * candidate;
  }
};

// --- int8 and int16 --------------------------------------------------------------------------------------------------

constexpr int32_t kExtraBits = 7;  // of the new state's sum

Status check_weights(const Node& node) {
  const Tensor input = node.input(0), hidden = node.input(kHidden);
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(gates::check_weights(node.input(kInputWeights + gate), input));
    ARENITE_TRY(gates::check_weights(node.input(kRecurrentWeights + gate), hidden));
  }
  return Status::kOk;
}

Status check_quantization(const Node& node) {
  ARENITE_CHECK(is_scaled(node.input(0)), kBadQuantization);
  ARENITE_TRY(gates::check_state_grid(node.input(kHidden), node.output(0)));
  return check_weights(node);
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
  Tensor recurrent_bias;
  const T* inputs;
  const T* x = nullptr;
  const T* h = nullptr;
  const T* candidate_h = nullptr;
  Multiplier blending;  // Q0.30 to the state's codes with kExtraBits
  int32_t zero_point;   // of the state

  explicit IntegerGru(const Node& node) {
    const Tensor input = node.input(0), hidden = node.input(kHidden);
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_products[gate] = {node.input(kInputWeights + gate), input};
      recurrent_products[gate] = {node.input(kRecurrentWeights + gate), hidden};
      biases[gate] = node.input(kBiases + gate).template as<Sum>();
    }
    recurrent_bias = node.input(kRecurrentBias);
    inputs = input.as<T>();
    blending = quantize_ratio(kFractionScale * static_cast<float>(1 << kExtraBits), kFractionScale, hidden.scale());
    zero_point = hidden.zero_point;
  }
  void begin(ptrdiff_t vector, const T* hidden) {
    x = inputs + vector * input_products[0].count;
    h = candidate_h = hidden;
  }
  void begin_candidate(const T* reset_state) { candidate_h = reset_state; }
  int32_t input_sum(Gate gate, int32_t unit) const { return input_products[gate](x, unit, biases[gate][unit]); }
  int32_t recurrent_sum(Gate gate, int32_t unit) const {
    const bool biased = gate == kCandidate && recurrent_bias.present;
    const Sum bias = biased ? static_cast<Sum>(bias_at(recurrent_bias, unit)) : Sum{0};
    return recurrent_products[gate](gate == kCandidate ? candidate_h : h, unit, bias);
  }
  static int32_t fraction(int32_t a, int32_t b) { return sigmoid_s16(3 * saturate_s16(a + b)); }
  static int32_t scaled(int32_t fraction, int32_t sum) { return scaled_by(fraction, sum); }
  T scaled_state(int32_t fraction, T state) const { return code(scaled_by(fraction, state - zero_point)); }
  static int32_t candidate(int32_t a, int32_t b) { return tanh_s16(3 * saturate_s16(a + b)); }
  T blend(int32_t update, T state, int32_t candidate) const {
    const int32_t kept = rounding_divide_by_pot(update * (state - zero_point), 15 - kExtraBits);
    const int32_t fresh = multiply_by_quantized_multiplier((32768 - update) * candidate, blending);
    return code(rounding_divide_by_pot(kept + fresh, kExtraBits));
  }
  T code(int32_t steps) const { return gates::code<T>(steps, zero_point); }
};

// --- any type --------------------------------------------------------------------------------------------------------

// reset_state: room for a state, when the reset comes before the product, else null.
template <typename Gru>
struct Layer {
  using Value = typename Gru::Value;
  Gru& gru;
  int32_t units;
  Value* reset_state;

  typename Gru::Fraction fraction(Gate gate, int32_t unit) const {
    return gru.fraction(gru.input_sum(gate, unit), gru.recurrent_sum(gate, unit));
  }
  void step(ptrdiff_t vector, int32_t, const Value* h, Value* y) {
    gru.begin(vector, h);
    if (reset_state != nullptr) {
      for (int32_t unit = 0; unit < units; ++unit) {
        reset_state[unit] = gru.scaled_state(fraction(kReset, unit), h[unit]);
      }
      gru.begin_candidate(reset_state);
    }
    for (int32_t unit = 0; unit < units; ++unit) {
      const auto sum = gru.recurrent_sum(kCandidate, unit);
      const auto recurrent = reset_state != nullptr ? sum : gru.scaled(fraction(kReset, unit), sum);
      const auto candidate = gru.candidate(gru.input_sum(kCandidate, unit), recurrent);
      y[unit] = gru.blend(fraction(kUpdate, unit), h[unit], candidate);
    }
  }
};

uint32_t reset_bytes(const Node& node, const Options& options) {
  return options.reset_after ? 0 : static_cast<uint32_t>(node.output(0).back(0)) * type_size(node.input(0).type);
}

template <typename Gru>
void run(const Node& node, const Options& options, const Extent& e, Gru&& gru) {
  using Value = typename Gru::Value;
  Layer<Gru> layer = {gru, e.units, options.reset_after ? nullptr : static_cast<Value*>(node.scratch())};
  const Tensor mask = node.input(kMask);
  gates::walk(layer, e, node.input(kHidden), node.output(0).as<Value>(), mask.present ? mask.as<uint8_t>() : nullptr);
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Options options(node);
  ARENITE_TRY(check_shapes(node, options));
  *scratch_bytes = reset_bytes(node, options);
  if (is_hybrid(node.input(0), node.input(kInputWeights))) {
    const Extent e(node.input(0), node.output(0), options.time_major);
    *scratch_bytes += RealGru<int8_t>::scratch_bytes(options, e);
    return check_weights(node);
  }
  return is_float(node.input(0)) ? Status::kOk : check_quantization(node);
}

Status eval(const Node& node) {
  const Options options(node);
  const Tensor input = node.input(0);
  const Extent e(input, node.output(0), options.time_major);
  uint8_t* const codes = static_cast<uint8_t*>(node.scratch()) + reset_bytes(node, options);
  if (!node.keeps_state()) gates::forget_state(node.input(kHidden));
  if (is_hybrid(input, node.input(kInputWeights))) {
    run(node, options, e, RealGru<int8_t>(node, options, e, codes));
  } else if (is_float(input)) {
    run(node, options, e, RealGru<float>(node, options, e, codes));
  } else if (is_int16(input)) {
    run(node, options, e, IntegerGru<int16_t, int64_t>(node));
  } else {
    run(node, options, e, IntegerGru<int8_t, int32_t>(node));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_gru);
