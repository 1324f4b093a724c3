// CALL_ONCE: runs a subgraph without operands in the first invoke, and in none after it until the variables are reset.
#include "kernels_cpp/calls.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Callee initialization(const Node& node) {
  return Callee(node, node.option_i32(format::CallOnceOptions::init_subgraph_index, 0), 0);
}

Status prepare(const Node& node, uint32_t* scratch_bytes) {
  Callee callee = initialization(node);
  ARENITE_TRY(plan_call(node, &callee, 0));
  *scratch_bytes = sizeof(uint32_t);  // whether it has run
  return check_results(node, callee);
}

Status eval(const Node& node) {
  uint32_t* const has_run = static_cast<uint32_t*>(node.scratch());
  if (*has_run != 0) return Status::kOk;
  ARENITE_TRY(initialization(node).run());
  *has_run = 1;
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL_WITH_STATE(call_once);
