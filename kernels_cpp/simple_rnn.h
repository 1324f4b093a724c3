// Operands of simple recurrent layers, UNIDIRECTIONAL_SEQUENCE_RNN and ARENITE_RNN.
#pragma once

#include "kernels_cpp/gates.h"

namespace arenite::simple_rnn {

constexpr int32_t kInputWeights = 1, kRecurrentWeights = 2, kBias = 3, kHidden = 4;

inline Status check_shapes(const Node& node, bool time_major) {
  ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
  const gates::Extent e(node.input(0), node.output(0), time_major);
  ARENITE_TRY(gates::check_matrix(node.input(kInputWeights), e.units, e.inputs));
  ARENITE_TRY(gates::check_matrix(node.input(kRecurrentWeights), e.units, e.units));
  ARENITE_TRY(gates::check_bias(node.input(kBias), e));
  return gates::check_state(node.input(kHidden), e);
}

inline Status check_weights(const Node& node) {
  ARENITE_TRY(gates::check_weights(node.input(kInputWeights), node.input(0)));
  return gates::check_weights(node.input(kRecurrentWeights), node.input(kHidden));
}

}  // namespace arenite::simple_rnn
