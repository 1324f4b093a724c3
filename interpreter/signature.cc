#include "interpreter/signature.h"

namespace arenite {
namespace {

// Letter of a signature by TensorType. Tensors of types without one are refused before; a signature's '.' is any type
// that activations may have, its 'n' one of whole numbers: i or q.
constexpr char kLetters[] = "feiBq.?h.b..Qr.I.4";

bool matches(char letter, Type type) {
  if (letter == '.') return type != Type::kInt4 && type != Type::kFloat16;
  if (letter == 'n') return type == Type::kInt32 || type == Type::kInt64;
  return kLetters[static_cast<uint8_t>(type)] == letter;
}

// What does not fit, as bits.
constexpr uint32_t kArity = 1;
constexpr uint32_t kTypes = 2;
constexpr uint32_t kPlace = 4;

// Whether elements can be read in place. content.cc has checked the alignment of words, which is all that biases need:
// operands of int64 that may be absent are biases, and their kernels read them word by word.
bool is_aligned(const Tensor& tensor) {
  const bool wide = tensor.type == Type::kInt64 || tensor.type == Type::kUInt64;
  return !wide || reinterpret_cast<uintptr_t>(tensor.data) % 8 == 0;
}

// Matches the operands of one side; `end` ends the side's text. Returns the position of `end`.
const char* match_side(const char* text, char end, const Node& node, bool outputs, uint32_t* misfits) {
  const int32_t count = outputs ? node.output_count() : node.input_count();
  int32_t index = 0;
  while (*text != end) {
    const bool optional = *text == '[';
    if (optional) ++text;
    const char letter = *text++;
    if (optional) ++text;
    const bool repeated = *text == '*';
    if (repeated) ++text;
    do {
      const Tensor tensor = outputs ? node.output(index) : node.input(index);
      if (!tensor.present) {
        if (!optional) *misfits |= kArity;
      } else if (!matches(letter, tensor.type)) {
        *misfits |= kTypes;
      } else if (!optional && !is_aligned(tensor)) {
        *misfits |= kPlace;
      }
      ++index;
    } while (repeated && index < count);
  }
  if (count > index) *misfits |= kArity;
  return text;
}

}  // namespace

Status check_signatures(const char* signatures, const Node& node) {
  bool arity_fits = false;
  for (const char* text = signatures; *text != '\0';) {
    uint32_t misfits = 0;
    text = match_side(text, '>', node, false, &misfits) + 1;
    text = match_side(text, '@', node, true, &misfits);
    if ((misfits & (kArity | kTypes)) == 0) return misfits == 0 ? Status::kOk : Status::kBadBuffer;
    arity_fits |= (misfits & kArity) == 0;
    while (*text != '\0' && *text != ' ') ++text;
    while (*text == ' ') ++text;
  }
  return arity_fits ? Status::kBadType : Status::kBadArity;
}

}  // namespace arenite
