// UNIDIRECTIONAL_SEQUENCE_LSTM, per step with x the input, h the hidden and c the cell state:
//
//   i, f, o = sigmoid(W x + b + R h)     g = tanh(W x + b + R h)     c = f c + i g     h = o tanh(c)
//
// int8 and int16 as in TFLite Micro: W x + b and R h are each brought to Q3.12 int16 and added with saturation, gates
// are Q0.15, the cell state is int16 with a scale that is a power of two. Peephole, projection, layer normalization and
// coupled gates are refused, as TFLite Micro does.
#include <cmath>
#include <cstring>

#include "kernels_cpp/gates.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/sigmoid_f32.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

namespace Options = format::UnidirectionalSequenceLSTMOptions;
using gates::check_bias, gates::check_matrix, gates::check_sequence, gates::check_state, gates::check_weights;
using gates::Extent, gates::Product, gates::kFractionScale, gates::saturate_s16;

// Operands; each group of four in the order of Gate.
constexpr int32_t kInputWeights = 1, kRecurrentWeights = 5, kPeephole = 9, kBiases = 12, kProjection = 16, kHidden = 18,
                  kCell = 19, kNormalization = 20, kOperands = 24;
enum Gate : int32_t { kInput, kForget, kCandidate, kOutput, kGates };

bool is_time_major(const Node& node) { return node.option_i8(Options::time_major, 0) != 0; }

Extent extent_of(const Node& node) { return Extent(node.input(0), node.output(0), is_time_major(node)); }

Status check_shapes(const Node& node) {
  ARENITE_TRY(check_sequence(node.input(0), node.output(0)));
  const Extent e = extent_of(node);
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(check_matrix(node.input(kInputWeights + gate), e.units, e.inputs));
    ARENITE_TRY(check_matrix(node.input(kRecurrentWeights + gate), e.units, e.units));
    ARENITE_TRY(check_bias(node.input(kBiases + gate), e));
  }
  ARENITE_TRY(check_state(node.input(kHidden), e));
  return check_state(node.input(kCell), e);
}

// What only LiteRT has.
Status check_plain(const Node& node) {
  for (int32_t i = 0; i < kOperands; ++i) {
    const bool extra = (i >= kPeephole && i < kBiases) || (i >= kProjection && i < kHidden) || i >= kNormalization;
    ARENITE_CHECK(!extra || !node.input(i).present, kBadArity);
  }
  const int32_t activation = node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE);
  ARENITE_CHECK(activation == format::ActivationFunctionType::TANH, kBadOption);
  ARENITE_CHECK(node.option_f32(Options::cell_clip, 0.0f) >= 0.0f, kBadOption);
  return Status::kOk;
}

// --- float32 ---------------------------------------------------------------------------------------------------------

struct FloatGate {
  const float* input_weights;
  const float* recurrent_weights;
  const float* bias;

  float sum(const float* x, const float* h, const Extent& e, int32_t unit) const {
    return gates::dot(input_weights, x, e.inputs, unit) + bias[unit] + gates::dot(recurrent_weights, h, e.units, unit);
  }
};

struct FloatLstm {
  using Value = float;
  using CellValue = float;
  FloatGate gates[kGates];
  float clip;

  explicit FloatLstm(const Node& node) : clip(node.option_f32(Options::cell_clip, 0.0f)) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      gates[gate] = {node.input(kInputWeights + gate).as<float>(), node.input(kRecurrentWeights + gate).as<float>(),
                     node.input(kBiases + gate).as<float>()};
    }
  }
  float unit(const float* x, const float* h, float* cell, const Extent& e, int32_t unit) const {
    const float forget = sigmoid_f32(gates[kForget].sum(x, h, e, unit));
    const float input = sigmoid_f32(gates[kInput].sum(x, h, e, unit));
    const float candidate = std::tanh(gates[kCandidate].sum(x, h, e, unit));
    const float output = sigmoid_f32(gates[kOutput].sum(x, h, e, unit));
    float c = forget * *cell + input * candidate;
    if (clip > 0.0f) c = c < -clip ? -clip : (c > clip ? clip : c);
    *cell = c;
    return output * std::tanh(c);
  }
};

// --- int8 and int16 --------------------------------------------------------------------------------------------------

// The exponent of a scale that is a power of two; 128 for another scale.
int32_t exponent_of(float scale) {
  const Multiplier m = quantize_multiplier(scale);
  return m.multiplier == 1 << 30 ? m.shift - 1 : 128;
}

// A cell state between these exponents keeps three times its value, shifted for tanh, within 32 bits.
constexpr int32_t kSmallestExponent = -30, kLargestExponent = 2;

Status check_quantization(const Node& node) {
  const Tensor input = node.input(0), hidden = node.input(kHidden), cell = node.input(kCell);
  ARENITE_CHECK(is_scaled(input) && is_scaled(hidden) && same_quantization(hidden, node.output(0)), kBadQuantization);
  ARENITE_CHECK(cell.scale_count == 1 && cell.zero_point == 0, kBadQuantization);
  const int32_t exponent = exponent_of(cell.scale());
  ARENITE_CHECK(exponent >= kSmallestExponent && exponent <= kLargestExponent, kBadQuantization);
  for (int32_t i = kInputWeights; i < kPeephole; ++i) {
    ARENITE_TRY(check_weights(node.input(i), i < kRecurrentWeights ? input : hidden));
  }
  return Status::kOk;
}

// T: of input, hidden state and output. Sum: of the products, and of the biases.
template <typename T, typename Sum>
struct IntegerLstm {
  using Value = T;
  using CellValue = int16_t;
  Product<T, Sum> input_products[kGates];
  Product<T, Sum> recurrent_products[kGates];
  const Sum* biases[kGates];
  Multiplier forgetting;  // f c, Q0.15 times the cell's scale
  Multiplier updating;    // i g, Q0.30 to the cell's scale
  Multiplier hiding;      // o tanh(c), Q0.30 to the output's scale
  int32_t cell_exponent;
  int32_t clip;        // largest code of the cell state
  int32_t zero_point;  // of the output

  explicit IntegerLstm(const Node& node) {
    const Tensor input = node.input(0), hidden = node.input(kHidden), cell = node.input(kCell);
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_products[gate] = {node.input(kInputWeights + gate), input};
      recurrent_products[gate] = {node.input(kRecurrentWeights + gate), hidden};
      biases[gate] = node.input(kBiases + gate).template as<Sum>();
    }
    forgetting = quantize_ratio(kFractionScale, cell.scale(), cell.scale());
    updating = quantize_ratio(kFractionScale, kFractionScale, cell.scale());
    hiding = quantize_ratio(kFractionScale, kFractionScale, hidden.scale());
    cell_exponent = exponent_of(cell.scale());
    zero_point = hidden.zero_point;
    const float limit = node.option_f32(Options::cell_clip, 0.0f);
    const float codes = limit / cell.scale();
    clip = limit > 0.0f && codes < 32767.0f ? static_cast<int32_t>(codes) : 32768;
  }

  int32_t gate(Gate which, const T* x, const T* h, int32_t unit) const {
    const int32_t sum =
        saturate_s16(input_products[which](x, unit, biases[which][unit]) + recurrent_products[which](h, unit, Sum{0}));
    return which == kCandidate ? tanh_s16(3 * sum) : sigmoid_s16(3 * sum);
  }
  // Three times the cell state with 12 fraction bits.
  int32_t tanh_operand(int32_t c) const {
    const int32_t left = cell_exponent + 12;
    return left >= 0 ? (c * 3) * (1 << left) : (c * 3 + (1 << (-left - 1))) >> -left;
  }
  T unit(const T* x, const T* h, int16_t* cell, const Extent&, int32_t unit) const {
    const int32_t forget = gate(kForget, x, h, unit), input = gate(kInput, x, h, unit);
    const int32_t candidate = gate(kCandidate, x, h, unit), output = gate(kOutput, x, h, unit);
    int32_t c = saturate_s16(multiply_by_quantized_multiplier(forget * *cell, forgetting));
    c = saturate_s16(c + saturate_s16(multiply_by_quantized_multiplier(input * candidate, updating)));
    c = clamp(c, -clip, clip);
    *cell = static_cast<int16_t>(c);
    const int32_t steps = multiply_by_quantized_multiplier(output * tanh_s16(tanh_operand(c)), hiding);
    constexpr int32_t kLow = sizeof(T) == 1 ? INT8_MIN : INT16_MIN, kHigh = sizeof(T) == 1 ? INT8_MAX : INT16_MAX;
    return static_cast<T>(zero_point + clamp(steps, kLow - zero_point, kHigh - zero_point));
  }
};

// --- any type --------------------------------------------------------------------------------------------------------

// A unit reads the whole hidden state of the step before, so that the new one is gathered in the output.
template <typename Lstm>
void run(const Node& node, const Lstm& lstm) {
  using Value = typename Lstm::Value;
  const Extent e = extent_of(node);
  const Value* in = node.input(0).as<Value>();
  Value* out = node.output(0).as<Value>();
  for (int32_t entry = 0; entry < e.batch; ++entry) {
    Value* hidden = node.input(kHidden).as<Value>() + static_cast<ptrdiff_t>(entry) * e.units;
    auto* cell = node.input(kCell).as<typename Lstm::CellValue>() + static_cast<ptrdiff_t>(entry) * e.units;
    for (int32_t step = 0; step < e.steps; ++step) {
      const ptrdiff_t vector = e.vector(entry, step);
      Value* const y = out + vector * e.units;
      for (int32_t unit = 0; unit < e.units; ++unit) {
        y[unit] = lstm.unit(in + vector * e.inputs, hidden, cell + unit, e, unit);
      }
      std::memcpy(hidden, y, static_cast<size_t>(e.units) * sizeof(Value));
    }
  }
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_TRY(check_shapes(node));
  ARENITE_TRY(check_plain(node));
  return is_float(node.input(0)) ? Status::kOk : check_quantization(node);
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (!node.keeps_state()) {
    gates::forget_state(node.input(kHidden));
    gates::forget_state(node.input(kCell));
  }
  if (is_float(input)) {
    run(node, FloatLstm(node));
  } else if (is_int16(input)) {
    run(node, IntegerLstm<int16_t, int64_t>(node));
  } else {
    run(node, IntegerLstm<int8_t, int32_t>(node));
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unidirectional_sequence_lstm);
