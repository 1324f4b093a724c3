// UNIDIRECTIONAL_SEQUENCE_LSTM: the LSTM of lstm.h over a sequence.
#include "kernels_cpp/lstm_sequence.h"

namespace arenite {
namespace {

namespace Fields = format::UnidirectionalSequenceLSTMOptions;

constexpr int32_t kHidden = 18, kCell = 19, kNormalization = 20, kOperands = 24;

lstm::Sequence sequence_of(const Node& node) {
  return {{1, 12, kHidden, kCell},
          {node.option_f32(Fields::cell_clip, 0.0f), node.option_i8(Fields::asymmetric_quantize_inputs, 0) != 0},
          node.option_i8(Fields::time_major, 0) != 0,
          kOperands};
}

// What only LiteRT has.
Status check_plain(const Node& node, const lstm::Sequence& s) {
  for (int32_t i = 0; i < kOperands; ++i) {
    ARENITE_CHECK(!(lstm::is_extra(s.layout, i) || i >= kNormalization) || !node.input(i).present, kBadArity);
  }
  const int32_t activation = node.option_i8(Fields::fused_activation_function, format::ActivationFunctionType::NONE);
  return lstm::check_options(activation, s.options.clip);
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const lstm::Sequence s = sequence_of(node);
  ARENITE_TRY(check_plain(node, s));
  return lstm::prepare(node, s, scratch_bytes);
}

Status eval(const Node& node) { return lstm::eval(node, sequence_of(node)); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unidirectional_sequence_lstm);
