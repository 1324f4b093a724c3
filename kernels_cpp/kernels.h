// Declares arenite::kernels::<name> for every row of schema/ops.def, and how a kernel file defines its own.
#pragma once

#include "interpreter/kernel.h"

namespace arenite::kernels {

#define OP(name, code, max_version, options, signatures) extern const Kernel name;
#include "schema/ops.def"
#undef OP

// The columns of ops.def that a kernel carries: row::<name>::kCode ...
namespace row {
#define OP(name, code, max_version, options, signatures)   \
  namespace name {                                         \
  constexpr uint8_t kCode = code;                          \
  constexpr uint8_t kMaxVersion = max_version;             \
  inline constexpr char kSignatures[] = signatures;        \
  }
#include "schema/ops.def"
#undef OP
}  // namespace row

}  // namespace arenite::kernels

// In kernels_cpp/<name>.cc, after static functions prepare and eval: defines arenite::kernels::<name>.
#define ARENITE_KERNEL(name)                                                                    \
  const ::arenite::Kernel arenite::kernels::name = {                                            \
      prepare, eval, ::arenite::kernels::row::name::kSignatures, ::arenite::kernels::row::name::kCode, \
      ::arenite::kernels::row::name::kMaxVersion}
