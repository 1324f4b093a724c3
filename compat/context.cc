#include "tensorflow/lite/micro/micro_context.h"

#include <new>

#include "custom.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "view.h"

namespace tflite {
namespace {

constexpr size_t kAlignment = 16;

size_t rounded_up(size_t bytes) { return (bytes + kAlignment - 1) & ~(kAlignment - 1); }

// MicroContext's calls as functions of a TfLiteContext.
void report(TfLiteContext*, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  VMicroPrintf(format, arguments);
  va_end(arguments);
  MicroPrintf("%s", "");
}

TfLiteExternalContext* external(TfLiteContext* context, TfLiteExternalContextType) {
  return static_cast<TfLiteExternalContext*>(GetMicroContext(context)->external_context());
}

void* persistent(TfLiteContext* context, size_t bytes) {
  return GetMicroContext(context)->AllocatePersistentBuffer(bytes);
}

TfLiteStatus request(TfLiteContext* context, size_t bytes, int* buffer_index) {
  return GetMicroContext(context)->RequestScratchBufferInArena(bytes, buffer_index);
}

void* scratch(TfLiteContext* context, int buffer_index) {
  return GetMicroContext(context)->GetScratchBuffer(buffer_index);
}

TfLiteTensor* temporary(const TfLiteContext* context, int tensor_index) {
  return GetMicroContext(context)->AllocateTempTfLiteTensor(tensor_index);
}

TfLiteEvalTensor* eval(const TfLiteContext* context, int tensor_index) {
  return GetMicroContext(context)->GetEvalTensor(tensor_index);
}

int element(const TfLiteIntArray* list, int i) {
  return i >= 0 && i < list->size ? list->data[i] : kTfLiteOptionalTensor;
}

}  // namespace

MicroContext::MicroContext(MicroInterpreter& owner) : owner_(owner) {
  context_.impl_ = this;
  context_.profiler = owner.profiler_;
  context_.ReportError = report;
  context_.GetExternalContext = external;
  context_.AllocatePersistentBuffer = persistent;
  context_.RequestScratchBufferInArena = request;
  context_.GetScratchBuffer = scratch;
  context_.GetTensor = temporary;
  context_.GetEvalTensor = eval;
}

// What a callback has not given back is free again after it.
void MicroContext::enter(Phase phase, arenite::tflm::CustomNode* node, void* scratch) {
  phase_ = phase;
  current_ = node;
  scratch_ = scratch;
  temporary_bytes_ = temporaries_ = 0;
  if (node != nullptr) context_.tensors_size = node->model->subgraph(node->subgraph).tensor_count();
}

bool MicroContext::is_in(Phase phase, const char* call) const {
  if (phase_ == phase) return true;
  MicroPrintf("Arenite: %s is not for this callback", call);
  return false;
}

void* MicroContext::AllocatePersistentBuffer(size_t bytes) {
  if (phase_ != Phase::kInit && !is_in(Phase::kPrepare, "AllocatePersistentBuffer")) return nullptr;
  MicroAllocator& allocator = *owner_.allocator_;
  if (rounded_up(bytes) >= bytes && rounded_up(bytes) + temporary_bytes_ > allocator.free_bytes_) bytes = SIZE_MAX;
  return allocator.take_end(bytes, "a persistent buffer");
}

// The index is the offset in the operator's scratch.
TfLiteStatus MicroContext::RequestScratchBufferInArena(size_t bytes, int* buffer_index) {
  if (!is_in(Phase::kPrepare, "RequestScratchBufferInArena")) return kTfLiteError;
  constexpr size_t kMost = 0x7FFFFFF0;
  if (bytes > kMost || rounded_up(bytes) > kMost - current_->scratch_bytes) return kTfLiteError;
  *buffer_index = static_cast<int>(current_->scratch_bytes);
  current_->scratch_bytes += static_cast<uint32_t>(rounded_up(bytes));
  return kTfLiteOk;
}

void* MicroContext::GetScratchBuffer(int buffer_index) {
  if (!is_in(Phase::kInvoke, "GetScratchBuffer")) return nullptr;
  const bool known = buffer_index >= 0 && static_cast<uint32_t>(buffer_index) < current_->scratch_bytes;
  return known ? static_cast<uint8_t*>(scratch_) + buffer_index : nullptr;
}

TfLiteTensor* MicroContext::AllocateTempTfLiteTensor(int tensor_index) {
  if (current_ == nullptr || tensor_index < 0 || static_cast<size_t>(tensor_index) >= context_.tensors_size)
    return nullptr;
  void* const room = take_temporary(sizeof(arenite::tflm::View));
  if (room == nullptr) return nullptr;
  const arenite::Model model = current_->model->subgraph(current_->subgraph);
  arenite::Tensor shown = model.tensor(static_cast<uint32_t>(tensor_index));
  const TfLiteEvalTensor* const known = current_->find(tensor_index);
  if (!shown.constant && known != nullptr) shown.data = known->data.data;
  arenite::tflm::View* const view = new (room) arenite::tflm::View();
  view->set(shown);
  view->tensor.is_variable = model.is_variable(static_cast<uint32_t>(tensor_index));
  return &view->tensor;
}

TfLiteTensor* MicroContext::AllocateTempInputTensor(const TfLiteNode* node, int i) {
  return AllocateTempTfLiteTensor(element(node->inputs, i));
}

TfLiteTensor* MicroContext::AllocateTempOutputTensor(const TfLiteNode* node, int i) {
  return AllocateTempTfLiteTensor(element(node->outputs, i));
}

TfLiteTensor* MicroContext::AllocateTempIntermediateTensor(const TfLiteNode* node, int i) {
  return AllocateTempTfLiteTensor(element(node->intermediates, i));
}

void MicroContext::DeallocateTempTfLiteTensor(TfLiteTensor* tensor) { give_back(tensor); }

uint8_t* MicroContext::AllocateTempBuffer(size_t bytes, size_t alignment) {
  if (!is_in(Phase::kPrepare, "AllocateTempBuffer") || alignment > kAlignment) return nullptr;
  return static_cast<uint8_t*>(take_temporary(bytes));
}

void MicroContext::DeallocateTempBuffer(uint8_t* buffer) { give_back(buffer); }

void* MicroContext::take_temporary(size_t bytes) {
  const MicroAllocator& allocator = *owner_.allocator_;
  const size_t free = allocator.free_bytes_ - temporary_bytes_;
  if (bytes > free || rounded_up(bytes) > free) {
    MicroPrintf("Arenite: the arena has no %u bytes for a temporary tensor, %u are free", static_cast<unsigned>(bytes),
                static_cast<unsigned>(free));
    return nullptr;
  }
  void* const room = allocator.free_ + temporary_bytes_;
  temporary_bytes_ += rounded_up(bytes);
  ++temporaries_;
  return room;
}

// All room is free again when all has been given back.
void MicroContext::give_back(const void* temporary) {
  if (temporary != nullptr && temporaries_ != 0 && --temporaries_ == 0) temporary_bytes_ = 0;
}

TfLiteEvalTensor* MicroContext::GetEvalTensor(int tensor_index) {
  TfLiteEvalTensor* const found = current_ == nullptr ? nullptr : current_->find(tensor_index);
  if (found == nullptr) MicroPrintf("Arenite: tensor %d is none of this operator's", tensor_index);
  return found;
}

TfLiteStatus MicroInterpreter::SetMicroExternalContext(void* external_context_payload) {
  if (external_context_payload == nullptr || external_context_ != nullptr) return kTfLiteError;
  external_context_ = external_context_payload;
  return kTfLiteOk;
}

}  // namespace tflite
