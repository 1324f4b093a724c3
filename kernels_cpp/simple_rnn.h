// Operands of simple recurrent layers, UNIDIRECTIONAL_SEQUENCE_RNN and ARENITE_RNN.
#pragma once

#include "kernels_cpp/gates.h"
#include "kernels_cpp/tanh_or_clamp.h"

namespace arenite::simple_rnn {

using gates::Extent;

constexpr int32_t kInputWeights = 1, kRecurrentWeights = 2, kBias = 3, kHidden = 4, kMask = 5;

struct Options {
  bool time_major;
  bool asymmetric;
  int32_t activation;

  Extent extent(const Node& node) const { return Extent(node.input(0), node.output(0), time_major); }
};

inline Status check_shapes(const Node& node, const Options& options) {
  ARENITE_TRY(gates::check_sequence(node.input(0), node.output(0)));
  ARENITE_TRY(gates::check_mask(node.input(kMask), node.input(0)));
  const Extent e = options.extent(node);
  ARENITE_TRY(gates::check_matrix(node.input(kInputWeights), e.units, e.inputs));
  ARENITE_TRY(gates::check_matrix(node.input(kRecurrentWeights), e.units, e.units));
  ARENITE_TRY(gates::check_bias(node.input(kBias), e));
  return gates::check_state(node.input(kHidden), e);
}

// sum_scale: of integer sums.
inline Status check_weights(const Node& node, float sum_scale = gates::kGateScale) {
  ARENITE_TRY(gates::check_weights(node.input(kInputWeights), node.input(0), sum_scale));
  return gates::check_weights(node.input(kRecurrentWeights), node.input(kHidden), sum_scale);
}

inline bool is_hybrid(const Node& node) { return arenite::is_hybrid(node.input(0), node.input(kInputWeights)); }

// --- float activations -----------------------------------------------------------------------------------------------

// W: of the weights.
template <typename W>
struct RealRnn {
  using Value = float;
  gates::Matrix<W> input_weights;
  gates::Matrix<W> recurrent_weights;
  const float* bias;
  const float* inputs;
  gates::Factor<W> x;
  gates::Factor<W> h;
  int32_t activation;
  bool asymmetric;

  RealRnn(const Node& node, const Extent& e, const Options& options)
      : input_weights(node.input(kInputWeights)),
        recurrent_weights(node.input(kRecurrentWeights)),
        bias(node.input(kBias).as<float>()),
        inputs(node.input(0).as<float>()),
        activation(options.activation),
        asymmetric(options.asymmetric) {
    uint8_t* scratch = static_cast<uint8_t*>(node.scratch());
    x.place(e.inputs, &scratch);
    h.place(e.units, &scratch);
  }
  void step(ptrdiff_t vector, int32_t, const float* hidden, float* y) {
    x.set(inputs + vector * x.count, asymmetric);
    h.set(hidden, asymmetric);
    for (int32_t unit = 0; unit < h.count; ++unit) {
      const float sum = bias[unit] + product(input_weights, x, unit) + product(recurrent_weights, h, unit);
      y[unit] = tanh_or_clamp(activation, sum);
    }
  }
};

template <typename Rnn>
void walk(const Node& node, const Extent& e, Rnn&& rnn) {
  const Tensor mask = node.input(kMask);
  gates::walk(rnn, e, node.input(kHidden), node.output(0).as<typename Rnn::Value>(),
              mask.present ? mask.as<uint8_t>() : nullptr);
}

inline Status prepare_real(const Node& node, uint32_t* scratch_bytes, const Extent& e) {
  if (!is_hybrid(node)) return Status::kOk;
  *scratch_bytes = gates::Factor<int8_t>::scratch_bytes(e.inputs) + gates::Factor<int8_t>::scratch_bytes(e.units);
  return check_weights(node);
}

inline void eval_real(const Node& node, const Options& options) {
  const Extent e = options.extent(node);
  if (is_hybrid(node)) {
    walk(node, e, RealRnn<int8_t>(node, e, options));
  } else {
    walk(node, e, RealRnn<float>(node, e, options));
  }
}

}  // namespace arenite::simple_rnn
