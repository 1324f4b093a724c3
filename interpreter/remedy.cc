#include "interpreter/remedy.h"

namespace arenite {

// Without a default: the compiler warns of a status that is missing.
const char* status_remedy(Status status) {
  switch (status) {
    case Status::kOk:
      return "";
    case Status::kTruncated:
      return "the file is damaged or cut off; copy or convert it again";
    case Status::kMisaligned:
      return "give memory whose address is a multiple of 16; if it is, the file is damaged: convert it again";
    case Status::kBadIdentifier:
      return "give a .tflite file, schema version 3";
    case Status::kBadVersion:
      return "convert the model again; 'arenite ops' lists the versions that run here";
    case Status::kBadStructure:
    case Status::kBadIndex:
      return "the file is damaged; copy or convert it again";
    case Status::kBadOrder:
      return "the file is damaged, or its operators are not sorted; convert the model again";
    case Status::kBadShape:
      return "convert the model again, at a fixed shape: tensors cannot change their shapes here";
    case Status::kBadType:
      return "'arenite ops' lists the operand types that run here; quantize the whole model to int8 or keep it float32";
    case Status::kBadArity:
      return "the file is damaged, or needs a newer operator; 'arenite ops' lists the operands that run here";
    case Status::kBadQuantization:
      return "quantize the model again, with calibration data; 'arenite check' tells scales that look wrong";
    case Status::kBadOption:
      return "'arenite ops' lists the limits of each operator; change the layer";
    case Status::kBadBuffer:
      return "'arenite convert model.tflite -o aligned.tflite' writes it anew if the file is sound";
    case Status::kBadPlan:
      return "convert the model again, or remove the OfflineMemoryAllocation metadata";
    case Status::kUnsupportedOp:
      return "'arenite ops' lists the operators that run here; replace the layer, or build a kernel for it";
    case Status::kArenaTooSmall:
      return "give the arena as many bytes as the error says";
    case Status::kNotReady:
      return "call allocate first, and look at what it returns";
    case Status::kLimitExceeded:
      return "docs/safety.md lists the limits; split the model";
    case Status::kBadValue:
      return "an index or a divisor that the model computes leaves its range; look at the inputs";
    case Status::kNotDue:
      return "call invoke again with the next input";
    case Status::kTooManyIterations:
      return "the condition of a loop may never become false; else call set_iteration_limit";
  }
  return "";
}

}  // namespace arenite
