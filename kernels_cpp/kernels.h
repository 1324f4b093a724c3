// Declares arenite::kernels::<name> for every row of schema/ops.def, and how a kernel file defines its own.
#pragma once

#include "interpreter/kernel.h"
#include "kernels_cpp/types.h"

namespace arenite::kernels {

#define OP(name, code, max_version, options, signatures) extern const Kernel name;
#include "schema/ops.def"
#undef OP

// The signatures of a row that this build's kernels take: all of them, or those that are not float32 throughout, or
// those without int16.
template <size_t N>
struct Signatures {
  char text[N] = {};

  constexpr explicit Signatures(const char (&all)[N]) {
    size_t used = 0;
    for (size_t begin = 0, end = 0; begin < N - 1; begin = end + 1) {
      end = begin;
      while (end < N - 1 && all[end] != ' ') ++end;
      if (ARENITE_FLOAT == 0 && only_float(all, begin, end)) continue;
      if (ARENITE_INT16 == 0 && has_int16(all, begin, end)) continue;
      if (used != 0) text[used++] = ' ';
      for (size_t i = begin; i < end; ++i) {
        if (all[i] != ',') text[used++] = all[i];
      }
    }
  }

 private:
  static constexpr bool only_float(const char (&all)[N], size_t begin, size_t end) {
    size_t result = begin;
    while (result < end && all[result] != '>') ++result;
    return all[begin] == 'f' && all[result + 1] != 'b';  // quantize stays
  }
  static constexpr bool has_int16(const char (&all)[N], size_t begin, size_t end) {
    while (begin < end && all[begin] != 'h') ++begin;
    return begin < end;
  }
};

// The columns of ops.def that a kernel carries: row::<name>::kCode ...
namespace row {
namespace options_type {
using namespace format::BuiltinOptions;
constexpr int32_t None = NONE;
}  // namespace options_type
#define OP(name, code, max_version, options, signatures) \
  namespace name {                                       \
  constexpr uint8_t kCode = code;                        \
  constexpr uint8_t kMaxVersion = max_version;           \
  constexpr uint8_t kOptions = options_type::options;    \
  inline constexpr Signatures kSignatures{signatures};   \
  }
#include "schema/ops.def"
#undef OP
}  // namespace row

}  // namespace arenite::kernels

// In kernels_cpp/<name>.cc, after static functions prepare and eval: defines arenite::kernels::<name>.
#define ARENITE_KERNEL(name)                                                                         \
  const ::arenite::Kernel arenite::kernels::name = {prepare,                                         \
                                                    eval,                                            \
                                                    ::arenite::kernels::row::name::kSignatures.text, \
                                                    ::arenite::kernels::row::name::kCode,            \
                                                    ::arenite::kernels::row::name::kMaxVersion,      \
                                                    ::arenite::kernels::row::name::kOptions}
