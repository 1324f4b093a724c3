// What LSTM kernels share. Per step with x the input, h the hidden and c the cell state:
//
//   i, f, o = sigmoid(W x + b + R h)     g = tanh(W x + b + R h)     c = f c + i g     h = o tanh(c)
//
// Peephole, projection, layer normalization and coupled gates are refused, as TFLite Micro does.
#pragma once

#include <cmath>

#include "kernels_cpp/gates.h"
#include "kernels_cpp/sigmoid_f32.h"

namespace arenite::lstm {

using gates::Extent;

enum Gate : int32_t { kInput, kForget, kCandidate, kOutput, kGates };

// Operands of one direction; each group of four is in the order of Gate.
struct Layout {
  int32_t first;  // the input's weights; the recurrent ones follow
  int32_t biases;
  int32_t hidden;
  int32_t cell;

  int32_t input_weights(int32_t gate) const { return first + gate; }
  int32_t recurrent_weights(int32_t gate) const { return first + 4 + gate; }
  int32_t bias(int32_t gate) const { return biases + gate; }
};

// TFLite's operands between those of a direction: peephole or projection.
inline bool is_extra(const Layout& layout, int32_t i) {
  return (i >= layout.first + 8 && i < layout.biases) || (i >= layout.biases + 4 && i < layout.first + 17);
}

inline Status check_shapes(const Node& node, const Layout& layout, const Extent& e) {
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(gates::check_matrix(node.input(layout.input_weights(gate)), e.units, e.inputs));
    ARENITE_TRY(gates::check_matrix(node.input(layout.recurrent_weights(gate)), e.units, e.units));
    ARENITE_TRY(gates::check_bias(node.input(layout.bias(gate)), e));
  }
  ARENITE_TRY(gates::check_state(node.input(layout.hidden), e));
  return gates::check_state(node.input(layout.cell), e);
}

// Of weights that meet `input` and the hidden state.
inline Status check_weights(const Node& node, const Layout& layout) {
  for (int32_t gate = 0; gate < kGates; ++gate) {
    ARENITE_TRY(gates::check_weights(node.input(layout.input_weights(gate)), node.input(0)));
    ARENITE_TRY(gates::check_weights(node.input(layout.recurrent_weights(gate)), node.input(layout.hidden)));
  }
  return Status::kOk;
}

struct Options {
  float clip;  // of the cell state; 0: none
  bool asymmetric;
};

inline Status check_options(int32_t activation, float cell_clip) {
  ARENITE_CHECK(activation == format::ActivationFunctionType::TANH, kBadOption);
  ARENITE_CHECK(cell_clip >= 0.0f, kBadOption);
  return Status::kOk;
}

// Real zero.
inline void forget_states(const Node& node, const Layout& layout) {
  gates::forget_state(node.input(layout.hidden));
  gates::forget_state(node.input(layout.cell));
}

// Float activations; W: of the weights. Sources: the inputs, of which a second one may have no elements, then the
// hidden state.
template <typename W, int32_t kSources>
struct RealLstm {
  using Value = float;
  using CellValue = float;
  gates::Matrix<W> weights[kSources][kGates];
  gates::Factor<W> factors[kSources];
  const float* inputs[kSources - 1];
  const float* biases[kGates];
  float* cells;
  Options options;

  // scratch: scratch_bytes().
  RealLstm(const Node& node, const Layout& layout, const Extent& e, const Options& of, uint8_t* scratch)
      : inputs{node.input(0).as<float>()}, cells(node.input(layout.cell).as<float>()), options(of) {
    for (int32_t gate = 0; gate < kGates; ++gate) {
      biases[gate] = node.input(layout.bias(gate)).as<float>();
      weights[kSources - 1][gate] = gates::Matrix<W>(node.input(layout.recurrent_weights(gate)));
      weights[0][gate] = gates::Matrix<W>(node.input(layout.input_weights(gate)));
    }
    factors[0].place(e.inputs, &scratch);
    factors[kSources - 1].place(e.units, &scratch);
  }
  static constexpr uint32_t scratch_bytes(int32_t inputs, int32_t units) {
    return gates::Factor<W>::scratch_bytes(inputs) + gates::Factor<W>::scratch_bytes(units);
  }

  float sum(Gate gate, int32_t unit) const {
    float total = gates::product(weights[0][gate], factors[0], unit) + biases[gate][unit];
    for (int32_t s = 1; s < kSources; ++s) total += gates::product(weights[s][gate], factors[s], unit);
    return total;
  }
  void step(ptrdiff_t vector, int32_t entry, const float* hidden, float* y) {
    for (int32_t s = 0; s < kSources - 1; ++s) {
      factors[s].set(inputs[s] + vector * factors[s].count, options.asymmetric);
    }
    const int32_t units = factors[kSources - 1].count;
    factors[kSources - 1].set(hidden, options.asymmetric);
    float* const cell = cells + static_cast<ptrdiff_t>(entry) * units;
    for (int32_t unit = 0; unit < units; ++unit) y[unit] = value(unit, cell + unit);
  }
  float value(int32_t unit, float* cell) const {
    const float forget = sigmoid_f32(sum(kForget, unit));
    const float input = sigmoid_f32(sum(kInput, unit));
    const float candidate = std::tanh(sum(kCandidate, unit));
    const float output = sigmoid_f32(sum(kOutput, unit));
    float c = forget * *cell + input * candidate;
    if (options.clip > 0.0f) c = c < -options.clip ? -options.clip : (c > options.clip ? options.clip : c);
    *cell = c;
    return output * std::tanh(c);
  }
};

}  // namespace arenite::lstm
