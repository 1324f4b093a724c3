// Four pixels at a time. Patches are widened once to int16 with the input offset added, in the order in which SXTB16
// widens weights, so that 4 weights of a channel and 16 products take 13 instructions:
//   patch[group][0][slot] = elements 4g, 4g + 2    patch[group][1][slot] = elements 4g + 1, 4g + 3    of one slot
#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"
#include "kernels_cpp/microkernels/patch.h"

namespace arenite::dsp {
namespace {

using Tile = PixelTile<kConvTile>;
static_assert(kConvTile == 4, "the inner loop is written for four pixels");
constexpr int32_t kGroup = 4;                            // elements of depth per step
constexpr int32_t kGroupPairs = kGroup / 2 * kConvTile;  // words of patch per step

// Widens runs whose lengths are multiples of 4.
class SlotWriter {
 public:
  SlotWriter(Pair* slot, Pair offset) : to_(slot), offset_(offset) {}
  void copy(const int8_t* source, int32_t count) {
    for (const int8_t* const end = source + count; source != end; source += kGroup) {
      const uint32_t word = load_word(source);
      put(add_even_bytes(offset_, word), add_odd_bytes(offset_, word));
    }
  }
  void fill(int32_t count) {
    for (; count > 0; count -= kGroup) put(0, 0);
  }

 private:
  void put(Pair even, Pair odd) {
    to_[0] = even;
    to_[kConvTile] = odd;
    to_ += kGroupPairs;
  }
  Pair* to_;
  Pair offset_;
};

// Gathers runs of any length as bytes, to be widened as one.
class ByteWriter {
 public:
  ByteWriter(int8_t* to, int32_t zero_point) : to_(to), zero_point_(static_cast<int8_t>(zero_point)) {}
  void copy(const int8_t* source, int32_t count) {
    for (; count >= kGroup; count -= kGroup, source += kGroup, to_ += kGroup) std::memcpy(to_, source, kGroup);
    for (; count > 0; --count) *to_++ = *source++;
  }
  void fill(int32_t count) {
    for (; count > 0; --count) *to_++ = zero_point_;
  }

 private:
  int8_t* to_;
  int8_t zero_point_;
};

struct Sums {
  int32_t s0, s1, s2, s3;
};

// sums += weights[0 .. 4 * groups) * patch. Returns the end of these weights.
inline const int8_t* multiply_groups(const Pair* patch, const int8_t* weights, int32_t groups, Sums& sums) {
  const int8_t* const end = weights + kGroup * groups;
  uint32_t word;
  uint32_t even;
#define ARENITE_GROUP                    \
  "ldr %[word], [%[w]], #4\n\t"          \
  "ldmia %[a]!, {r8-r11}\n\t"            \
  "sxtb16 %[even], %[word]\n\t"          \
  "smlad %[s0], r8, %[even], %[s0]\n\t"  \
  "smlad %[s1], r9, %[even], %[s1]\n\t"  \
  "smlad %[s2], r10, %[even], %[s2]\n\t" \
  "smlad %[s3], r11, %[even], %[s3]\n\t" \
  "ldmia %[a]!, {r8-r11}\n\t"            \
  "sxtb16 %[word], %[word], ror #8\n\t"  \
  "smlad %[s0], r8, %[word], %[s0]\n\t"  \
  "smlad %[s1], r9, %[word], %[s1]\n\t"  \
  "smlad %[s2], r10, %[word], %[s2]\n\t" \
  "smlad %[s3], r11, %[word], %[s3]\n\t"
  asm("tst %[groups], #1\n\t"
      "beq 2f\n\t" ARENITE_GROUP
      "2: cmp %[w], %[end]\n\t"
      "beq 3f\n\t"
      "1:\n\t" ARENITE_GROUP ARENITE_GROUP
      "cmp %[w], %[end]\n\t"
      "bne 1b\n\t"
      "3:\n\t"
      : [a] "+r"(patch), [w] "+r"(weights), [s0] "+r"(sums.s0), [s1] "+r"(sums.s1), [s2] "+r"(sums.s2),
        [s3] "+r"(sums.s3), [word] "=&r"(word), [even] "=&r"(even)
      : [end] "r"(end), [groups] "r"(groups)
      : "r8", "r9", "r10", "r11", "cc", "memory");
#undef ARENITE_GROUP
  return weights;
}

// The last 1 to 3 weights of a channel; the patch goes on with anything, the missing weights are zero.
inline void multiply_rest(const Pair* patch, const int8_t* weights, int32_t count, Sums& sums) {
  const uint32_t word = load_partial_word(weights, count);
  const Pair even = even_bytes(word);
  const Pair odd = odd_bytes(word);
  sums.s0 = multiply_add_pairs(patch[4], odd, multiply_add_pairs(patch[0], even, sums.s0));
  sums.s1 = multiply_add_pairs(patch[5], odd, multiply_add_pairs(patch[1], even, sums.s1));
  sums.s2 = multiply_add_pairs(patch[6], odd, multiply_add_pairs(patch[2], even, sums.s2));
  sums.s3 = multiply_add_pairs(patch[7], odd, multiply_add_pairs(patch[3], even, sums.s3));
}

// Slot 0 is stored last (PixelTile::close).
inline void store_fast(const Tile& tile, int32_t channel, const Sums& sums, Multiplier m, int32_t zero_point) {
  const int32_t right = -m.shift;
  tile.out[3][channel] = static_cast<int8_t>(requantize_fast(sums.s3, m.multiplier, right, zero_point));
  tile.out[2][channel] = static_cast<int8_t>(requantize_fast(sums.s2, m.multiplier, right, zero_point));
  tile.out[1][channel] = static_cast<int8_t>(requantize_fast(sums.s1, m.multiplier, right, zero_point));
  tile.out[0][channel] = static_cast<int8_t>(requantize_fast(sums.s0, m.multiplier, right, zero_point));
}

// Takes the sums by value: a reference would force them into memory on the fast path too.
__attribute__((noinline)) void store_any(const Tile& tile, int32_t channel, const OutputStage& stage, int32_t s0,
                                         int32_t s1, int32_t s2, int32_t s3) {
  const Multiplier m = stage.multiplier_of(channel);
  tile.out[3][channel] = stage.apply(s3, m);
  tile.out[2][channel] = stage.apply(s2, m);
  tile.out[1][channel] = stage.apply(s1, m);
  tile.out[0][channel] = stage.apply(s0, m);
}

// The inner loop needs all registers, so whatever the loop over channels keeps costs a load each time round.
void all_channels(const ConvS8& conv, const Pair* patch, const Tile& tile) {
  const OutputStage& stage = conv.stage;
  const int32_t depth = conv.depth();
  const int32_t groups = static_cast<int32_t>(static_cast<uint32_t>(depth) / kGroup);
  const int32_t rest = depth & (kGroup - 1);
  const bool full_range = clamps_to_int8(stage);
  const Multiplier* multiplier = stage.multipliers;
  const int8_t* weights = conv.weights;
  for (int32_t channel = 0; channel < conv.output_channels; ++channel) {
    const int32_t bias = stage.bias_of(channel);
    Sums sums = {bias, bias, bias, bias};
    weights = multiply_groups(patch, weights, groups, sums);
    if (rest != 0) {
      multiply_rest(patch + groups * kGroupPairs, weights, rest, sums);
      weights += rest;
    }
    const Multiplier m = *multiplier;
    multiplier += stage.multiplier_step;
    if (full_range && is_fast(m)) {
      store_fast(tile, channel, sums, m, stage.zero_point);
    } else {
      store_any(tile, channel, stage, sums.s0, sums.s1, sums.s2, sums.s3);
    }
  }
}

}  // namespace

void conv_s8(const ConvS8& conv, RowRange rows) {
  Pair* const patch = static_cast<Pair*>(conv.scratch);
  const int32_t padded = (conv.depth() + kGroup - 1) & ~(kGroup - 1);
  int8_t* const bytes = static_cast<int8_t*>(conv.scratch) + 2 * kConvTile * padded;
  const bool whole_groups = conv.input_channels % kGroup == 0;
  const Pair offset = both(conv.input_offset);
  const auto pack = [&](int32_t slot, int32_t y, int32_t x) {
    SlotWriter slot_writer(patch + slot, offset);
    if (whole_groups) {
      walk_patch(conv, y, x, slot_writer);
    } else {
      ByteWriter byte_writer(bytes, -conv.input_offset);
      walk_patch(conv, y, x, byte_writer);
      slot_writer.copy(bytes, padded);
    }
  };
  const auto compute = [&conv, patch](const Tile& tile) { all_channels(conv, patch, tile); };
  for_each_tile<kConvTile>(conv, rows, pack, compute);
}

}  // namespace arenite::dsp
