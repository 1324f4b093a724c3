// WHILE: repeats one subgraph, the body, as long as another one, the condition, says so. The results are the loop's
// variables: they start as the operands, and each round the body computes them anew.
#include "kernels_cpp/calls.h"
#include "kernels_cpp/kernels.h"

namespace arenite {
namespace {

Callee condition(const Node& node) {
  return Callee(node, node.option_i32(format::WhileOptions::cond_subgraph_index, 0), 0);
}

Callee body(const Node& node) { return Callee(node, node.option_i32(format::WhileOptions::body_subgraph_index, 0), 0); }

Status prepare(const Node& node, uint32_t*) {
  ARENITE_TRY(check_variables(node));
  Callee condition = arenite::condition(node);
  ARENITE_TRY(plan_call(node, &condition, 0));
  ARENITE_CHECK(condition.output_count() == 1, kBadArity);
  const Tensor again = condition.output(0);
  ARENITE_CHECK(again.type == Type::kBool, kBadType);
  ARENITE_CHECK(again.count() == 1, kBadShape);
  Callee body = arenite::body(node);
  ARENITE_TRY(plan_call(node, &body, 0));
  return check_results(node, body);
}

void pass_variables(const Node& node, const Callee& callee) {
  for (int32_t i = 0; i < node.output_count(); ++i) copy_elements(node.output(i), callee.input(i));
}

Status eval(const Node& node) {
  const Callee condition = arenite::condition(node);
  const Callee body = arenite::body(node);
  for (int32_t i = 0; i < node.output_count(); ++i) copy_elements(node.input(i), node.output(i));
  for (;;) {
    pass_variables(node, condition);
    ARENITE_TRY(condition.run());
    if (!is_true(condition.output(0))) return Status::kOk;
    ARENITE_TRY(node.count_iteration());
    pass_variables(node, body);
    ARENITE_TRY(body.run());
    copy_results(body, node);
  }
}

}  // namespace
}  // namespace arenite

ARENITE_KERNEL(while_);
