// IF: runs one of two subgraphs on operands 1, 2 …; operand 0 says which. The results are the subgraph's.
#include "kernels_cpp/calls.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

constexpr int32_t kFirst = 1;  // operand that is the branch's first

Callee branch(const Node& node, bool then) {
  const uint32_t field = then ? format::IfOptions::then_subgraph_index : format::IfOptions::else_subgraph_index;
  return Callee(node, node.option_i32(field, 0), kFirst);
}

Status prepare(const Node& node, uint32_t*) {
  ARENITE_CHECK(node.input(0).count() == 1, kBadShape);
  Callee then_branch = branch(node, true);
  ARENITE_TRY(plan_call(node, &then_branch, kFirst));
  ARENITE_TRY(check_results(node, then_branch));
  Callee else_branch = branch(node, false);
  ARENITE_TRY(plan_call(node, &else_branch, kFirst));
  return check_results(node, else_branch);
}

Status eval(const Node& node) {
  const Callee callee = branch(node, is_true(node.input(0)));
  for (int32_t i = 0; i < callee.input_count(); ++i) copy_elements(node.input(kFirst + i), callee.input(i));
  ARENITE_TRY(callee.run());
  copy_results(callee, node);
  return Status::kOk;
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(if_);
