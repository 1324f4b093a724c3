#include "kernels_cpp/strided_copy.h"

#include <cstring>

namespace arenite {
namespace {

template <typename T>
void copy_element(const uint8_t* in, uint8_t* out) {
  std::memcpy(__builtin_assume_aligned(out, sizeof(T)), __builtin_assume_aligned(in, sizeof(T)), sizeof(T));
}

template <typename T>
void copy_axis(const CopyLoops::Axis& axis, const uint8_t* in, uint8_t* out) {
  for (int32_t i = 0; i < axis.size; ++i) copy_element<T>(in + i * axis.in, out + i * axis.out);
}

using CopyAxis = void (*)(const CopyLoops::Axis& axis, const uint8_t* in, uint8_t* out);

CopyAxis copy_axis_of(int32_t element) {
  switch (element) {
    case 1:
      return copy_axis<uint8_t>;
    case 2:
      return copy_axis<uint16_t>;
    case 4:
      return copy_axis<uint32_t>;
    default:
      return copy_axis<uint64_t>;
  }
}

// One axis whose elements lie side by side in both tensors; in, out: its bytes.
void copy_run(const CopyLoops::Axis& axis, const uint8_t* in, uint8_t* out) {
  std::memcpy(out, in, static_cast<size_t>(axis.size) * static_cast<size_t>(axis.in));
}

}  // namespace

void CopyLoops::add(int32_t size, int32_t in, int32_t out) {
  if (size == 1) return;
  if (rank > 0 && size > 0 && axes[rank - 1].in == in * size && axes[rank - 1].out == out * size) {
    axes[rank - 1] = {axes[rank - 1].size * size, in, out};
  } else {
    axes[rank++] = {size, in, out};
  }
}

int32_t pitch(const Tensor& t, int32_t axis) {
  int32_t bytes = static_cast<int32_t>(type_size(t.type));
  for (int32_t i = axis + 1; i < t.rank; ++i) bytes *= t.dim(i);
  return bytes;
}

void copy_strided(const CopyLoops& loops, const uint8_t* in, uint8_t* out, int32_t element) {
  for (int32_t i = 0; i < loops.rank; ++i) {
    if (loops.axes[i].size == 0) return;
  }
  const int32_t outer = loops.rank - 1;
  const CopyLoops::Axis inner = outer >= 0 ? loops.axes[outer] : CopyLoops::Axis{1, element, element};
  const CopyAxis copy = inner.in == element && inner.out == element ? copy_run : copy_axis_of(element);
  int32_t index[2 * kMaxRank] = {};
  for (;;) {
    copy(inner, in, out);
    int32_t i = outer - 1;
    for (; i >= 0; --i) {
      const CopyLoops::Axis& axis = loops.axes[i];
      in += axis.in;
      out += axis.out;
      if (++index[i] < axis.size) break;
      in -= axis.size * axis.in;
      out -= axis.size * axis.out;
      index[i] = 0;
    }
    if (i < 0) return;
  }
}

void copy_chunks(const uint8_t* in, int32_t pitch_in, uint8_t* out, int32_t pitch_out, int32_t bytes, int32_t count) {
  for (int32_t i = 0; i < count; ++i, in += pitch_in, out += pitch_out) {
    std::memcpy(out, in, static_cast<size_t>(bytes));
  }
}

void fill_elements(const uint8_t* value, uint8_t* out, int32_t element, int32_t count) {
  if (element == 1) {
    std::memset(out, *value, static_cast<size_t>(count));
  } else {
    copy_axis_of(element)({count, 0, element}, value, out);
  }
}

}  // namespace arenite
