// UNIDIRECTIONAL_SEQUENCE_LSTM: the LSTM of lstm.h over a sequence.
#include "kernels_cpp/lstm_sequence.h"

namespace arenite {
namespace {

namespace Fields = format::UnidirectionalSequenceLSTMOptions;

constexpr int32_t kNormalization = 20, kOperands = 24;
constexpr lstm::Layout kLayout = {1, 12, 18, 19};
using Lstm = lstm::Sequence<kLayout, kOperands>;

lstm::Setting setting_of(const Node& node) {
  return {{node.option_f32(Fields::cell_clip, 0.0f), node.option_i8(Fields::asymmetric_quantize_inputs, 0) != 0},
          node.option_i8(Fields::time_major, 0) != 0};
}

// What only LiteRT has.
Status check_plain(const Node& node, const lstm::Setting& s) {
  for (int32_t i = 0; i < kOperands; ++i) {
    ARENITE_CHECK(!(lstm::is_extra(kLayout, i) || i >= kNormalization) || !node.input(i).present, kBadArity);
  }
  const int32_t activation = node.option_i8(Fields::fused_activation_function, format::ActivationFunctionType::NONE);
  return lstm::check_options(activation, s.options.clip);
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const lstm::Setting s = setting_of(node);
  ARENITE_TRY(check_plain(node, s));
  return Lstm::prepare(node, s, scratch_bytes);
}

Status eval(const Node& node) { return Lstm::eval(node, setting_of(node)); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(unidirectional_sequence_lstm);
