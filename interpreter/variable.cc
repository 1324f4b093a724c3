// Variables that operators name by a resource. Linked only into programs with a kernel for them.
//
// A variable lies in the scratch of the first VAR_HANDLE that names it, in the order of the subgraphs' first calls.
// Which one it is follows from the file alone, so it is found while planning and nothing is looked up when the model
// runs.
#include <cstring>

#include "interpreter/planning.h"
#include "schema/format.h"

namespace arenite {

using flat::Table;
using flat::Vector;

namespace {

constexpr uint32_t kVarHandle = 142;  // BuiltinOperator

// What the structure check cannot know: a string inside an operator's options. Empty when it is absent or leaves the
// file.
Vector text_option(Table options, uint32_t id, const uint8_t* file_end) {
  const uint8_t* const at = options.field(id);
  if (at == nullptr) return Vector();
  const uint32_t offset = static_cast<uint32_t>(at - options.data());
  if (offset % 4 != 0 || offset + 4 > options.inline_size()) return Vector();
  const uint32_t distance = flat::load<uint32_t>(at);
  const uint32_t room = static_cast<uint32_t>(file_end - at);
  if (distance % 4 != 0 || distance > room || room - distance < 4) return Vector();
  const Vector text(at + distance);
  return text.size() <= room - distance - 4 ? text : Vector();
}

bool equal(Vector a, Vector b) {
  if (a.size() != b.size()) return false;
  return a.size() == 0 || std::memcmp(a.data(), b.data(), a.size()) == 0;
}

bool contains(Vector indices, int32_t value, uint32_t* position) {
  for (uint32_t i = 0; i < indices.size(); ++i) {
    *position = i;
    if (indices.i32(i) == value) return true;
  }
  return false;
}

}  // namespace

// The first VAR_HANDLE of the same names.
struct Node::VariableSearch {
  Vector container;
  Vector shared_name;
  uint32_t allocation;  // of its scratch; kNoDetail while it is not found

  static Vector text(const Model& model, uint32_t node, uint32_t field) {
    return text_option(model.operator_table(node).table(format::Operator::builtin_options), field, model.end());
  }

  static void step(const Interpreter& subgraph, void* context) {
    VariableSearch& search = *static_cast<VariableSearch*>(context);
    const Model& model = *subgraph.model_;
    for (uint32_t i = 0; i < model.operator_count() && search.allocation == kNoDetail; ++i) {
      if (model.operator_code(i) != kVarHandle) continue;
      if (!equal(text(model, i, format::VarHandleOptions::container), search.container)) continue;
      if (!equal(text(model, i, format::VarHandleOptions::shared_name), search.shared_name)) continue;
      search.allocation = subgraph.first_allocation_ + subgraph.stored_tensors_ + i;
    }
  }
};

// Follows a resource to the operator that made it: in this subgraph, or in one that passed it on.
bool Node::find_handle(int32_t i, VariableSearch* search) const {
  const Node* node = this;
  const Callee* callee = planning_->callee;
  uint32_t operand = static_cast<uint32_t>(i);
  for (;;) {
    const Model& model = *node->interpreter_->model_;
    const Vector operands = Table(node->table_).vector(format::Operator::inputs);
    if (operand >= operands.size()) return false;
    const int32_t tensor = operands.i32(operand);
    uint32_t position = 0;
    for (uint32_t k = 0; k < model.operator_count(); ++k) {
      if (!contains(model.operator_table(k).vector(format::Operator::outputs), tensor, &position)) continue;
      if (model.operator_code(k) != kVarHandle) return false;
      search->container = VariableSearch::text(model, k, format::VarHandleOptions::container);
      search->shared_name = VariableSearch::text(model, k, format::VarHandleOptions::shared_name);
      return true;
    }
    if (callee == nullptr || !contains(model.inputs(), tensor, &position)) return false;
    operand = callee->first_operand_ + position;
    node = &callee->caller_;
    callee = callee->outer_;
  }
}

Status Node::bind_variable(int32_t i, uint32_t bytes, uint32_t* scratch_bytes) const {
  bytes += static_cast<uint32_t>(sizeof(uint32_t));
  *scratch_bytes = planning_ == nullptr ? bytes : 0;  // the room is the handle's
  if (planning_ == nullptr) return Status::kOk;       // bound before
  ARENITE_CHECK(bytes > sizeof(uint32_t), kBadShape);
  VariableSearch search{Vector(), Vector(), kNoDetail};
  ARENITE_CHECK(find_handle(i, &search), kBadOption);
  planning_->root->for_each_subgraph(VariableSearch::step, &search);
  Allocation& variable = planning_->items[search.allocation];
  if (variable.bytes == 0) {
    variable.bytes = bytes;
    variable.first = 0;
    variable.last = kForever;
  }
  ARENITE_CHECK(variable.bytes == bytes, kBadShape);
  const uint32_t own = interpreter_->first_allocation_ + interpreter_->stored_tensors_ + planning_->where->node;
  Allocation& alias = planning_->items[own];
  const uint16_t target = static_cast<uint16_t>(search.allocation);
  ARENITE_CHECK(alias.last != kAlias || alias.first == target, kBadOption);  // another variable at another call
  alias.first = target;
  alias.last = kAlias;
  return Status::kOk;
}

}  // namespace arenite
