#include "tensorflow/lite/micro/micro_interpreter.h"

#include <new>

#include "tensorflow/lite/micro/micro_log.h"

namespace tflite {
namespace {

const arenite::Kernel* const kNoKernels[] = {nullptr};

// The TensorTypes of a file, which has another order.
TfLiteType tflite_type(arenite::Type type) {
  switch (type) {
    case arenite::Type::kFloat32:
      return kTfLiteFloat32;
    case arenite::Type::kFloat16:
      return kTfLiteFloat16;
    case arenite::Type::kInt32:
      return kTfLiteInt32;
    case arenite::Type::kUInt8:
      return kTfLiteUInt8;
    case arenite::Type::kInt64:
      return kTfLiteInt64;
    case arenite::Type::kBool:
      return kTfLiteBool;
    case arenite::Type::kInt16:
      return kTfLiteInt16;
    case arenite::Type::kInt8:
      return kTfLiteInt8;
    case arenite::Type::kUInt64:
      return kTfLiteUInt64;
    case arenite::Type::kUInt32:
      return kTfLiteUInt32;
    case arenite::Type::kInt4:
      return kTfLiteInt4;
    case arenite::Type::kResource:
      return kTfLiteResource;
  }
  return kTfLiteNoType;
}

// A vector of a file is a 32-bit length and its elements, as a TfLiteIntArray is.
template <typename Array>
Array* array_of(const void* elements, int32_t count) {
  static const Array kEmpty = {};
  if (count == 0) return const_cast<Array*>(&kEmpty);
  return reinterpret_cast<Array*>(static_cast<uint8_t*>(const_cast<void*>(elements)) - sizeof(int32_t));
}
static_assert(sizeof(int) == sizeof(int32_t) && offsetof(TfLiteIntArray, data) == sizeof(int32_t), "a file's vector");

}  // namespace

// A tensor as programs see it, with what its pointers point to.
struct MicroInterpreter::View {
  TfLiteTensor tensor;
  TfLiteAffineQuantization affine;
  TfLiteIntArray zero_point;

  void set(const arenite::Tensor& shown);
};

void MicroInterpreter::View::set(const arenite::Tensor& shown) {
  const bool quantized = shown.scale_count != 0;
  affine = {array_of<TfLiteFloatArray>(shown.scales, shown.scale_count), &zero_point, shown.quantized_dimension};
  zero_point = {1, {static_cast<int>(shown.zero_point)}};
  tensor.quantization = {quantized ? kTfLiteAffineQuantization : kTfLiteNoQuantization, quantized ? &affine : nullptr};
  tensor.params = {shown.scale_count == 1 ? shown.scale() : 0.0f, shown.zero_point};
  tensor.data.data = shown.data;
  tensor.dims = array_of<TfLiteIntArray>(shown.dims, shown.rank);
  tensor.bytes = arenite::stored_bytes(shown.type, static_cast<uint32_t>(shown.count()));
  tensor.type = tflite_type(shown.type);
  tensor.allocation_type = shown.constant ? kTfLiteMmapRo : kTfLiteArenaRw;
}

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
  if (!ready()) initialization_ = allocate();
  return initialization_;
}

TfLiteStatus MicroInterpreter::allocate() {
  arenite::Error error;
  const arenite::tflm::Span bytes = file_->span();
  if (arenite::Model::open(bytes.data, bytes.size, &model_, &error) != arenite::Status::kOk) {
    return fail("the model cannot be read", error);
  }
  const size_t count = size_t{model_.inputs().size()} + model_.outputs().size();
  const size_t view_bytes = (count * sizeof(View) + 15) & ~size_t{15};
  const size_t left = allocator_->free_bytes_;
  // A model's bookkeeping begins at the end of its part. One that lacks the room for views gets none at all.
  const size_t part = view_bytes < left ? left - view_bytes : 0;
  uint8_t* const begin = allocator_->free_;
  interpreter_ = arenite::Interpreter(model_, resolver_.list(), begin, part);
  const auto sharing = preserve_all_tensors_ ? arenite::Sharing::kRetainAll : arenite::Sharing::kReuse;
  if (interpreter_.allocate(&error, sharing) != arenite::Status::kOk) {
    if (error.status == arenite::Status::kArenaTooSmall) error.detail += static_cast<uint32_t>(view_bytes);
    return fail("AllocateTensors", error);
  }
  allocator_->take(interpreter_.arena_use(), view_bytes);
  views_ = new (begin + part) View[count];
  show_tensors(views_);
  return kTfLiteOk;
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
  return kTfLiteOk;
}

TfLiteTensor* MicroInterpreter::view(const char* what, size_t index, size_t count, size_t first) {
  if (index < count) return &views_[first + index].tensor;
  MicroPrintf("Arenite: %s %u asked of %u%s", what, static_cast<unsigned>(index), static_cast<unsigned>(count),
              ready() ? "" : ": AllocateTensors has not succeeded");
  return nullptr;
}

}  // namespace tflite
