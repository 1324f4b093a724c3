// mutate COUNT SEED MODEL...: opens, allocates and runs COUNT damaged copies of each model (trial.h), every sixteenth
// undamaged. Whatever the damage, nothing may be read or written outside of the file and the arena: run it under the
// sanitizers. Prints how the copies ended.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/cpp/places.h"
#include "tests/cpp/trial.h"

namespace {

using arenite::Status;
using trial::pick;

// One to four bytes, words or swapped words; rarely a shorter file.
void damage_bytes(std::vector<uint8_t>* file, std::mt19937& random) {
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

void damage(std::vector<uint8_t>* file, std::mt19937& random) {
  if (pick(random, 2) == 0 || !trial::change_places(file, random)) damage_bytes(file, random);
}

std::vector<uint8_t> content_of(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  return std::vector<uint8_t>((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: mutate COUNT SEED MODEL...\n"), 2;
  std::map<Status, int> ends;
  for (int i = 3; i < argc; ++i) {
    const std::vector<uint8_t> good = content_of(argv[i]);
    if (good.size() < 16) return std::fprintf(stderr, "mutate: cannot read %s\n", argv[i]), 2;
    std::mt19937 random(static_cast<uint32_t>(std::atoi(argv[2])));
    for (int n = std::atoi(argv[1]); n > 0; --n) {
      std::vector<uint8_t> file = good;
      if (n % 16 != 0) damage(&file, random);
      ++ends[trial::run(file.data(), file.size(), random)];
    }
  }
  for (const auto& [status, count] : ends) std::printf("%7d %s\n", count, arenite::status_text(status));
  return 0;
}
