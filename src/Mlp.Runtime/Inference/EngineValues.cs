using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Brings values to ONNX Runtime and back. What comes back is copied, so that nobody holds memory that ONNX Runtime may free.</summary>
internal static class EngineValues
{
    /// <summary>Wraps a value. A tensor of numbers is not copied: its memory must outlive the result.</summary>
    /// <param name="value">The value.</param>
    /// <returns>The value for ONNX Runtime; the caller disposes of it.</returns>
    /// <exception cref="NotSupportedException">ONNX Runtime cannot be given such a value.</exception>
    public static OrtValue Create(ModelValue value)
    {
        switch (value.Kind)
        {
            case ModelValueKind.Tensor when value.ElementType == TensorElementKind.String:
                var texts = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, value.Shape.ToArray());
                CopyTexts(value, texts);
                return texts;
            case ModelValueKind.Tensor:
                return OrtValue.CreateTensorValueWithData(
                    OrtMemoryInfo.DefaultInstance,
                    TensorElements.ToEngine(value.ElementType),
                    value.Shape.ToArray(),
                    Marshal.UnsafeAddrOfPinnedArrayElement(value.Buffer, 0),
                    value.ByteCount);
            case ModelValueKind.Sequence when value.Length > 0:
                return OrtValue.CreateSequence([.. value.Items.Select(Create)]);
            case ModelValueKind.Map:
                return CreateMap(value);
            case ModelValueKind.Sequence:
                throw new NotSupportedException("Expected a sequence with values, but found an empty one, which ONNX Runtime cannot be given from C#.");
            default:
                throw new NotSupportedException("Expected a value, but found an absent one, which ONNX Runtime cannot be given from C#.");
        }
    }

    /// <summary>Copies texts into a tensor of ONNX Runtime.</summary>
    /// <param name="value">A tensor of texts.</param>
    /// <param name="destination">A tensor of the same shape.</param>
    public static void CopyTexts(ModelValue value, OrtValue destination)
    {
        var texts = value.AsStrings();
        for (var i = 0; i < texts.Length; i++)
        {
            destination.StringTensorSetElementAt(texts[i].AsSpan(), i);
        }
    }

    /// <summary>Copies a value of ONNX Runtime.</summary>
    /// <param name="source">The value.</param>
    /// <param name="reuse">A tensor whose memory may be overwritten; null for none.</param>
    /// <returns>The copy: <paramref name="reuse"/>, or a new value.</returns>
    public static ModelValue Read(OrtValue source, ModelValue? reuse = null) => source.OnnxType switch
    {
        OnnxValueType.ONNX_TYPE_TENSOR => ReadTensor(source, reuse is { Kind: ModelValueKind.Tensor } ? reuse : ModelValue.NewTensor()),
        OnnxValueType.ONNX_TYPE_SEQUENCE => ModelValue.Sequence([.. ReadParts(source, source.GetValueCount())]),
        OnnxValueType.ONNX_TYPE_MAP => ReadParts(source, 2) is var parts ? ModelValue.Map(parts[0], parts[1]) : ModelValue.None,
        OnnxValueType.ONNX_TYPE_UNKNOWN => ModelValue.None,
        var other => throw new NotSupportedException($"Expected a tensor, a sequence or a map as output, but found {other}, which cannot be read from C#."),
    };

    private static ModelValue ReadTensor(OrtValue source, ModelValue value)
    {
        var information = source.GetTensorTypeAndShape();
        var type = TensorElements.FromEngine(information.ElementDataType);
        if (type == TensorElementKind.String)
        {
            var texts = value.ResetTexts(information.Shape);
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = source.GetStringElement(i);
            }

            return value;
        }

        if (TensorElements.SizeOf(type) == 0)
        {
            throw new NotSupportedException($"Expected an output of numbers, truth values or texts, but found {information.ElementDataType}, which C# has no type for.");
        }

        var bytes = value.ResetTensor(type, information.Shape);
        if (bytes.Length > 0)
        {
            source.GetTensorMutableRawData()[..bytes.Length].CopyTo(bytes);
        }

        return value;
    }

    private static List<ModelValue> ReadParts(OrtValue source, int count)
    {
        var parts = new List<ModelValue>(count);
        for (var i = 0; i < count; i++)
        {
            using var part = source.GetValue(i, OrtAllocator.DefaultInstance);
            parts.Add(Read(part));
        }

        return parts;
    }

    private static OrtValue CreateMap(ModelValue map)
    {
        var keys = Create(map.Keys);
        var values = Create(map.Values);
        try
        {
            return OrtValue.CreateMap(ref keys, ref values);
        }
        finally
        {
            // What the map has taken over is null now.
            keys?.Dispose();
            values?.Dispose();
        }
    }
}
