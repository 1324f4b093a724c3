// UNIDIRECTIONAL_SEQUENCE_RNN: per step with x the input and h the state  h = activation(b + W x + R h).
//
// float32, and int8 weights with float activations as in LiteRT: input and state are brought to eight bits at each
// step.
#include "kernels_cpp/gates.h"
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/simple_rnn.h"
#include "kernels_cpp/tanh_or_clamp.h"

namespace arenite {
namespace {

namespace Options = format::SequenceRNNOptions;
using gates::Extent, gates::Factor;
using namespace simple_rnn;

bool is_time_major(const Node& node) { return node.option_i8(Options::time_major, 0) != 0; }

Extent extent_of(const Node& node) { return Extent(node.input(0), node.output(0), is_time_major(node)); }

int32_t activation_of(const Node& node) {
  return node.option_i8(Options::fused_activation_function, format::ActivationFunctionType::NONE);
}

// W: of the weights.
template <typename W>
struct RealRnn {
  using Value = float;
  gates::Matrix<W> input_weights;
  gates::Matrix<W> recurrent_weights;
  const float* bias;
  const float* inputs;
  Factor<W> x;
  Factor<W> h;
  int32_t activation;
  bool asymmetric;

  RealRnn(const Node& node, const Extent& e)
      : input_weights(node.input(kInputWeights)),
        recurrent_weights(node.input(kRecurrentWeights)),
        bias(node.input(kBias).as<float>()),
        inputs(node.input(0).as<float>()),
        activation(activation_of(node)),
        asymmetric(node.option_i8(Options::asymmetric_quantize_inputs, 0) != 0) {
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

template <typename W>
void run(const Node& node) {
  const Extent e = extent_of(node);
  RealRnn<W> rnn(node, e);
  gates::walk(rnn, e, node.input(kHidden), node.output(0).as<float>());
}

bool is_hybrid(const Node& node) { return is_hybrid(node.input(0), node.input(kInputWeights)); }

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  ARENITE_TRY(check_shapes(node, is_time_major(node)));
  ARENITE_CHECK(is_tanh_or_clamp(activation_of(node)), kBadOption);
  if (!is_hybrid(node)) return Status::kOk;
  const Extent e = extent_of(node);
  *scratch_bytes = Factor<int8_t>::scratch_bytes(e.inputs) + Factor<int8_t>::scratch_bytes(e.units);
  return check_weights(node);
}

Status eval(const Node& node) {
  if (!node.keeps_state()) gates::forget_state(node.input(kHidden));
  if (is_hybrid(node)) {
    run<int8_t>(node);
  } else {
    run<float>(node);
  }
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unidirectional_sequence_rnn);
