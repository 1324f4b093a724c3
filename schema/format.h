// Field ids and enum values of TFLite schema version 3, spelled as in the schema.
//
// A table is a namespace; a field is its id: its position in the table, deprecated fields counted, the type of a union
// standing one before the union. An enum is a namespace of its values. What a field means, its unit and its default
// stand in schema/README.md. One table or enum per statement; a test compares all of them with schema/arenite.fbs.
#pragma once

#include <cstdint>

namespace arenite::format {

// clang-format off

// --- containers -----------------------------------------------------------------------------------------------
namespace Model {
  constexpr uint32_t version = 0, operator_codes = 1, subgraphs = 2, description = 3, buffers = 4,
      metadata_buffer = 5, metadata = 6, signature_defs = 7, external_buffer_groups = 8,
      external_buffers = 9;
}
namespace OperatorCode {
  constexpr uint32_t deprecated_builtin_code = 0, custom_code = 1, version = 2, builtin_code = 3;
}
namespace SubGraph {
  constexpr uint32_t tensors = 0, inputs = 1, outputs = 2, operators = 3, name = 4, debug_metadata_index = 5;
}
namespace Tensor {
  constexpr uint32_t shape = 0, type = 1, buffer = 2, name = 3, quantization = 4, is_variable = 5,
      sparsity = 6, shape_signature = 7, has_rank = 8, variant_tensors = 9, external_buffer = 10;
}
namespace QuantizationParameters {
  constexpr uint32_t min = 0, max = 1, scale = 2, zero_point = 3, details_type = 4, details = 5,
      quantized_dimension = 6;
}
namespace Operator {
  constexpr uint32_t opcode_index = 0, inputs = 1, outputs = 2, builtin_options_type = 3,
      builtin_options = 4, custom_options = 5, custom_options_format = 6, mutating_variable_inputs = 7,
      intermediates = 8, large_custom_options_offset = 9, large_custom_options_size = 10,
      builtin_options_2_type = 11, builtin_options_2 = 12, debug_metadata_index = 13;
}
namespace Buffer { constexpr uint32_t data = 0, offset = 1, size = 2; }
namespace Metadata { constexpr uint32_t name = 0, buffer = 1; }
namespace SignatureDef { constexpr uint32_t inputs = 0, outputs = 1, signature_key = 2, subgraph_index = 4; }
namespace TensorMap { constexpr uint32_t name = 0, tensor_index = 1; }
namespace VariantSubType { constexpr uint32_t shape = 0, type = 1, has_rank = 2; }
namespace SparsityParameters { constexpr uint32_t traversal_order = 0, block_map = 1, dim_metadata = 2; }
namespace DimensionMetadata {
  constexpr uint32_t format = 0, dense_size = 1, array_segments_type = 2, array_segments = 3,
      array_indices_type = 4, array_indices = 5;
}
namespace CustomQuantization { constexpr uint32_t custom = 0; }
namespace BlockwiseQuantization { constexpr uint32_t scales = 0, zero_points = 1, block_size = 2; }

// --- enums ----------------------------------------------------------------------------------------------------
namespace TensorType {
  constexpr int32_t FLOAT32 = 0, FLOAT16 = 1, INT32 = 2, UINT8 = 3, INT64 = 4, STRING = 5, BOOL = 6,
      INT16 = 7, COMPLEX64 = 8, INT8 = 9, FLOAT64 = 10, COMPLEX128 = 11, UINT64 = 12, RESOURCE = 13,
      VARIANT = 14, UINT32 = 15, UINT16 = 16, INT4 = 17, BFLOAT16 = 18, INT2 = 19, UINT4 = 20;
}
namespace QuantizationDetails {
  constexpr int32_t NONE = 0, CustomQuantization = 1, BlockwiseQuantization = 2;
}
namespace Padding { constexpr int32_t SAME = 0, VALID = 1; }
namespace ActivationFunctionType {
  constexpr int32_t NONE = 0, RELU = 1, RELU_N1_TO_1 = 2, RELU6 = 3, TANH = 4, SIGN_BIT = 5;
}
namespace FullyConnectedOptionsWeightsFormat { constexpr int32_t DEFAULT = 0, SHUFFLED4x16INT8 = 1; }
namespace LSTMKernelType { constexpr int32_t FULL = 0, BASIC = 1; }
namespace CombinerType { constexpr int32_t SUM = 0, MEAN = 1, SQRTN = 2; }
namespace MirrorPadMode { constexpr int32_t REFLECT = 0, SYMMETRIC = 1; }
namespace BuiltinOptions {
  constexpr int32_t NONE = 0, Conv2DOptions = 1, DepthwiseConv2DOptions = 2, ConcatEmbeddingsOptions = 3,
      LSHProjectionOptions = 4, Pool2DOptions = 5, SVDFOptions = 6, RNNOptions = 7,
      FullyConnectedOptions = 8, SoftmaxOptions = 9, ConcatenationOptions = 10, AddOptions = 11,
      L2NormOptions = 12, LocalResponseNormalizationOptions = 13, LSTMOptions = 14,
      ResizeBilinearOptions = 15, CallOptions = 16, ReshapeOptions = 17, SkipGramOptions = 18,
      SpaceToDepthOptions = 19, EmbeddingLookupSparseOptions = 20, MulOptions = 21, PadOptions = 22,
      GatherOptions = 23, BatchToSpaceNDOptions = 24, SpaceToBatchNDOptions = 25, TransposeOptions = 26,
      ReducerOptions = 27, SubOptions = 28, DivOptions = 29, SqueezeOptions = 30, SequenceRNNOptions = 31,
      StridedSliceOptions = 32, ExpOptions = 33, TopKV2Options = 34, SplitOptions = 35,
      LogSoftmaxOptions = 36, CastOptions = 37, DequantizeOptions = 38, MaximumMinimumOptions = 39,
      ArgMaxOptions = 40, LessOptions = 41, NegOptions = 42, PadV2Options = 43, GreaterOptions = 44,
      GreaterEqualOptions = 45, LessEqualOptions = 46, SelectOptions = 47, SliceOptions = 48,
      TransposeConvOptions = 49, SparseToDenseOptions = 50, TileOptions = 51, ExpandDimsOptions = 52,
      EqualOptions = 53, NotEqualOptions = 54, ShapeOptions = 55, PowOptions = 56, ArgMinOptions = 57,
      FakeQuantOptions = 58, PackOptions = 59, LogicalOrOptions = 60, OneHotOptions = 61,
      LogicalAndOptions = 62, LogicalNotOptions = 63, UnpackOptions = 64, FloorDivOptions = 65,
      SquareOptions = 66, ZerosLikeOptions = 67, FillOptions = 68, BidirectionalSequenceLSTMOptions = 69,
      BidirectionalSequenceRNNOptions = 70, UnidirectionalSequenceLSTMOptions = 71, FloorModOptions = 72,
      RangeOptions = 73, ResizeNearestNeighborOptions = 74, LeakyReluOptions = 75,
      SquaredDifferenceOptions = 76, MirrorPadOptions = 77, AbsOptions = 78, SplitVOptions = 79,
      UniqueOptions = 80, ReverseV2Options = 81, AddNOptions = 82, GatherNdOptions = 83, CosOptions = 84,
      WhereOptions = 85, RankOptions = 86, ReverseSequenceOptions = 87, MatrixDiagOptions = 88,
      QuantizeOptions = 89, MatrixSetDiagOptions = 90, HardSwishOptions = 91, IfOptions = 92,
      WhileOptions = 93, DepthToSpaceOptions = 94, NonMaxSuppressionV4Options = 95,
      NonMaxSuppressionV5Options = 96, ScatterNdOptions = 97, SelectV2Options = 98, DensifyOptions = 99,
      SegmentSumOptions = 100, BatchMatMulOptions = 101, CumsumOptions = 102, CallOnceOptions = 103,
      BroadcastToOptions = 104, Rfft2dOptions = 105, Conv3DOptions = 106, HashtableOptions = 107,
      HashtableFindOptions = 108, HashtableImportOptions = 109, HashtableSizeOptions = 110,
      VarHandleOptions = 111, ReadVariableOptions = 112, AssignVariableOptions = 113, RandomOptions = 114,
      BucketizeOptions = 115, GeluOptions = 116, DynamicUpdateSliceOptions = 117,
      UnsortedSegmentProdOptions = 118, UnsortedSegmentMaxOptions = 119, UnsortedSegmentMinOptions = 120,
      UnsortedSegmentSumOptions = 121, ATan2Options = 122, SignOptions = 123, BitcastOptions = 124,
      BitwiseXorOptions = 125, RightShiftOptions = 126;
}

// --- options of operators (tables without fields are left out) --------------------------------------------------
namespace Conv2DOptions {
  constexpr uint32_t padding = 0, stride_w = 1, stride_h = 2, fused_activation_function = 3,
      dilation_w_factor = 4, dilation_h_factor = 5, quantized_bias_type = 6;
}
namespace Conv3DOptions {
  constexpr uint32_t padding = 0, stride_d = 1, stride_w = 2, stride_h = 3, fused_activation_function = 4,
      dilation_d_factor = 5, dilation_w_factor = 6, dilation_h_factor = 7;
}
namespace Pool2DOptions {
  constexpr uint32_t padding = 0, stride_w = 1, stride_h = 2, filter_width = 3, filter_height = 4,
      fused_activation_function = 5;
}
namespace DepthwiseConv2DOptions {
  constexpr uint32_t padding = 0, stride_w = 1, stride_h = 2, depth_multiplier = 3,
      fused_activation_function = 4, dilation_w_factor = 5, dilation_h_factor = 6;
}
namespace SVDFOptions {
  constexpr uint32_t rank = 0, fused_activation_function = 1, asymmetric_quantize_inputs = 2;
}
namespace RNNOptions { constexpr uint32_t fused_activation_function = 0, asymmetric_quantize_inputs = 1; }
namespace SequenceRNNOptions {
  constexpr uint32_t time_major = 0, fused_activation_function = 1, asymmetric_quantize_inputs = 2;
}
namespace BidirectionalSequenceRNNOptions {
  constexpr uint32_t time_major = 0, fused_activation_function = 1, merge_outputs = 2,
      asymmetric_quantize_inputs = 3;
}
namespace FullyConnectedOptions {
  constexpr uint32_t fused_activation_function = 0, weights_format = 1, keep_num_dims = 2,
      asymmetric_quantize_inputs = 3, quantized_bias_type = 4;
}
namespace SoftmaxOptions { constexpr uint32_t beta = 0; }
namespace ConcatenationOptions { constexpr uint32_t axis = 0, fused_activation_function = 1; }
namespace AddOptions { constexpr uint32_t fused_activation_function = 0, pot_scale_int16 = 1; }
namespace MulOptions { constexpr uint32_t fused_activation_function = 0; }
namespace L2NormOptions { constexpr uint32_t fused_activation_function = 0; }
namespace LocalResponseNormalizationOptions { constexpr uint32_t radius = 0, bias = 1, alpha = 2, beta = 3; }
namespace LSTMOptions {
  constexpr uint32_t fused_activation_function = 0, cell_clip = 1, proj_clip = 2, kernel_type = 3,
      asymmetric_quantize_inputs = 4;
}
namespace UnidirectionalSequenceLSTMOptions {
  constexpr uint32_t fused_activation_function = 0, cell_clip = 1, proj_clip = 2, time_major = 3,
      asymmetric_quantize_inputs = 4, diagonal_recurrent_tensors = 5;
}
namespace BidirectionalSequenceLSTMOptions {
  constexpr uint32_t fused_activation_function = 0, cell_clip = 1, proj_clip = 2, merge_outputs = 3,
      time_major = 4, asymmetric_quantize_inputs = 5;
}
namespace ResizeBilinearOptions { constexpr uint32_t align_corners = 2, half_pixel_centers = 3; }
namespace ResizeNearestNeighborOptions { constexpr uint32_t align_corners = 0, half_pixel_centers = 1; }
namespace CallOptions { constexpr uint32_t subgraph = 0; }
namespace ReshapeOptions { constexpr uint32_t new_shape = 0; }
namespace SpaceToDepthOptions { constexpr uint32_t block_size = 0; }
namespace DepthToSpaceOptions { constexpr uint32_t block_size = 0; }
namespace SubOptions { constexpr uint32_t fused_activation_function = 0, pot_scale_int16 = 1; }
namespace DivOptions { constexpr uint32_t fused_activation_function = 0; }
namespace GatherOptions { constexpr uint32_t axis = 0, batch_dims = 1; }
namespace ReducerOptions { constexpr uint32_t keep_dims = 0; }
namespace SqueezeOptions { constexpr uint32_t squeeze_dims = 0; }
namespace SplitOptions { constexpr uint32_t num_splits = 0; }
namespace SplitVOptions { constexpr uint32_t num_splits = 0; }
namespace StridedSliceOptions {
  constexpr uint32_t begin_mask = 0, end_mask = 1, ellipsis_mask = 2, new_axis_mask = 3,
      shrink_axis_mask = 4, offset = 5;
}
namespace CastOptions { constexpr uint32_t in_data_type = 0, out_data_type = 1; }
namespace ArgMaxOptions { constexpr uint32_t output_type = 0; }
namespace ArgMinOptions { constexpr uint32_t output_type = 0; }
namespace TransposeConvOptions {
  constexpr uint32_t padding = 0, stride_w = 1, stride_h = 2, fused_activation_function = 3,
      quantized_bias_type = 4;
}
namespace SparseToDenseOptions { constexpr uint32_t validate_indices = 0; }
namespace ShapeOptions { constexpr uint32_t out_type = 0; }
namespace FakeQuantOptions { constexpr uint32_t min = 0, max = 1, num_bits = 2, narrow_range = 3; }
namespace PackOptions { constexpr uint32_t values_count = 0, axis = 1; }
namespace OneHotOptions { constexpr uint32_t axis = 0; }
namespace UnpackOptions { constexpr uint32_t num = 0, axis = 1; }
namespace LeakyReluOptions { constexpr uint32_t alpha = 0; }
namespace MirrorPadOptions { constexpr uint32_t mode = 0; }
namespace ReverseSequenceOptions { constexpr uint32_t seq_dim = 0, batch_dim = 1; }
namespace IfOptions { constexpr uint32_t then_subgraph_index = 0, else_subgraph_index = 1; }
namespace CallOnceOptions { constexpr uint32_t init_subgraph_index = 0; }
namespace WhileOptions { constexpr uint32_t cond_subgraph_index = 0, body_subgraph_index = 1; }
namespace BatchMatMulOptions { constexpr uint32_t adj_x = 0, adj_y = 1, asymmetric_quantize_inputs = 2; }
namespace CumsumOptions { constexpr uint32_t exclusive = 0, reverse = 1; }
namespace VarHandleOptions { constexpr uint32_t container = 0, shared_name = 1; }
namespace GeluOptions { constexpr uint32_t approximate = 0; }

// clang-format on

}  // namespace arenite::format
