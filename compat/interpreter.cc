#include "tensorflow/lite/micro/micro_interpreter.h"

#include <new>

#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "view.h"

namespace tflite {
namespace {

const arenite::Kernel* const kNoKernels[] = {nullptr};

}  // namespace

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena,
                                   size_t arena_size, MicroResourceVariables*)
    : file_(model),
      resolver_(resolver),
      own_(arena, arena_size, 0),
      allocator_(&own_),
      interpreter_(model_, kNoKernels, nullptr, 0) {}

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& resolver, MicroAllocator* allocator,
                                   MicroResourceVariables*)
    : MicroInterpreter(model, resolver, static_cast<uint8_t*>(nullptr), 0) {
  if (allocator != nullptr) allocator_ = allocator;
}

TfLiteStatus MicroInterpreter::fail(const char* what, const arenite::Error& error) const {
  MicroPrintf("Arenite: %s: %s (subgraph %d, operator %d, detail %u)", what, arenite::status_text(error.status),
              error.subgraph, error.node == arenite::kNoNode ? -1 : error.node, static_cast<unsigned>(error.detail));
  return kTfLiteError;
}

TfLiteStatus MicroInterpreter::AllocateTensors() {
  if (ready()) return initialization_;
  const MicroAllocator before = *allocator_;
  initialization_ = allocate();
  if (initialization_ == kTfLiteOk) return kTfLiteOk;
  tell_custom(arenite::tflm::Stage::kFree);
  *allocator_ = before;
  return initialization_;
}

// Operators with callbacks, when there are some.
TfLiteStatus MicroInterpreter::tell_custom(arenite::tflm::Stage stage) {
  return resolver_.hook_ != nullptr ? resolver_.hook_(*this, stage) : kTfLiteOk;
}

TfLiteStatus MicroInterpreter::allocate() {
  arenite::Error error;
  const arenite::tflm::Span bytes = file_->span();
  if (arenite::Model::open(bytes.data, bytes.size, &model_, &error) != arenite::Status::kOk) {
    return fail("the model cannot be read", error);
  }
  TF_LITE_ENSURE_STATUS(tell_custom(arenite::tflm::Stage::kPrepare));
  const size_t count = size_t{model_.inputs().size()} + model_.outputs().size();
  const size_t view_bytes = (count * sizeof(View) + 15) & ~size_t{15};
  const size_t left = allocator_->free_bytes_;
  // A model's bookkeeping begins at the end of its part. One that lacks the room for views gets none at all.
  const size_t part = view_bytes < left ? left - view_bytes : 0;
  uint8_t* const begin = allocator_->free_;
  const arenite::OpResolver kernels = context_ != nullptr ? context_->kernels() : resolver_.list();
  interpreter_ = arenite::Interpreter(model_, kernels, begin, part);
  const auto sharing = preserve_all_tensors_ ? arenite::Sharing::kRetainAll : arenite::Sharing::kReuse;
  if (interpreter_.allocate(&error, sharing) != arenite::Status::kOk) {
    if (error.status == arenite::Status::kArenaTooSmall) error.detail += static_cast<uint32_t>(view_bytes);
    return fail("AllocateTensors", error);
  }
  allocator_->take(interpreter_.arena_use(), view_bytes);
  views_ = new (begin + part) View[count];
  show_tensors(views_);
  return tell_custom(arenite::tflm::Stage::kReady);
}

void MicroInterpreter::show_tensors(View* views) {
  for (uint32_t i = 0; i < interpreter_.input_count(); ++i) (views++)->set(interpreter_.input(i));
  for (uint32_t i = 0; i < interpreter_.output_count(); ++i) (views++)->set(interpreter_.output(i));
}

TfLiteStatus MicroInterpreter::Invoke() {
  TF_LITE_ENSURE_STATUS(AllocateTensors());
  arenite::Error error;
  const arenite::Status status = run_(*this, &error);
  if (status == arenite::Status::kNotDue) return kTfLiteAbort;
  return status == arenite::Status::kOk ? kTfLiteOk : fail("Invoke", error);
}

arenite::Status MicroInterpreter::run(MicroInterpreter& interpreter, arenite::Error* error) {
  return interpreter.interpreter_.invoke(error);
}

TfLiteStatus MicroInterpreter::Reset() {
  TF_LITE_ENSURE_STATUS(AllocateTensors());
  interpreter_.reset_variables();
  return tell_custom(arenite::tflm::Stage::kReset);
}

TfLiteTensor* MicroInterpreter::view(const char* what, size_t index, size_t count, size_t first) {
  if (index < count) return &views_[first + index].tensor;
  MicroPrintf("Arenite: %s %u asked of %u%s", what, static_cast<unsigned>(index), static_cast<unsigned>(count),
              ready() ? "" : ": AllocateTensors has not succeeded");
  return nullptr;
}

}  // namespace tflite
