// One LSTM over a sequence, in every type: UNIDIRECTIONAL_SEQUENCE_LSTM and ARENITE_LSTM.
//
// int8 and int16 as in TFLite Micro: W x + b and R h are each brought to Q3.12 int16 and added with saturation, gates
// are Q0.15, the cell state is int16 with a scale that is a power of two. Float activations with int8 weights as in
// LiteRT: input and hidden state are brought to eight bits at each step.
#pragma once

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/lstm.h"
#include "kernels_cpp/sigmoid_s16.h"

namespace arenite::lstm {

// --- int8 and int16 --------------------------------------------------------------------------------------------------

// The exponent of a scale that is a power of two; 128 for another scale.
inline int32_t exponent_of(float scale) {
  const Multiplier m = quantize_multiplier(scale);
  return m.multiplier == 1 << 30 ? m.shift - 1 : 128;
}

// A cell state between these exponents keeps three times its value, shifted for tanh, within 32 bits.
constexpr int32_t kSmallestExponent = -30, kLargestExponent = 2;

template <const Layout& layout>
Status check_quantization(const Node& node) {
  const Tensor input = node.input(0), hidden = node.input(layout.hidden), cell = node.input(layout.cell);
  ARENITE_CHECK(is_scaled(input) && is_scaled(hidden) && same_quantization(hidden, node.output(0)), kBadQuantization);
  ARENITE_CHECK(cell.scale_count == 1 && cell.zero_point == 0, kBadQuantization);
  const int32_t exponent = exponent_of(cell.scale());
  ARENITE_CHECK(exponent >= kSmallestExponent && exponent <= kLargestExponent, kBadQuantization);
  return check_weights(node, layout);
}

// T: of input, hidden state and output. Sum: of the products, and of the biases.
template <const Layout& layout, typename T, typename Sum>
struct IntegerLstm {
  using Value = T;
  const T* inputs;
  int16_t* cells;
  int32_t units;
  gates::Product<T, Sum> input_products[kGates];
  gates::Product<T, Sum> recurrent_products[kGates];
  const Sum* biases[kGates];
  Multiplier forgetting;  // f c, Q0.15 times the cell's scale
  Multiplier updating;    // i g, Q0.30 to the cell's scale
  Multiplier hiding;      // o tanh(c), Q0.30 to the output's scale
  int32_t cell_exponent;
  int32_t clip;        // largest code of the cell state
  int32_t zero_point;  // of the output

  IntegerLstm(const Node& node, float limit) {
    const Tensor input = node.input(0), hidden = node.input(layout.hidden), cell = node.input(layout.cell);
    inputs = input.as<T>();
    cells = cell.as<int16_t>();
    units = node.output(0).back(0);
    for (int32_t gate = 0; gate < kGates; ++gate) {
      input_products[gate] = {node.input(layout.input_weights(gate)), input};
      recurrent_products[gate] = {node.input(layout.recurrent_weights(gate)), hidden};
      biases[gate] = node.input(layout.bias(gate)).template as<Sum>();
    }
    forgetting = quantize_ratio(gates::kFractionScale, cell.scale(), cell.scale());
    updating = quantize_ratio(gates::kFractionScale, gates::kFractionScale, cell.scale());
    hiding = quantize_ratio(gates::kFractionScale, gates::kFractionScale, hidden.scale());
    cell_exponent = exponent_of(cell.scale());
    zero_point = hidden.zero_point;
    const float codes = limit / cell.scale();
    clip = limit > 0.0f && codes < 32767.0f ? static_cast<int32_t>(codes) : 32768;
  }

  int32_t gate(Gate which, const T* x, const T* h, int32_t unit) const {
    const int32_t sum = gates::saturate_s16(input_products[which](x, unit, biases[which][unit]) +
                                            recurrent_products[which](h, unit, Sum{0}));
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
    int32_t c = gates::saturate_s16(multiply_by_quantized_multiplier(forget * *cell, forgetting));
    c = gates::saturate_s16(c + gates::saturate_s16(multiply_by_quantized_multiplier(input * candidate, updating)));
    c = clamp(c, -clip, clip);
    *cell = static_cast<int16_t>(c);
    const int32_t steps = multiply_by_quantized_multiplier(output * tanh_s16(tanh_operand(c)), hiding);
    return gates::code<T>(steps, zero_point);
  }
};

// --- any type --------------------------------------------------------------------------------------------------------

struct Setting {
  Options options;
  bool time_major;

  Extent extent(const Node& node) const { return Extent(node.input(0), node.output(0), time_major); }
};

// layout: the operator's own, so that these functions are its own, too. kMask: operand of the mask, or beyond all.
template <const Layout& layout, int32_t kMask>
struct Sequence {
  template <typename Lstm>
  static void run(const Node& node, const Setting& s, Lstm&& lstm) {
    const Tensor mask = node.input(kMask);
    gates::walk(lstm, s.extent(node), node.input(layout.hidden), node.output(0).as<typename Lstm::Value>(),
                mask.present ? mask.as<uint8_t>() : nullptr);
  }

  template <typename W>
  static void run_real(const Node& node, const Setting& s) {
    uint8_t* const scratch = static_cast<uint8_t*>(node.scratch());
    run(node, s, RealLstm<W, 2>(node, layout, s.extent(node), s.options, scratch));
  }

  static bool is_hybrid(const Node& node) { return arenite::is_hybrid(node.input(0), node.input(layout.first)); }

  static Status prepare(const Node& node, const Setting& s, uint32_t* scratch_bytes) {
    ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
    ARENITE_TRY(gates::check_mask(node.input(kMask), node.input(0)));
    const Extent e = s.extent(node);
    ARENITE_TRY(check_shapes(node, layout, e));
    if (is_hybrid(node)) {
      *scratch_bytes = RealLstm<int8_t, 2>::scratch_bytes(e.inputs, e.units);
      return check_weights(node, layout);
    }
    return is_float(node.input(0)) ? Status::kOk : check_quantization<layout>(node);
  }

  static Status eval(const Node& node, const Setting& s) {
    const Tensor input = node.input(0);
    if (!node.keeps_state()) forget_states(node, layout);
    if (is_hybrid(node)) {
      run_real<int8_t>(node, s);
    } else if (is_float(input)) {
      run_real<float>(node, s);
    } else if (is_int16(input)) {
      run(node, s, IntegerLstm<layout, int16_t, int64_t>(node, s.options.clip));
    } else {
      run(node, s, IntegerLstm<layout, int8_t, int32_t>(node, s.options.clip));
    }
    return Status::kOk;
  }
};

}  // namespace arenite::lstm
