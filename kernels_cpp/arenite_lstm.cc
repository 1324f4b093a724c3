// ARENITE_LSTM, a custom operator: UNIDIRECTIONAL_SEQUENCE_LSTM with a mask, which TFLite lacks.
#include "kernels_cpp/lstm_sequence.h"
#include "kernels_cpp/option_map.h"

namespace arenite {
namespace {

constexpr lstm::Layout kLayout = {1, 9, 13, 14};
using Lstm = lstm::Sequence<kLayout, 15>;

lstm::Setting setting_of(const Node& node) {
  const OptionMap map(node);
  return {{0.0f, map.i32("asymmetric_quantize_inputs", 0) != 0}, map.i32("time_major", 0) != 0};
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  return Lstm::prepare(node, setting_of(node), scratch_bytes);
}

Status eval(const Node& node) { return Lstm::eval(node, setting_of(node)); }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(arenite_lstm);
