// One try to hurt the runtime: a file of any content is opened, allocated and run on inputs of any bytes, in memory of
// exactly the size that the program states, so that the sanitizers see the first byte beyond it.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "interpreter/interpreter.h"
#include "kernels_cpp/kernels.h"

namespace trial {

using arenite::Status;

inline const arenite::Kernel* const kKernels[] = {
#define OP(name, code, max_version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
};

constexpr size_t kMaxArena = 256 << 10;
constexpr uint32_t kIterations = 200;

// Heap of exactly `size` bytes; 64-bit allocators align it to 16.
class Block {
 public:
  explicit Block(size_t size) : data_(static_cast<uint8_t*>(std::malloc(size == 0 ? 1 : size))) {}
  ~Block() { std::free(data_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  uint8_t* data() const { return data_; }

 private:
  uint8_t* data_;
};

// Below `bound`, which is not 0.
inline uint32_t pick(std::mt19937& random, size_t bound) { return static_cast<uint32_t>(random() % bound); }

inline uint32_t bytes_of(const arenite::Tensor& tensor) {
  return arenite::stored_bytes(tensor.type, static_cast<uint32_t>(tensor.count()));
}

// Any bytes, small numbers, or floats that few expect.
inline void fill(uint8_t* data, size_t size, std::mt19937& random) {
  const uint32_t kFloats[] = {0x7FC00000, 0x7F800000, 0xFF800000, 0x4F000000, 0xCF000001, 0x00000001, 0x3F800000, 0};
  const uint32_t kind = pick(random, 5);
  for (size_t at = 0; at < size; at += 4) {
    const uint32_t words[] = {static_cast<uint32_t>(random()), pick(random, 9), pick(random, 9) - 4,
                              kFloats[pick(random, 8)], 0x01000100};
    std::memcpy(data + at, &words[kind], size - at < 4 ? size - at : 4);
  }
}

// The inputs that the file lets the caller set.
inline void fill_inputs(const arenite::Interpreter& interpreter, std::mt19937& random) {
  for (uint32_t i = 0; i < interpreter.input_count(); ++i) {
    const arenite::Tensor input = interpreter.input(i);
    if (input.data != nullptr && !input.constant) fill(input.as<uint8_t>(), bytes_of(input), random);
  }
}

// Twice, because state and tables are kept.
inline Status invoke(arenite::Interpreter* interpreter, std::mt19937& random) {
  interpreter->set_iteration_limit(kIterations);
  Status last = Status::kOk;
  for (int runs = 0; runs < 2; ++runs) {
    fill_inputs(*interpreter, random);
    last = interpreter->invoke();
  }
  return last;
}

// use(interpreter, arena's bytes), allocated in an arena that grows to what the model asks for; its status, or that of
// allocate.
template <typename Use>
Status with_arena(const arenite::Model& model, Use use) {
  for (size_t arena_size = 1024;;) {
    const Block arena(arena_size);
    std::memset(arena.data(), 0x5A, arena_size);
    arenite::Interpreter interpreter(model, kKernels, arena.data(), arena_size);
    arenite::Error error;
    const Status status = interpreter.allocate(&error);
    if (status == Status::kOk) return use(&interpreter, arena_size);
    if (status != Status::kArenaTooSmall || error.detail <= arena_size || error.detail > kMaxArena) return status;
    arena_size = error.detail;
  }
}

// Aborts when the file has been written to.
inline Status run(const uint8_t* content, size_t size, std::mt19937& random) {
  const Block file(size);
  if (size != 0) std::memcpy(file.data(), content, size);
  arenite::Model model;
  ARENITE_TRY(arenite::Model::open(file.data(), size, &model));
  const Status status =
      with_arena(model, [&random](arenite::Interpreter* interpreter, size_t) { return invoke(interpreter, random); });
  if (std::memcmp(file.data(), content, size) != 0) {
    std::fprintf(stderr, "the model was written to\n");
    std::abort();
  }
  return status;
}

}  // namespace trial
