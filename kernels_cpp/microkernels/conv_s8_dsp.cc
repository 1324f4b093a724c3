// Four pixels at a time. Patches are widened once to int16 with the input offset added, in the order in which SXTB16
// widens weights, so that 4 weights of a channel and 16 products take 13 instructions:
//   patch[group][0][slot] = elements 4g, 4g + 2    patch[group][1][slot] = elements 4g + 1, 4g + 3    of one slot
#include "kernels_cpp/microkernels/every_register.h"

#include "kernels_cpp/microkernels/dsp.h"
#include "kernels_cpp/microkernels/dsp_instructions.h"
#include "kernels_cpp/microkernels/patch.h"

namespace arenite::dsp {
namespace {

using Tile = PixelTile<kConvTile>;
static_assert(kConvTile == 4, "the inner loop is written for four pixels");
constexpr int32_t kGroup = 4;                            // elements of depth per step
constexpr int32_t kGroupPairs = kGroup / 2 * kConvTile;  // words of patch per step

// Widens `count` bytes, a multiple of 4, into one slot, whose words lie kConvTile apart. Returns the slot's next word.
// Not inlined: it is called from four places.
__attribute__((noinline)) Pair* widen_run(Pair* to, const int8_t* source, int32_t count, Pair offset) {
  if (count == 0) return to;
  const int8_t* const end = source + count;
  uint32_t word;
  uint32_t even;
  static_assert(kConvTile * sizeof(Pair) == 16, "the distance below");
#define ARENITE_GROUP                               \
  "ldr %[word], [%[source]], #4\n\t"                \
  "sxtab16 %[even], %[offset], %[word]\n\t"         \
  "sxtab16 %[word], %[offset], %[word], ror #8\n\t" \
  "str %[even], [%[to]], #16\n\t"                   \
  "str %[word], [%[to]], #16\n\t"
  asm volatile(
      "tst %[count], #4\n\t"
      "bne 2f\n\t"  // an odd number of groups starts in the middle
      "1:\n\t" ARENITE_GROUP "2:\n\t" ARENITE_GROUP
      "cmp %[source], %[end]\n\t"
      "bne 1b\n\t"
      : [to] "+r"(to), [source] "+r"(source), [word] "=&r"(word), [even] "=&r"(even)
      : [count] "r"(count), [offset] "r"(offset), [end] "r"(end)
      : "cc", "memory");
#undef ARENITE_GROUP
  return to;
}

// Widens runs whose lengths are multiples of 4.
class SlotWriter {
 public:
  SlotWriter(Pair* slot, Pair offset) : to_(slot), offset_(offset) {}
  void copy(const int8_t* source, int32_t count) { to_ = widen_run(to_, source, count, offset_); }
  void fill(int32_t count) {
    for (; count > 0; count -= kGroup / 2, to_ += kConvTile) *to_ = 0;
  }

 private:
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

// Any channels: without bias, of one multiplier, with a depth that is no multiple of 4, with any clamp.
void any_channels(const ConvS8& conv, const Pair* patch, const Tile& tile) {
  const OutputStage& stage = conv.stage;
  const int32_t depth = conv.depth();
  const int32_t groups = static_cast<int32_t>(static_cast<uint32_t>(depth) / kGroup);
  const int32_t rest = depth & (kGroup - 1);
  const bool full_range = clamps_to_int8(stage);
  const int8_t* weights = conv.weights;
  for (int32_t channel = 0; channel < conv.output_channels; ++channel) {
    const int32_t bias = stage.bias_of(channel);
    Sums sums = {bias, bias, bias, bias};
    weights = multiply_groups(patch, weights, groups, sums);
    if (rest != 0) {
      multiply_rest(patch + groups * kGroupPairs, weights, rest, sums);
      weights += rest;
    }
    const Multiplier m = stage.multiplier_of(channel);
    if (full_range && is_fast(m)) {
      store_fast(tile, channel, sums, m, stage.zero_point);
    } else {
      store_any(tile, channel, stage, sums.s0, sums.s1, sums.s2, sums.s3);
    }
  }
}

// What the loop of plain_channels keeps in memory: its inner loop needs all registers. The assembly knows the offsets.
struct ChannelLoop {
  int8_t* out[kConvTile];        // +0, slot 3 first
  int32_t zero_point;            // +16
  const int8_t* weights;         // +20
  const int8_t* end;             // +24, of all weights
  const Pair* patch;             // +28
  int32_t depth;                 // +32
  const int32_t* bias;           // +36
  const Multiplier* multiplier;  // +40
};
static_assert(sizeof(ChannelLoop) == 44 && sizeof(Multiplier) == 8, "offsets below");

// True when plain_channels may be used: the common case of a converted model.
bool is_plain(const ConvS8& conv) {
  const OutputStage& stage = conv.stage;
  if (conv.depth() % kGroup != 0 || stage.bias == nullptr || stage.multiplier_step != 1) return false;
  if (!clamps_to_int8(stage)) return false;
  for (int32_t channel = 0; channel < conv.output_channels; ++channel) {
    if (stage.multipliers[channel].shift >= 0) return false;
  }
  return true;
}

// All channels in one assembly loop: 52 instructions per channel and tile beside the products. r0: the ChannelLoop;
// r1 patch, r2 weights, lr end of the channel's weights, r3-r6 sums, r7 and r12 weights, r8-r11 patch.
#define ARENITE_GROUP          \
  "ldr r7, [r2], #4\n\t"       \
  "ldmia r1!, {r8-r11}\n\t"    \
  "sxtb16 r12, r7\n\t"         \
  "smlad r3, r8, r12, r3\n\t"  \
  "smlad r4, r9, r12, r4\n\t"  \
  "smlad r5, r10, r12, r5\n\t" \
  "smlad r6, r11, r12, r6\n\t" \
  "ldmia r1!, {r8-r11}\n\t"    \
  "sxtb16 r7, r7, ror #8\n\t"  \
  "smlad r3, r8, r7, r3\n\t"   \
  "smlad r4, r9, r7, r4\n\t"   \
  "smlad r5, r10, r7, r5\n\t"  \
  "smlad r6, r11, r7, r6\n\t"
// sum = round(sum * r1 / 2^31), while |sum| < 2^30 or a shift of at most 20 follows (requantize_fast).
#define ARENITE_SCALE(sum)      \
  "qadd " sum ", " sum ", " sum \
  "\n\t"                        \
  "smmulr " sum ", " sum ", r1\n\t"
// The same for any sum: bit 31 of the low word moves up, bit 30 rounds.
#define ARENITE_SCALE_EXACTLY(sum) \
  "smull r7, " sum ", " sum        \
  ", r1\n\t"                       \
  "lsls r7, r7, #1\n\t"            \
  "adc " sum ", " sum ", " sum     \
  "\n\t"                           \
  "lsls r7, r7, #1\n\t"            \
  "adc " sum ", " sum ", #0\n\t"
// The rest of requantize_fast with right shift r2 and zero point r12; moves `out` on.
#define ARENITE_STORE(sum, out) \
  "add " sum ", " sum ", " sum  \
  ", asr #31\n\t"               \
  "asrs " sum ", " sum          \
  ", r2\n\t"                    \
  "adc " sum ", " sum           \
  ", r12\n\t"                   \
  "ssat " sum ", #8, " sum      \
  "\n\t"                        \
  "strb " sum ", [" out "], #1\n\t"
void plain_channels(const ConvS8& conv, const Pair* patch, const Tile& tile) {
  ChannelLoop loop = {{tile.out[3], tile.out[2], tile.out[1], tile.out[0]},
                      conv.stage.zero_point,
                      conv.weights,
                      conv.weights + static_cast<ptrdiff_t>(conv.output_channels) * conv.depth(),
                      patch,
                      conv.depth(),
                      conv.stage.bias,
                      conv.stage.multipliers};
  register ChannelLoop* r0 asm("r0") = &loop;
  asm volatile(
      "ldr r2, [r0, #20]\n\t"
      "1:\n\t"
      "ldr r7, [r0, #36]\n\t"
      "ldr lr, [r0, #32]\n\t"
      "ldr r1, [r0, #28]\n\t"
      "ldr r3, [r7], #4\n\t"
      "str r7, [r0, #36]\n\t"
      "mov r4, r3\n\t"
      "mov r5, r3\n\t"
      "mov r6, r3\n\t"
      "tst lr, #4\n\t"
      "add lr, lr, r2\n\t"
      "bne 3f\n\t"  // an odd number of groups starts in the middle
      "2:\n\t"
      ARENITE_GROUP
      "3:\n\t"
      ARENITE_GROUP
      "cmp r2, lr\n\t"
      "bne 2b\n\t"
      "ldr r7, [r0, #40]\n\t"
      "str r2, [r0, #20]\n\t"
      "ldrd r1, r2, [r7], #8\n\t"
      "str r7, [r0, #40]\n\t"
      "rsb r2, r2, #0\n\t"
      "ldmia r0, {r8-r12}\n\t"
      "cmp r2, #20\n\t"
      "bhi 4f\n\t"
      ARENITE_SCALE("r6")
      ARENITE_SCALE("r5")
      ARENITE_SCALE("r4")
      ARENITE_SCALE("r3")
      "5:\n\t"
      ARENITE_STORE("r6", "r8")
      ARENITE_STORE("r5", "r9")
      ARENITE_STORE("r4", "r10")
      ARENITE_STORE("r3", "r11")
      "stmia r0, {r8-r11}\n\t"
      "ldr r2, [r0, #20]\n\t"
      "ldr r7, [r0, #24]\n\t"
      "cmp r2, r7\n\t"
      "bne 1b\n\t"
      "b 6f\n\t"
      "4:\n\t"  // channels without weights: a tiny scale, a bias of 2^30
      ARENITE_SCALE_EXACTLY("r6")
      ARENITE_SCALE_EXACTLY("r5")
      ARENITE_SCALE_EXACTLY("r4")
      ARENITE_SCALE_EXACTLY("r3")
      "b 5b\n\t"
      "6:\n\t"
      : "+r"(r0)
      :
      : "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}
#undef ARENITE_GROUP
#undef ARENITE_SCALE
#undef ARENITE_SCALE_EXACTLY
#undef ARENITE_STORE

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
  const auto channels = is_plain(conv) ? plain_channels : any_channels;
  const auto compute = [&conv, patch, channels](const Tile& tile) { channels(conv, patch, tile); };
  for_each_tile<kConvTile>(conv, rows, pack, compute);
}

}  // namespace arenite::dsp
