// VAR_HANDLE: names a variable for READ_VARIABLE and ASSIGN_VARIABLE. Its scratch may be that variable: a word that is
// not 0 once it has been assigned, then its elements. Nothing is computed: who names which variable is settled in
// allocate.
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Status prepare(const Node&, uint32_t*) { return Status::kOk; }

Status eval(const Node&) { return Status::kOk; }

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(var_handle);
