// UNIDIRECTIONAL_SEQUENCE_LSTM: the LSTM of lstm.h over a sequence.
//
// int8 and int16 as in TFLite Micro: W x + b and R h are each brought to Q3.12 int16 and added with saturation, gates
// are Q0.15, the cell state is int16 with a scale that is a power of two. Float activations with int8 weights as in
// LiteRT: input and hidden state are brought to eight bits at each step.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/lstm.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite {
namespace {

namespace Fields = format::UnidirectionalSequenceLSTMOptions;
using gates::Extent, gates::Product, gates::kFractionScale, gates::saturate_s16;
using lstm::Gate, lstm::kCandidate, lstm::kForget, lstm::kGates, lstm::kInput, lstm::kOutput;

constexpr int32_t kHidden = 18, kCell = 19, kNormalization = 20, kOperands = 24;
constexpr lstm::Layout kLayout = {1, kHidden, kCell};

Extent extent_of(const Node& node) {
  return Extent(node.input(0), node.output(0), node.option_i8(Fields::time_major, 0) != 0);
}

lstm::Options options_of(const Node& node) {
  return {node.option_f32(Fields::cell_clip, 0.0f), node.option_i8(Fields::asymmetric_quantize_inputs, 0) != 0};
}

// What only LiteRT has.
Status check_plain(const Node& node) {
  for (int32_t i = 0; i < kOperands; ++i) {
    ARENITE_CHECK(!(kLayout.is_extra(i) || i >= kNormalization) || !node.input(i).present, kBadArity);
  }
  const int32_t activation = node.option_i8(Fields::fused_activation_function, format::ActivationFunctionType::NONE);
  return lstm::check_options(activation, options_of(node).clip);
}

bool is_hybrid(const Node& node) { return is_hybrid(node.input(0), node.input(kLayout.first)); }

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
  return lstm::check_weights(node, kLayout);
}

// T: of input, hidden state and output. Sum: of the products, and of the biases.
template <typename T, typename Sum>
struct IntegerLstm {
  using Value = T;
  const T* inputs;
  int16_t* cells;
  int32_t units;
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
    inputs = input.as<T>();
    cells = cell.as<int16_t>();
    units = node.output(0).back(0);
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_products[gate] = {node.input(kLayout.input_weights(gate)), input};
      recurrent_products[gate] = {node.input(kLayout.recurrent_weights(gate)), hidden};
      biases[gate] = node.input(kLayout.bias(gate)).template as<Sum>();
    }
    forgetting = quantize_ratio(kFractionScale, cell.scale(), cell.scale());
    updating = quantize_ratio(kFractionScale, kFractionScale, cell.scale());
    hiding = quantize_ratio(kFractionScale, kFractionScale, hidden.scale());
    cell_exponent = exponent_of(cell.scale());
    zero_point = hidden.zero_point;
    const float limit = options_of(node).clip;
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
  void step(ptrdiff_t vector, int32_t entry, const T* h, T* y) const {
    const T* const x = inputs + vector * input_products[0].count;
    int16_t* const cell = cells + static_cast<ptrdiff_t>(entry) * units;
    for (int32_t unit = 0; unit < units; ++unit) y[unit] = value(x, h, cell + unit, unit);
  }
  T value(const T* x, const T* h, int16_t* cell, int32_t unit) const {
    const int32_t forget = gate(kForget, x, h, unit), input = gate(kInput, x, h, unit);
    const int32_t candidate = gate(kCandidate, x, h, unit), output = gate(kOutput, x, h, unit);
    int32_t c = saturate_s16(multiply_by_quantized_multiplier(forget * *cell, forgetting));
    c = saturate_s16(c + saturate_s16(multiply_by_quantized_multiplier(input * candidate, updating)));
    c = clamp(c, -clip, clip);
    *cell = static_cast<int16_t>(c);
    const int32_t steps = multiply_by_quantized_multiplier(output * tanh_s16(tanh_operand(c)), hiding);
    return gates::code<T>(steps, zero_point);
  }
};

// --- any type --------------------------------------------------------------------------------------------------------

template <typename Lstm>
void run(const Node& node, Lstm lstm) {
  gates::walk(lstm, extent_of(node), node.input(kHidden), node.output(0).as<typename Lstm::Value>());
}

template <typename W>
using RealLstm = lstm::RealLstm<W, 2>;

template <typename W>
void run_real(const Node& node) {
  run(node, RealLstm<W>(node, kLayout, extent_of(node), options_of(node), static_cast<uint8_t*>(node.scratch())));
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
  const Extent e = extent_of(node);
  ARENITE_TRY(lstm::check_shapes(node, kLayout, e));
  ARENITE_TRY(check_plain(node));
  if (is_hybrid(node)) {
    *scratch_bytes = RealLstm<int8_t>::scratch_bytes(e.inputs, e.units);
    return lstm::check_weights(node, kLayout);
  }
  return is_float(node.input(0)) ? Status::kOk : check_quantization(node);
}

Status eval(const Node& node) {
  const Tensor input = node.input(0);
  if (!node.keeps_state()) lstm::forget_states(node, kLayout);
  if (is_hybrid(node)) {
    run_real<int8_t>(node);
  } else if (is_float(input)) {
    run_real<float>(node);
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
