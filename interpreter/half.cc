// Float16 constants behind a DEQUANTIZE, for kernels that read them where they lie. Linked only into programs with such
// kernels.
//
// Who reads what follows from the file alone, so it is looked up when asked, as all else about an operator is.
#include "interpreter/planning.h"
#include "schema/format.h"

namespace arenite {

using flat::Table;
using flat::Vector;

namespace {

constexpr uint32_t kDequantize = 6;  // BuiltinOperator

// The places among the first eight where `tensor` stands, as bits; kElsewhere when it stands behind them.
constexpr uint32_t kElsewhere = 1u << 31;
uint32_t places(Vector tensors, int32_t tensor) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    if (tensors.i32(i) == tensor) found |= i < 8 ? 1u << i : kElsewhere;
  }
  return found;
}

}  // namespace

Tensor Node::half_or_input(int32_t i) const {
  const Tensor tensor = input(i);
  if (!tensor.present || tensor.constant || tensor.type != Type::kFloat32) return tensor;
  const Model& model = *interpreter_->model_;
  const int32_t index = Table(table_).vector(format::Operator::inputs).i32(static_cast<uint32_t>(i));
  for (uint32_t k = 0; k < model.operator_count(); ++k) {
    const Table op = model.operator_table(k);
    if (model.operator_code(k) != kDequantize || op.vector(format::Operator::outputs).i32(0) != index) continue;
    const Tensor source = model.tensor(static_cast<uint32_t>(op.vector(format::Operator::inputs).i32(0)));
    return source.type == Type::kFloat16 && source.constant ? source : tensor;
  }
  return tensor;
}

// Its place in the plan is the operator's own scratch, which it never asks for.
void Node::spare_result() const {
  if (planning_ == nullptr || planning_->retain) return;
  const Interpreter& interpreter = *interpreter_;
  const Model& model = *interpreter.model_;
  const int32_t index = Table(table_).vector(format::Operator::outputs).i32(0);
  if (places(model.outputs(), index) != 0) return;
  for (uint32_t k = 0; k < model.operator_count(); ++k) {
    const uint32_t read = places(model.operator_table(k).vector(format::Operator::inputs), index);
    if ((read & ~(uint32_t{interpreter.kernel(k).traits} >> kHalfOperands)) != 0) return;
  }
  const uint32_t first = interpreter.first_allocation_;
  Allocation& result = planning_->items[first + interpreter.slot(static_cast<uint32_t>(index))];
  result.bytes = 0;
  result.first = static_cast<uint16_t>(first + interpreter.stored_tensors_ + planning_->where->node);
  result.last = kAlias;
}

}  // namespace arenite
