// Copies elements between two arrangements of one set of indices: what transpose, slices, tile, reverse ... come down
// to.
#pragma once

#include "interpreter/tensor.h"

namespace arenite {

// Nested loops, outermost first. A step of 0 repeats an element, a negative one walks backwards.
struct CopyLoops {
  struct Axis {
    int32_t size;
    int32_t in;  // bytes from one index to the next
    int32_t out;
  };
  Axis axes[2 * kMaxRank];
  int32_t rank = 0;

  // Puts a loop inside of the others; one with the loop around it when both tensors go on alike.
  void add(int32_t size, int32_t in, int32_t out);
};

// Bytes from one index of an axis to the next; axis -1: bytes of the tensor.
int32_t pitch(const Tensor& t, int32_t axis);

// Elements of `element` bytes: 1, 2, 4 or 8. `in` and `out` are aligned to it. The tensors do not overlap.
void copy_strided(const CopyLoops& loops, const uint8_t* in, uint8_t* out, int32_t element);

// Copies `count` chunks of `bytes`, whose places lie `pitch_in` and `pitch_out` apart.
void copy_chunks(const uint8_t* in, int32_t pitch_in, uint8_t* out, int32_t pitch_out, int32_t bytes, int32_t count);

// Writes `count` elements of `element` bytes, each a copy of the one at `value`.
void fill_elements(const uint8_t* value, uint8_t* out, int32_t element, int32_t count);

}  // namespace arenite
