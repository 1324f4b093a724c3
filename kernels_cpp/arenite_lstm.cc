// ARENITE_LSTM, a custom operator: UNIDIRECTIONAL_SEQUENCE_LSTM with a mask, which TFLite lacks.
#include "kernels_cpp/lstm_sequence.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

lstm::Sequence sequence_of(const Node& node) {
  const OptionMap map(node);
  const bool asymmetric = map.i32("asymmetric_quantize_inputs", 0) != 0;
  return {{1, 9, 13, 14}, {0.0f, asymmetric}, map.i32("time_major", 0) != 0, 15};
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return lstm::prepare(node, sequence_of(node), scratch_bytes);
}

Status eval(const Node& node) { return lstm::eval(node, sequence_of(node)); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_lstm);
