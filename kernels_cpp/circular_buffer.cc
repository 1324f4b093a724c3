// CIRCULAR_BUFFER: the last inputs along axis 1. Every `cycles_max` calls the operators behind it are due; in the other
// calls eval says NotDue, or false when there is a second result.
#include <cstring>

#include "kernels_cpp/kernels.h"
#include "kernels_cpp/option_map.h"
#include "kernels_cpp/shape.h"

namespace arenite {
namespace {

struct State {
  uint32_t started;
  uint32_t calls;  // since the operators behind were due
};

// Files of old streaming models do not state it; TFLite Micro knows these by the lengths of their buffers.
uint32_t cycles_of(const Node& node) {
  const int32_t stated = OptionMap(node).i32("cycles_max", 0), slots = node.output(0).dim(1);
  if (stated > 0) return static_cast<uint32_t>(stated);
  return slots == 5 || slots == 13 || slots == 25 ? 1 : 2;
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  const Tensor input = node.input(0), output = node.output(0), valid = node.output(1);
  ARENITE_CHECK(input.rank == 4 && output.rank == 4, kBadShape);
  ARENITE_CHECK(input.dim(0) == 1 && input.dim(1) == 1 && output.dim(0) == 1 && output.count() > 0, kBadShape);
  ARENITE_CHECK(input.dim(2) == output.dim(2) && input.dim(3) == output.dim(3), kBadShape);
  ARENITE_CHECK(!valid.present || valid.count() == 1, kBadShape);
  ARENITE_CHECK(scaled_if_int8(input) && scaled_if_int8(output) && same_quantization(input, output), kBadQuantization);
  *scratch_bytes = sizeof(State) + static_cast<uint32_t>(output.count());
  return Status::kOk;
}

// The inputs lie in the scratch: the result's memory may serve others in the meantime. Before the first they are real
// zeroes.
Status eval(const Node& node) {
  const Tensor input = node.input(0), output = node.output(0), valid = node.output(1);
  State* state = static_cast<State*>(node.scratch());
  int8_t* held = reinterpret_cast<int8_t*>(state + 1);
  const size_t slot = static_cast<size_t>(input.count()), size = static_cast<size_t>(output.count());
  if (state->started == 0) std::memset(held, output.zero_point, size);
  std::memmove(held, held + slot, size - slot);
  std::memcpy(held + (size - slot), input.data, slot);
  std::memcpy(output.data, held, size);
  const bool due = ++state->calls >= cycles_of(node);
  state->started = 1;
  if (due) state->calls = 0;
  if (valid.present) *valid.as<bool>() = due;
  return due || valid.present ? Status::kOk : Status::kNotDue;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(circular_buffer);
