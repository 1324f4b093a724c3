#include "kernels_cpp/broadcast.h"

namespace arenite {
namespace {

// Elements from one index of an axis to the next; 0 when the operand has one element there and repeats it.
int32_t step(const Tensor& operand, int32_t from_end) {
  if (operand.back(from_end) == 1) return 0;
  int32_t elements = 1;
  for (int32_t i = 0; i < from_end; ++i) elements *= operand.back(i);
  return elements;
}

}  // namespace

bool broadcasts(const Tensor& a, const Tensor& b, const Tensor& output) {
  if (output.rank != (a.rank > b.rank ? a.rank : b.rank)) return false;
  for (int32_t i = 0; i < output.rank; ++i) {
    const int32_t size_a = a.back(i);
    const int32_t size_b = b.back(i);
    if (size_a != size_b && size_a != 1 && size_b != 1) return false;
    if (output.back(i) != (size_a == 1 ? size_b : size_a)) return false;
  }
  return true;
}

Broadcast::Broadcast(const Tensor& a, const Tensor& b, const Tensor& output, int32_t depth) : axes{}, rank(0) {
  Axis merged = {1, 0, 0};
  for (int32_t i = depth - 1; i >= 0; --i) {
    const Axis next = {output.back(i), step(a, i), step(b, i)};
    if (next.size == 1) continue;
    if (rank > 0 && merged.a == next.a * next.size && merged.b == next.b * next.size) {
      merged = {merged.size * next.size, next.a, next.b};
      axes[rank - 1] = merged;
    } else {
      merged = next;
      axes[rank++] = merged;
    }
  }
  if (rank == 0) axes[rank++] = merged;  // a single element
}

}  // namespace arenite
