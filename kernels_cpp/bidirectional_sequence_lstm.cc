// BIDIRECTIONAL_SEQUENCE_LSTM: two LSTMs (lstm.h) over one sequence, the second one from its end; their outputs side by
// side in one tensor (merge_outputs) or in two.
//
// A second sequence, of the outputs of a layer before, is an input to both when there are weights for it; without them
// the backward LSTM reads it instead of the first. float32, and int8 weights with float activations, as in LiteRT.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/lstm.h"

namespace arenite {
namespace {

namespace Fields = format::BidirectionalSequenceLSTMOptions;
using gates::Extent;

constexpr int32_t kSecond = 39;  // the second sequence

struct Direction {
  lstm::Layout layout;
  int32_t second_weights;
  bool backwards;
};
constexpr Direction kDirections[] = {{{1, 12, 35, 36}, 40, false}, {{18, 29, 37, 38}, 44, true}};

bool is_merged(const Node& node) { return node.option_i8(Fields::merge_outputs, 0) != 0; }

bool has_second_weights(const Node& node) { return node.input(kDirections[0].second_weights).present; }

// The sequence that the direction's first matrices multiply.
Tensor sequence_of(const Node& node, const Direction& d) {
  const Tensor second = node.input(kSecond);
  return d.backwards && second.present && !has_second_weights(node) ? second : node.input(0);
}

Tensor output_of(const Node& node, const Direction& d) { return node.output(d.backwards && !is_merged(node) ? 1 : 0); }

int32_t units_of(const Node& node, const Direction& d) { return node.input(d.layout.bias(0)).count(); }

Extent extent_of(const Node& node, const Direction& d) {
  Extent e(sequence_of(node, d), output_of(node, d), node.option_i8(Fields::time_major, 1) != 0);
  e.units = units_of(node, d);
  e.backwards = d.backwards;
  return e;
}

lstm::Options options_of(const Node& node) {
  return {node.option_f32(Fields::cell_clip, 0.0f), node.option_i8(Fields::asymmetric_quantize_inputs, 0) != 0};
}

bool is_hybrid(const Node& node) { return is_hybrid(node.input(0), node.input(kDirections[0].layout.first)); }

Status check_direction(const Node& node, const Direction& d) {
  ARENITE_TRY(gates::check_sequence(sequence_of(node, d), output_of(node, d)));
  const Extent e = extent_of(node, d);
  ARENITE_TRY(lstm::check_shapes(node, d.layout, e));
  const Tensor second = node.input(kSecond);
  for (int32_t gate = 0; gate < lstm::kGates; ++gate) {
    const Tensor weights = node.input(d.second_weights + gate);
    ARENITE_CHECK(weights.present == has_second_weights(node), kBadArity);
    if (!weights.present) continue;
    ARENITE_CHECK(second.present, kBadArity);
    ARENITE_TRY(gates::check_sequence(second, output_of(node, d)));
    ARENITE_TRY(gates::check_matrix(weights, e.units, second.back(0)));
    ARENITE_TRY(gates::check_weights(weights, second));
  }
  for (int32_t i = d.layout.first; i < kSecond; ++i) {
    ARENITE_CHECK(!lstm::is_extra(d.layout, i) || !node.input(i).present, kBadArity);
  }
  return lstm::check_weights(node, d.layout);
}

Status check_outputs(const Node& node) {
  const bool merged = is_merged(node);
  ARENITE_CHECK(node.output_count() == (merged ? 1 : 2), kBadArity);
  const int32_t forward = units_of(node, kDirections[0]), backward = units_of(node, kDirections[1]);
  ARENITE_CHECK(node.output(0).back(0) == (merged ? forward + backward : forward), kBadShape);
  ARENITE_CHECK(merged || node.output(1).back(0) == backward, kBadShape);
  return Status::kOk;
}

template <typename W>
using Lstm = lstm::RealLstm<W, 3>;

uint32_t second_count(const Node& node) {
  return has_second_weights(node) ? static_cast<uint32_t>(node.input(kSecond).back(0)) : 0;
}

template <typename W>
uint32_t scratch_bytes(const Node& node, const Extent& e) {
  return Lstm<W>::scratch_bytes(e.inputs, e.units) +
         gates::Factor<W>::scratch_bytes(static_cast<int32_t>(second_count(node)));
}

template <typename W>
void run(const Node& node, const Direction& d) {
  const Extent e = extent_of(node, d);
  uint8_t* scratch = static_cast<uint8_t*>(node.scratch());
  Lstm<W> lstm(node, d.layout, e, options_of(node), scratch);
  lstm.inputs[0] = sequence_of(node, d).as<float>();
  if (has_second_weights(node)) {
    lstm.inputs[1] = node.input(kSecond).as<float>();
    scratch += Lstm<W>::scratch_bytes(e.inputs, e.units);
    lstm.factors[1].place(node.input(kSecond).back(0), &scratch);
    for (int32_t gate = 0; gate < lstm::kGates; ++gate) {
      lstm.weights[1][gate] = gates::Matrix<W>(node.input(d.second_weights + gate));
    }
  }
  const bool behind_forward = d.backwards && is_merged(node);
  float* const output = output_of(node, d).as<float>() + (behind_forward ? units_of(node, kDirections[0]) : 0);
  gates::walk(lstm, e, node.input(d.layout.hidden), output);
}

Status prepare(const Node& node, uint32_t* scratch) {
  ARENITE_TRY(lstm::check_options(
      node.option_i8(Fields::fused_activation_function, format::ActivationFunctionType::NONE), options_of(node).clip));
  ARENITE_TRY(check_outputs(node));
  for (const Direction& d : kDirections) {
    ARENITE_TRY(check_direction(node, d));
    if (!is_hybrid(node)) continue;
    const uint32_t bytes = scratch_bytes<int8_t>(node, extent_of(node, d));
    if (bytes > *scratch) *scratch = bytes;
  }
  return Status::kOk;
}

Status eval(const Node& node) {
  for (const Direction& d : kDirections) {
    if (!node.keeps_state()) lstm::forget_states(node, d.layout);
    if (is_hybrid(node)) {
      run<int8_t>(node, d);
    } else {
      run<float>(node, d);
    }
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(bidirectional_sequence_lstm);
