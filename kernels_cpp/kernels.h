// Declares arenite::kernels::<name> for every row of schema/ops.def, and how a kernel file defines its own.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/types.h"

namespace arenite::kernels {

#define OP(name, code, max_version, options, signatures) extern const Kernel name;
#include "schema/ops.def"
#undef OP

// The signatures of a row, a string.
template <size_t N>
struct Signatures {
  char text[N];
};

// The first `letter`, or `end`.
constexpr const char* find(const char* begin, const char* end, char letter) {
  while (begin < end && *begin != letter) ++begin;
  return begin;
}

constexpr bool only_float(const char* begin, const char* end) {
  const char result = find(begin, end, '>')[1];
  return *begin == 'f' && result != 'b' && result != 'h' && result != 'B';  // quantize stays
}

// A constant of float16.
constexpr bool is_half(const char* begin) { return *begin == 'e'; }

constexpr bool contains(const char* begin, const char* end, char letter) { return find(begin, end, letter) < end; }

// Whether its activations are int16; state may be so beside int8 ones.
constexpr bool has_int16(const char* begin, const char* end) {
  return *begin == 'h' || find(begin, end, '>')[1] == 'h';
}

// Float activations with integer weights.
constexpr bool is_hybrid(const char* begin) { return *begin == 'f' && (begin[1] == 'b' || begin[1] == '4'); }

constexpr bool is_integer(char letter) { return letter == 'i' || letter == 'q' || letter == 'n'; }

constexpr bool only_integers(const char* begin, const char* end) {
  return is_integer(*begin) && is_integer(find(begin, end, '>')[1]);
}

// Whether this build's kernels take [begin, end), one signature: all but those that are float32 throughout, hybrid,
// plain integers throughout, have float16, int16 or int4, as types.h leaves them out.
constexpr bool is_built(const char* begin, const char* end) {
  if (ARENITE_FLOAT == 0 && only_float(begin, end)) return false;
  if (ARENITE_FLOAT16 == 0 && is_half(begin)) return false;
  if (ARENITE_INT32 == 0 && only_integers(begin, end)) return false;
  if (ARENITE_HYBRID == 0 && is_hybrid(begin)) return false;
  if (ARENITE_INT16 == 0 && has_int16(begin, end)) return false;
  // Up to the result: behind it stands the version.
  return ARENITE_INT4 != 0 || !contains(begin, find(begin, end, '>'), '4');
}

// Writes those that are built and returns their length; `to` null: only that.
constexpr size_t write_built(const char* all, const char* end, char* to) {
  size_t used = 0;
  const auto put = [&](char letter) {
    if (to != nullptr) to[used] = letter;
    ++used;
  };
  for (const char* begin = all; begin < end;) {
    const char* const stop = find(begin, end, ' ');
    if (is_built(begin, stop)) {
      if (used != 0) put(' ');
      for (const char* c = begin; c < stop; ++c) {
        if (*c != ',') put(*c);
      }
    }
    begin = stop < end ? stop + 1 : end;
  }
  return used;
}

template <size_t N>
constexpr size_t built_size(const char (&all)[N]) {
  return write_built(all, all + N - 1, nullptr) + 1;
}

// A function and an aggregate, because gcc puts some objects that a constexpr constructor has filled into .data.
template <size_t kSize, size_t N>
constexpr Signatures<kSize> built_signatures(const char (&all)[N]) {
  Signatures<kSize> built = {};
  write_built(all, all + N - 1, built.text);
  return built;
}

// The columns of ops.def that a kernel carries: row::<name>::kCode ...
namespace row {
namespace options_type {
using namespace format::BuiltinOptions;
constexpr int32_t None = NONE;
}  // namespace options_type
#define ROW(name, code, max_version, options, custom_code, signatures)                      \
  namespace name {                                                                          \
  constexpr uint8_t kCode = code;                                                           \
  constexpr uint8_t kMaxVersion = max_version;                                              \
  constexpr uint8_t kOptions = options_type::options;                                       \
  constexpr const char* kCustomCode = custom_code;                                          \
  inline constexpr auto kSignatures = built_signatures<built_size(signatures)>(signatures); \
  }
#define OP(name, code, max_version, options, signatures) ROW(name, code, max_version, options, nullptr, signatures)
#define CUSTOM_OP(name, custom_code, signatures) ROW(name, kCustomOperator, 1, None, custom_code, signatures)
#include "schema/ops.def"
#undef OP
#undef ROW
}  // namespace row

}  // namespace arenite::kernels

// In kernels_cpp/<name>.cc, after static functions prepare and eval: defines arenite::kernels::<name>.
#define ARENITE_KERNEL(name) ARENITE_KERNEL_OBJECT(name, 0, 0)
// The same, and what eval leaves in its scratch is there again at the next eval.
#define ARENITE_KERNEL_WITH_STATE(name) ARENITE_KERNEL_OBJECT(name, kKeepsScratch, 0)
// The same, and constants of float16 are read where they lie: operand i if bit i is set.
#define ARENITE_KERNEL_READING_HALF(name, operands) ARENITE_KERNEL_OBJECT(name, 0, operands)

// In the namespace, because clang before 16 looks prepare and eval up where the macro stands.
#define ARENITE_KERNEL_OBJECT(name, traits, half_operands)                                           \
  namespace arenite::kernels {                                                                       \
  const Kernel name = {prepare,                                                                      \
                       eval,                                                                         \
                       row::name::kSignatures.text,                                                  \
                       row::name::kCode,                                                             \
                       row::name::kMaxVersion,                                                       \
                       row::name::kOptions,                                                          \
                       traits | (half_operands) << kHalfOperands | (kLeastCode ? kWholeTensors : 0), \
                       row::name::kCustomCode};                                                      \
  }
