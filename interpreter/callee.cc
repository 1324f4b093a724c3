// Subgraphs that operators call. Linked only into programs with a kernel that calls some.
//
// The bookkeeping of called subgraphs grows down from that of subgraph 0, each behind a Header, as a list in the order
// of the first calls.
#include "interpreter/planning.h"

namespace arenite {

struct Callee::Header {
  uint32_t next;  // arena offset of the next header; 0: none
  uint32_t subgraph;
  uint32_t first_allocation;
  uint32_t stored_tensors;
};

// The interpreter as it runs the called subgraph. header: null before it has one.
class Callee::View {
 public:
  View(const Interpreter& any, uint32_t subgraph, Header* header)
      : model(any.model_->subgraph(subgraph)), interpreter(any) {
    interpreter.model_ = &model;
    if (header == nullptr) return;
    interpreter.stored_tensors_ = header->stored_tensors;
    interpreter.first_allocation_ = header->first_allocation;
    interpreter.place_bookkeeping(reinterpret_cast<uint8_t*>(header + 1));
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  Tensor tensor(flat::Vector indices, int32_t i) const {
    return interpreter.tensor(static_cast<uint32_t>(indices.i32(static_cast<uint32_t>(i))));
  }

  Model model;
  Interpreter interpreter;
};

Callee::Callee(const Node& caller, int32_t subgraph, uint32_t first_operand)
    : caller_(caller), subgraph_(static_cast<uint32_t>(subgraph)), first_operand_(first_operand) {}

// During allocate the list is subgraph 0's; afterwards every view has it.
const Interpreter& Callee::list_holder() const {
  return caller_.planning_ != nullptr ? *caller_.planning_->root : *caller_.interpreter_;
}

Callee::Header* Callee::at(const Interpreter& any, uint32_t offset) {
  return offset == 0 ? nullptr : reinterpret_cast<Header*>(any.arena_ + offset);
}

Callee::Header* Callee::header() const {
  const Interpreter& holder = list_holder();
  Header* header = at(holder, holder.callees_);
  while (header != nullptr && header->subgraph != subgraph_) header = at(holder, header->next);
  return header;
}

// --- allocate --------------------------------------------------------------------------------------------------------

Status Callee::plan() {
  if (caller_.planning_ == nullptr) return Status::kOk;  // planned before
  Planning& planning = *caller_.planning_;
  Error& where = *planning.where;
  ARENITE_CHECK(subgraph_ < planning.root->model_->subgraph_count(), kBadIndex);
  ARENITE_CHECK(planning.depth < kMaxCallDepth, kLimitExceeded);
  const Planning outer = planning;
  const Error place = where;
  outer_ = planning.callee;
  where.subgraph = static_cast<uint8_t>(subgraph_);
  where.node = kNoNode;
  uint32_t& word = planning.walked[subgraph_ / 32];
  const uint32_t bit = 1u << (subgraph_ % 32);
  planning.again = (word & bit) != 0;
  planning.callee = this;
  ++planning.depth;
  word |= bit;
  ARENITE_TRY(walk());
  planning.again = outer.again;
  planning.callee = outer.callee;
  planning.depth = outer.depth;
  where = place;
  return Status::kOk;
}

Status Callee::walk() const {
  Planning* const planning = caller_.planning_;
  Header* const known = header();
  View view(*planning->root, subgraph_, known);
  if (known == nullptr) {
    ARENITE_TRY(view.interpreter.reserve(planning, sizeof(Header)));
    append(view);
    ARENITE_TRY(view.interpreter.check_operators(planning->where));
  }
  return view.interpreter.walk(planning);
}

void Callee::append(const View& view) const {
  Interpreter& root = *caller_.planning_->root;
  Header* const header = reinterpret_cast<Header*>(view.interpreter.offsets_) - 1;
  *header = {0, subgraph_, view.interpreter.first_allocation_, view.interpreter.stored_tensors_};
  uint32_t* link = &root.callees_;
  while (*link != 0) link = &at(root, *link)->next;
  *link = static_cast<uint32_t>(reinterpret_cast<uint8_t*>(header) - root.arena_);
  root.for_each_callee_ = for_each;
}

void Callee::for_each(const Interpreter& root, Interpreter::Step step, void* context) {
  for (Header* header = at(root, root.callees_); header != nullptr; header = at(root, header->next)) {
    const View view(root, header->subgraph, header);
    step(view.interpreter, context);
  }
}

// --- eval ------------------------------------------------------------------------------------------------------------

// The place of a failure is that of the innermost call.
Status Callee::run() const {
  Invocation* const invocation = caller_.invocation_;
  Header* const known = header();
  ARENITE_CHECK(invocation != nullptr && known != nullptr, kNotReady);
  const View view(*caller_.interpreter_, subgraph_, known);
  for (uint32_t i = 0; i < view.model.operator_count(); ++i) {
    const Status status = view.interpreter.run(i, invocation);
    if (status == Status::kOk) continue;
    Error& where = invocation->where;
    if (where.status == Status::kOk) {
      where = {status, static_cast<uint8_t>(subgraph_), static_cast<uint16_t>(i), kNoDetail};
    }
    return status;
  }
  return Status::kOk;
}

Status Node::count_iteration() const {
  ARENITE_CHECK(invocation_->iterations_left != 0, kTooManyIterations);
  --invocation_->iterations_left;
  return Status::kOk;
}

// --- operands --------------------------------------------------------------------------------------------------------

int32_t Callee::input_count() const {
  return static_cast<int32_t>(View(list_holder(), subgraph_, nullptr).model.inputs().size());
}

int32_t Callee::output_count() const {
  return static_cast<int32_t>(View(list_holder(), subgraph_, nullptr).model.outputs().size());
}

Tensor Callee::input(int32_t i) const {
  const View view(list_holder(), subgraph_, header());
  return view.tensor(view.model.inputs(), i);
}

Tensor Callee::output(int32_t i) const {
  const View view(list_holder(), subgraph_, header());
  return view.tensor(view.model.outputs(), i);
}

}  // namespace arenite
