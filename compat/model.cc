// GetModel: whose bytes they are, and how far they may be read.
#include <cstring>

#include "interpreter/model.h"
#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {
namespace {

struct NoModel : Model {
  constexpr NoModel() : Model(0, 'X') {}
};
constexpr NoModel kNoModel;

bool is_called(const char (&identifier)[4], const char* name) { return std::memcmp(identifier, name, 4) == 0; }

// Behind the beginning of a file of unknown length: up to the largest file or the end of memory.
size_t bytes_behind(const void* data) {
  constexpr size_t kLargestFile = (size_t{1} << 31) - 1;
  const uintptr_t left = UINTPTR_MAX - reinterpret_cast<uintptr_t>(data);
  return left < kLargestFile ? static_cast<size_t>(left) : kLargestFile;
}

}  // namespace

bool Model::is_file() const { return is_called(identifier_, "TFL3"); }

arenite::tflm::Span Model::span() const {
  if (is_file()) return {this, bytes_behind(this)};
  if (is_called(identifier_, "ARNB")) return static_cast<const arenite::tflm::BoundedModel*>(this)->span_;
  return {this, 0};
}

uint32_t Model::version() const {
  const arenite::tflm::Span bytes = span();
  arenite::Model model;
  const arenite::Status status = arenite::Model::open(bytes.data, bytes.size, &model);
  if (status == arenite::Status::kOk) return TFLITE_SCHEMA_VERSION;  // open refuses the others
  MicroPrintf("Arenite: the model cannot be read: %s", arenite::status_text(status));
  return 0;
}

const Model* GetModel(const void* buffer) {
  if (buffer == nullptr) return &kNoModel;
  const Model* model = static_cast<const Model*>(buffer);
  return model->is_file() ? model : &kNoModel;
}

}  // namespace tflite
