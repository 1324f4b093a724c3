// mutate MODEL COUNT SEED: opens, allocates and runs COUNT damaged copies of a model. Whatever the damage, nothing may
// be read or written outside of the file and the arena: run it under the sanitizers. Prints how the copies ended.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "interpreter/interpreter.h"
#include "kernels_cpp/kernels.h"

namespace {

using arenite::Status;

const arenite::Kernel* const kKernels[] = {
#define OP(name, code, max_version, options, signatures) &arenite::kernels::name,
#include "schema/ops.def"
#undef OP
};

constexpr size_t kMaxArena = 4 << 20;

// A heap block of exactly this size, so that the sanitizer sees the first byte beyond it.
class Block {
 public:
  explicit Block(size_t size) : data_(static_cast<uint8_t*>(std::aligned_alloc(16, (size + 15) / 16 * 16))) {}
  ~Block() { std::free(data_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  uint8_t* data() const { return data_; }

 private:
  uint8_t* data_;
};

uint32_t pick(std::mt19937& random, size_t bound) { return static_cast<uint32_t>(random() % bound); }

// One to four bytes, words or swapped words; rarely a shorter file.
void damage(std::vector<uint8_t>* file, std::mt19937& random) {
  for (uint32_t n = 1 + pick(random, 4); n > 0; --n) {
    const uint32_t at = pick(random, file->size() / 4) * 4;
    const uint32_t kWords[] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, at, static_cast<uint32_t>(random())};
    switch (pick(random, 4)) {
      case 0:
        (*file)[at + pick(random, 4)] = static_cast<uint8_t>(random());
        break;
      case 1:
        std::memcpy(&(*file)[at], &kWords[pick(random, 8)], 4);
        break;
      case 2:
        std::memcpy(&(*file)[at], &(*file)[pick(random, file->size() / 4) * 4], 4);
        break;
      default:
        (*file)[at] = static_cast<uint8_t>((*file)[at] + 1);
    }
  }
  if (pick(random, 64) == 0) file->resize(pick(random, file->size()));
}

Status run(const std::vector<uint8_t>& content) {
  const Block file(content.size());
  if (!content.empty()) std::memcpy(file.data(), content.data(), content.size());
  arenite::Model model;
  ARENITE_TRY(arenite::Model::open(file.data(), content.size(), &model));
  size_t arena_size = 1024;
  for (;;) {
    const Block arena(arena_size);
    std::memset(arena.data(), 0x5A, arena_size);
    arenite::Interpreter interpreter(model, kKernels, arena.data(), arena_size);
    arenite::Error error;
    const Status status = interpreter.allocate(&error);
    interpreter.set_iteration_limit(200);
    if (status == Status::kOk) return interpreter.invoke();
    if (status != Status::kArenaTooSmall || error.detail <= arena_size || error.detail > kMaxArena) return status;
    arena_size = error.detail;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: mutate MODEL COUNT SEED\n"), 2;
  std::ifstream stream(argv[1], std::ios::binary);
  const std::vector<uint8_t> good((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (good.size() < 16) return std::fprintf(stderr, "mutate: cannot read %s\n", argv[1]), 2;
  std::mt19937 random(static_cast<uint32_t>(std::atoi(argv[3])));
  std::map<Status, int> ends;
  for (int n = std::atoi(argv[2]); n > 0; --n) {
    std::vector<uint8_t> file = good;
    damage(&file, random);
    ++ends[run(file)];
  }
  for (const auto& [status, count] : ends) std::printf("%7d %s\n", count, arenite::status_text(status));
  return 0;
}
