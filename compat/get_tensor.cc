// Linked only with programs that ask for tensors by their index.
#include <new>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "view.h"

namespace tflite {
namespace {

struct Wanted {
  uint32_t subgraph;
  uint32_t index;
  TfLiteEvalTensor* tensor;
  bool found;
};

void look(const arenite::Interpreter& subgraph, void* context) {
  Wanted& wanted = *static_cast<Wanted*>(context);
  if (subgraph.model().index() != wanted.subgraph || wanted.index >= subgraph.model().tensor_count()) return;
  *wanted.tensor = arenite::tflm::eval_tensor(subgraph.tensor(wanted.index));
  wanted.found = true;
}

}  // namespace

// A tensor that has been asked for. Programs keep the pointer.
struct MicroInterpreter::Shown {
  TfLiteEvalTensor tensor;
  int index;
  int subgraph;
  Shown* next;
};

TfLiteEvalTensor* MicroInterpreter::GetTensor(int tensor_index, int subgraph_index) {
  for (Shown* known = shown_; known != nullptr; known = known->next) {
    if (known->index == tensor_index && known->subgraph == subgraph_index) return &known->tensor;
  }
  TfLiteEvalTensor tensor;
  Wanted wanted{static_cast<uint32_t>(subgraph_index), static_cast<uint32_t>(tensor_index), &tensor, false};
  if (ready()) interpreter_.for_each_subgraph(look, &wanted);
  if (!wanted.found) {
    MicroPrintf("Arenite: there is no tensor %d in subgraph %d%s", tensor_index, subgraph_index,
                ready() ? "" : ": AllocateTensors has not succeeded");
    return nullptr;
  }
  void* const room = allocator_->take_end(sizeof(Shown), "GetTensor");
  if (room == nullptr) return nullptr;
  shown_ = new (room) Shown{tensor, tensor_index, subgraph_index, shown_};
  return &shown_->tensor;
}

}  // namespace tflite
