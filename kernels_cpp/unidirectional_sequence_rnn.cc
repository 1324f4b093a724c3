// UNIDIRECTIONAL_SEQUENCE_RNN: per step with x the input and h the state  h = activation(b + W x + R h).
//
// float32, and int8 weights with float activations as in LiteRT: input and state are brought to eight bits at each
// step.
#include "kernels_cpp/kernels.h"
#include "kernels_cpp/simple_rnn.h"

namespace arenite {
namespace {

namespace Fields = format::SequenceRNNOptions;

simple_rnn::Options options_of(const Node& node) {
  return {node.option_i8(Fields::time_major, 0) != 0, node.option_i8(Fields::asymmetric_quantize_inputs, 0) != 0,
          node.option_i8(Fields::fused_activation_function, format::ActivationFunctionType::NONE)};
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const simple_rnn::Options options = options_of(node);
  ARENITE_TRY(simple_rnn::check_shapes(node, options));
  ARENITE_CHECK(is_tanh_or_clamp(options.activation), kBadOption);
  return simple_rnn::prepare_real(node, scratch_bytes, options.extent(node));
}

Status eval(const Node& node) {
  if (!node.keeps_state()) gates::forget_state(node.input(simple_rnn::kHidden));
  simple_rnn::eval_real(node, options_of(node));
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unidirectional_sequence_rnn);
